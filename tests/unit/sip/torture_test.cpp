// RFC 4475 and RFC 5118: what the parser says to each message, and why where the RFC leaves a choice.
#include "torture.hpp"

#include <map>

#include <gtest/gtest.h>

#include "w2s/sip/framer.hpp"
#include "w2s/sip/message.hpp"

namespace w2s::sip {
namespace {

constexpr int kAccepted = 0;
constexpr int kDropped = -1;  // a broken response: no answer

struct Verdict {
  std::string_view id;
  int outcome;  // kAccepted, kDropped or the status it is refused with
  std::string_view reason;
};

constexpr Verdict kVerdicts[] = {
    // RFC 4475 3.1.1: valid messages
    {"wsinv", kAccepted, "well formed"},
    {"intmeth", kAccepted, "well formed; its NUL is a quoted pair"},
    {"esc01", kAccepted, "well formed"},
    {"escnull", kAccepted, "well formed"},
    {"esc02", kAccepted, "well formed; an unknown method, refused or forwarded by whoever receives it"},
    {"lwsdisp", kAccepted, "well formed"},
    {"longreq", kAccepted, "well formed"},
    {"dblreq", kAccepted, "well formed; octets after the body are dropped"},
    {"semiuri", kAccepted, "well formed"},
    {"transports", kAccepted, "well formed"},
    {"mpart01", kAccepted, "well formed"},
    {"unreason", kAccepted, "well formed; a stray response is dropped by the transaction layer"},
    {"noreason", kAccepted, "well formed; a stray response is dropped by the transaction layer"},
    // RFC 4475 3.1.2: invalid messages
    {"badinv01", 400, "empty parameters in Via and Contact"},
    {"clerr", 400, "fewer octets than Content-Length says"},
    {"ncl", 400, "Content-Length is digits only"},
    {"scalar02", 400, "CSeq above 2^31-1"},
    {"scalarlg", kDropped, "CSeq above 2^31-1 in a response"},
    {"quotbal", 400, "the display name's quote never ends"},
    {"ltgtruri", 400, "a Request-URI has no angle brackets"},
    {"lwsruri", 400, "a blank in the Request-URI"},
    {"lwsstart", 400, "chosen: guessing where the Request-URI ends invites smuggling"},
    {"trws", 400, "chosen: as lwsstart"},
    {"escruri", 400, "chosen: RFC 3261 19.1.1 forbids headers in a Request-URI; nobody can then obey them"},
    {"baddate", kAccepted, "chosen: Date is passed on, never acted upon"},
    {"regbadct", 400, "chosen: whose parameter `?Route=` is stays open without angle brackets"},
    {"badaspec", 400, "chosen: a repaired copy would differ from what the sender's digest or peer saw"},
    {"baddn", kAccepted,
     "chosen: From and To hold one value, so the comma in the display name is not ambiguous"},
    {"badvers", 505, "SIP/7.0"},
    {"mismatch01", 400, "CSeq names another method"},
    {"mismatch02", 400, "CSeq names another method"},
    {"bigcode", kDropped, "a status of three digits only"},
    // RFC 4475 3.2 to 3.4: transaction and application layer
    {"badbranch", kAccepted, "chosen: no more than the cookie falls back to RFC 2543 matching"},
    {"insuf", kDropped, "without From, To and Call-ID no answer can be built"},
    {"unkscm", 416, "Request-URI of an unknown scheme"},
    {"novelsc", 416, "Request-URI of a scheme without meaning for SIP"},
    {"unksm2", kAccepted, "chosen: other schemes in From, To and Contact are for the registrar to judge"},
    {"bext01", kAccepted, "well formed; the 420 is the proxy's or UAS's"},
    {"invut", kAccepted, "well formed; the 415 is the UAS's"},
    {"regaut01", kAccepted, "well formed; the scheme is for the registrar to judge"},
    {"multi01", 400, "CSeq, Call-ID, From, To and Max-Forwards twice"},
    {"mcl01", 400, "two different Content-Lengths"},
    {"bcast", kAccepted,
     "well formed; the transaction layer drops stray responses and sends nothing to lower Vias"},
    {"zeromf", kAccepted, "well formed; the 483 is the proxy's"},
    {"cparam01", kAccepted, "well formed"},
    {"cparam02", kAccepted, "well formed"},
    {"regescrt", kAccepted, "well formed; headers may stand in a bracketed Contact"},
    {"sdp01", kAccepted, "well formed; the 406 is the UAS's"},
    {"inv2543", kAccepted, "chosen: tags, Max-Forwards and Content-Length are younger than RFC 2543"},
    // RFC 5118
    {"ipv6-good", kAccepted, "well formed"},
    {"ipv6-bad", 400, "an IPv6 address without brackets"},
    {"port-ambiguous", kAccepted, "well formed"},
    {"port-unambiguous", kAccepted, "well formed"},
    {"via-received-param-with-delim", kAccepted, "be liberal with `received`"},
    {"via-received-param-no-delim", kAccepted, "well formed"},
    {"ipv6-in-sdp", kAccepted, "well formed"},
    {"mult-ip-in-header", kAccepted, "well formed"},
    {"mult-ip-in-sdp", kAccepted, "well formed"},
    {"ipv4-mapped-ipv6", kAccepted, "well formed"},
    {"ipv6-bug-abnf-3-colons", 400, "chosen: three colons are no address"},
    {"ipv6-correct-abnf-2-colons", kAccepted, "well formed"},
};

const Verdict& verdict_of(std::string_view id) {
  for (const auto& verdict : kVerdicts)
    if (verdict.id == id) return verdict;
  throw std::runtime_error("no verdict for " + std::string(id));
}

int outcome_of(const ParseOutcome& outcome) {
  EXPECT_NE(outcome.message.has_value(), outcome.failure.has_value());
  if (outcome.message) return kAccepted;
  return outcome.failure->answerable ? status_for(outcome.failure->error) : kDropped;
}

// May the layers above still reach an outcome that the RFC admits?
bool fits(int outcome, const std::vector<std::string>& admitted, bool is_response) {
  for (const auto& a : admitted) {
    if (a == "any") return true;
    if (outcome == kAccepted && (a == "accept" || a == "420" || a == "483" || (a == "silent" && is_response)))
      return true;
    if (outcome == kDropped && a == "silent") return true;
    if (outcome > 0 && a == std::to_string(outcome)) return true;
  }
  return false;
}

std::vector<test::TortureMessage> all_messages() {
  return test::load_all_torture(W2S_TEST_DATA);
}

TEST(Torture, EveryMessageHasAVerdictThatItsRfcAdmits) {
  const auto messages = all_messages();
  EXPECT_EQ(messages.size(), 61U);
  EXPECT_EQ(messages.size(), std::size(kVerdicts));
  for (const auto& message : messages) {
    const auto& verdict = verdict_of(message.id);
    const bool is_response = message.bytes.rfind("SIP/", 0) == 0;
    EXPECT_TRUE(fits(verdict.outcome, message.udp, is_response))
        << message.id << " over UDP: " << verdict.reason;
  }
}

TEST(Torture, ADatagramIsJudgedAsTheTableSays) {
  for (const auto& message : all_messages())
    EXPECT_EQ(outcome_of(parse(message.bytes, Framing::datagram)), verdict_of(message.id).outcome)
        << message.id;
}

TEST(Torture, AStreamIsJudgedAsTheTableSaysOrClosed) {
  for (const auto& message : all_messages()) {
    StreamFramer framer;
    const auto items = framer.feed(message.bytes);
    if (message.id == "clerr") {  // waits for the rest
      EXPECT_TRUE(items.empty());
      EXPECT_TRUE(framer.in_message());
      continue;
    }
    ASSERT_FALSE(items.empty()) << message.id;
    const auto& first = items.front();
    const int expected = message.id == "inv2543" ? 400 : verdict_of(message.id).outcome;  // no Content-Length
    EXPECT_EQ(outcome_of(first.outcome), expected) << message.id;
    if (first.kind == StreamFramer::Item::Kind::broken) {
      EXPECT_TRUE(message.stream_allows("close") || message.stream_allows("400")) << message.id;
    }
  }
}

TEST(Torture, WhatIsAcceptedSurvivesWritingAndReading) {
  for (const auto& message : all_messages()) {
    const auto first = parse(message.bytes, Framing::datagram);
    if (!first.message) continue;
    const auto second = parse(first.message->to_string(), Framing::stream);
    ASSERT_TRUE(second.message) << message.id << ": " << second.failure->error.message();
    EXPECT_EQ(second.message->to_string(), first.message->to_string()) << message.id;
    EXPECT_EQ(second.message->body(), first.message->body()) << message.id;
  }
}

TEST(Torture, WhatIsRefusedCanBeAnswered) {
  for (const auto& message : all_messages()) {
    const auto outcome = parse(message.bytes, Framing::datagram);
    if (!outcome.failure || !outcome.failure->answerable) continue;
    const auto status = status_for(outcome.failure->error);
    const auto response = make_response(*outcome.failure->answerable, status, "t");
    EXPECT_TRUE(response.top_via()) << message.id;
    for (const auto id : {HeaderId::from, HeaderId::to, HeaderId::call_id, HeaderId::cseq})
      EXPECT_EQ(response.count(id), 1U) << message.id << ' ' << header_name(id);
  }
}

TEST(Torture, ATortuousInviteIsReadAsItsAuthorMeantIt) {
  for (const auto& message : test::load_torture(W2S_TEST_DATA, "rfc4475.json")) {
    if (message.id != "wsinv") continue;
    const auto invite = *parse(message.bytes, Framing::datagram).message;
    EXPECT_EQ(invite.to()->uri.user, "vivekg");
    EXPECT_EQ(invite.to()->tag(), "1918181833n");
    EXPECT_EQ(invite.from()->display_name, R"("J Rosenberg \\\"")");
    EXPECT_EQ(invite.from()->tag(), "98asjd8");
    EXPECT_EQ(invite.cseq(), (CSeq{9, "INVITE"}));
    ASSERT_EQ(invite.values(HeaderId::via).size(), 3U);
    EXPECT_EQ(invite.top_via()->branch(), "390skdjuw");
    EXPECT_EQ(parse_via(invite.values(HeaderId::via)[2])->branch(), "z9hG4bK30239");
    EXPECT_EQ(invite.get("NewFangledHeader"), "newfangled value continued newfangled value");
    EXPECT_EQ(invite.get("UnknownHeaderWithUnusualValue"), ";;,,;;,;");
    EXPECT_EQ(invite.contacts()->front().params.get("newparam"), "newvalue");
    EXPECT_EQ(invite.name_addrs(HeaderId::route)->front().uri.params.get("unknownwith"), "value");
    EXPECT_EQ(invite.body().size(), 150U);
  }
}

}  // namespace
}  // namespace w2s::sip
