// Which headers cross the breaker, in which direction, in requests and in responses.
#include "two_legs.hpp"

namespace w2s::test {
namespace {

using sip::HeaderId;
using testing::HasSubstr;
using testing::Not;

struct Header {
  const char* name;
  const char* value;
};

constexpr Header free_headers[] = {
    {"Subject", "lunch"},
    {"Privacy", "none"},
    {"User-to-User", "56a390f3d2b7310023a2;encoding=hex"},
    {"Diversion", "<sip:carol@198.51.100.7>;reason=no-answer"},
    {"History-Info", "<sip:carol@198.51.100.7>;index=1"},
    {"Reason", "Q.850;cause=16"},
    {"Alert-Info", "<urn:alert:source:internal>"},
    {"Call-Info", "<http://example.org/photo.jpg>;purpose=icon"},
    {"Accept-Language", "de, en;q=0.8"},
    {"Geolocation", "<cid:target123@example.org>"},
    {"Geolocation-Routing", "no"},
    {"Referred-By", "<sip:carol@198.51.100.7>"},
    {"Priority", "urgent"},
    {"Organization", "Example"},
    {"Reply-To", "<sip:desk@198.51.100.7>"},
    {"Accept-Contact", "*;audio"},
    {"Request-Disposition", "no-fork"},
    {"X-Ticket", "4711"},
    {"x-lower", "too"},
};

// Hop-by-hop, secret, or written by each leg for itself; and what nobody knows.
constexpr Header kept_back[] = {
    {"Record-Route", "<sip:198.51.100.7;lr>"},
    {"Path", "<sip:path.example.org;lr>"},
    {"Service-Route", "<sip:sr.example.org;lr>"},
    {"Session-Expires", "4711"},
    {"Min-SE", "97"},
    {"Supported", "made-up"},
    {"Allow", "MADEUP"},
    {"Allow-Events", "made-up"},
    {"User-Agent", "made-up"},
    {"P-Charging-Vector", "icid-value=1"},
    {"Made-Up", "1"},
};

class PassedHeaders : public testing::TestWithParam<Caller> {};

TEST_P(PassedHeaders, OfTheInvite) {
  for (const auto& header : free_headers) {
    TwoLegs call;
    const auto invite = call.start(GetParam(), std::string(header.name) + ": " + header.value + "\r\n");
    EXPECT_EQ(text_of(invite, header.name), header.value) << header.name;
  }
  for (const auto& header : kept_back) {
    TwoLegs call;
    const auto invite = call.start(GetParam(), std::string(header.name) + ": " + header.value + "\r\n");
    EXPECT_THAT(text_of(invite, header.name), Not(HasSubstr(header.value))) << header.name;
  }
}

TEST_P(PassedHeaders, OfProvisionalAndFinalResponses) {
  for (const auto& header : free_headers) {
    const auto line = std::string(header.name) + ": " + header.value + "\r\n";
    TwoLegs answered;
    answered.start(GetParam());
    answered.b.respond(answered.invite, 180, line);
    EXPECT_EQ(text_of(answered.world.take_response(180, "INVITE").message, header.name), header.value) << header.name;
    EXPECT_EQ(text_of(answered.answer(line), header.name), header.value) << header.name;
    TwoLegs refused;
    refused.start(GetParam());
    refused.b.respond(refused.invite, 486, line);
    EXPECT_EQ(text_of(refused.world.take_response(486, "INVITE").message, header.name), header.value) << header.name;
  }
  for (const auto& header : kept_back) {
    TwoLegs call;
    call.start(GetParam());
    const auto response = call.answer(std::string(header.name) + ": " + header.value + "\r\n");
    EXPECT_THAT(text_of(response, header.name), Not(HasSubstr(header.value))) << header.name;
  }
}

TEST_P(PassedHeaders, OfRequestsInTheCallAndTheirAnswers) {
  for (const auto& header : free_headers) {
    const auto line = std::string(header.name) + ": " + header.value + "\r\n";
    TwoLegs call;
    call.connect(GetParam());
    call.a.send("MESSAGE", line, "hi", "text/plain");
    const auto forth = call.world.take_request("MESSAGE").message;
    EXPECT_EQ(text_of(forth, header.name), header.value) << header.name;
    call.b.respond(forth, 200, line);
    EXPECT_EQ(text_of(call.world.take_response(200, "MESSAGE").message, header.name), header.value) << header.name;
    call.b.send("MESSAGE", line, "ho", "text/plain");
    EXPECT_EQ(text_of(call.world.take_request("MESSAGE").message, header.name), header.value) << header.name;
  }
}

TEST_P(PassedHeaders, ABodyTakesAlongWhatDescribesIt) {
  TwoLegs call;
  call.connect(GetParam());
  call.a.send("MESSAGE", "Content-Language: de\r\nContent-Encoding: gzip\r\nContent-Disposition: render\r\n", "xyz", "text/plain");
  const auto message = call.world.take_request("MESSAGE").message;
  EXPECT_EQ(message.body(), "xyz");
  EXPECT_EQ(text_of(message, "Content-Type"), "text/plain");
  EXPECT_EQ(text_of(message, "Content-Language"), "de");
  EXPECT_EQ(text_of(message, "Content-Encoding"), "gzip");
  EXPECT_EQ(text_of(message, "Content-Disposition"), "render");
}

TEST_P(PassedHeaders, DisplayNamesAndViaOfOneLegOnly) {
  TwoLegs call;
  const auto invite = call.start(GetParam());
  EXPECT_EQ(invite.from()->display_name, GetParam() == Caller::browser ? "\"Alice A.\"" : "\"Bob B.\"");
  EXPECT_EQ(invite.values(HeaderId::via).size(), 1U);
  EXPECT_EQ(invite.values(HeaderId::contact).size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(, PassedHeaders, testing::Values(Caller::browser, Caller::phone), caller_name);

constexpr auto identity = "P-Asserted-Identity: \"Bob\" <sip:bob@example.org>\r\nRemote-Party-ID: <sip:bob@example.org>;party=calling\r\n";

TEST(AssertedIdentity, OfABrowserIsRemovedAndItsPreferenceGoesOn) {
  TwoLegs call;
  const auto invite = call.start(Caller::browser, std::string(identity) + "P-Preferred-Identity: <sip:alice@198.51.100.7>\r\nPrivacy: id\r\n");
  EXPECT_EQ(text_of(invite, "P-Asserted-Identity"), "(absent)");
  EXPECT_EQ(text_of(invite, "Remote-Party-ID"), "(absent)");
  EXPECT_EQ(text_of(invite, "P-Preferred-Identity"), "<sip:alice@198.51.100.7>");
  EXPECT_EQ(text_of(invite, "Privacy"), "id");
}

TEST(AssertedIdentity, OfTheRegistrarReachesTheBrowser) {
  TwoLegs call;
  const auto invite = call.start(Caller::phone, identity);
  EXPECT_EQ(text_of(invite, "P-Asserted-Identity"), "\"Bob\" <sip:bob@example.org>");
  EXPECT_EQ(text_of(invite, "Remote-Party-ID"), "<sip:bob@example.org>;party=calling");
  TwoLegs answered;
  answered.start(Caller::browser);
  EXPECT_EQ(text_of(answered.answer(identity), "P-Asserted-Identity"), "\"Bob\" <sip:bob@example.org>");
}

TEST(AssertedIdentity, StaysHiddenUnderPrivacyId) {
  for (const auto* privacy : {"id", "header; id", "ID;critical"}) {
    TwoLegs call;
    const auto invite = call.start(Caller::phone, std::string(identity) + "Privacy: " + privacy + "\r\n");
    EXPECT_EQ(text_of(invite, "P-Asserted-Identity"), "(absent)") << privacy;
    EXPECT_EQ(text_of(invite, "Privacy"), privacy);
  }
  TwoLegs history;
  const auto invite = history.start(Caller::phone, "History-Info: <sip:carol@198.51.100.7>;index=1\r\nPrivacy: history\r\n");
  EXPECT_EQ(text_of(invite, "History-Info"), "(absent)");
}

TEST(AssertedIdentity, OfAStrangerIsNotBelieved) {
  TwoLegs call;
  EXPECT_EQ(text_of(call.start(Caller::phone, identity, "198.51.100.99"), "P-Asserted-Identity"), "(absent)");
  // The phone itself speaks inside a call that came from the registrar.
  TwoLegs direct;
  direct.connect(Caller::browser);
  auto stranger = direct.phone("198.51.100.20");
  stranger.take_call(direct.invite, direct.b.local_tag);
  stranger.send("MESSAGE", identity, "hi", "text/plain");
  EXPECT_EQ(text_of(direct.world.take_request("MESSAGE").message, "P-Asserted-Identity"), "(absent)");
}

TEST(AssertedIdentity, ABrowsersPreferenceIsNotShownToABrowser) {
  TwoLegs call;
  EXPECT_EQ(text_of(call.start(Caller::phone, "P-Preferred-Identity: <sip:bob@example.org>\r\n"), "P-Preferred-Identity"), "(absent)");
}

TEST(ContactSecrets, StayHere) {
  TwoLegs call;
  Ua alice(call.world, call.flow, "<sip:alice@alice.invalid;transport=ws>;impi=alice;ha1=0123456789abcdef0123456789abcdef");
  alice.call("leg-a", "<sip:alice@198.51.100.7>", "sip:bob@198.51.100.7", web_sdp(), "Authorization: Digest username=\"alice\"\r\n");
  const auto text = call.world.take_request("INVITE").message.to_string();
  for (const auto* secret : {"impi", "ha1", "0123456789abcdef", "Authorization"}) EXPECT_THAT(text, Not(HasSubstr(secret)));
}

}  // namespace
}  // namespace w2s::test
