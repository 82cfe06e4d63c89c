// The breaker's calls on virtual time: a browser on one leg, a SIP phone on the other.
#include <gmock/gmock.h>

#include <fstream>
#include <iterator>

#include "sip_world.hpp"
#include "w2s/base/encoding.hpp"
#include "w2s/base/hash.hpp"

namespace w2s::test {
namespace {

using sip::HeaderId;
using sip::Message;
using testing::HasSubstr;
using testing::Not;

std::string file(const std::string& name) {
  std::ifstream in(std::string(W2S_TEST_DATA) + "/" + name);
  return {std::istreambuf_iterator<char>(in), {}};
}
const std::string& browser_offer() {
  static const auto text = file("offers/chromium-audio.sdp");
  return text;
}
std::string phone_sdp(const std::string& formats = "0 101", const std::string& direction = "sendrecv", int version = 1) {
  std::string sdp = "v=0\r\no=- 1 " + std::to_string(version) + " IN IP4 198.51.100.20\r\ns=-\r\nc=IN IP4 198.51.100.20\r\nt=0 0\r\n"
                    "m=audio 4000 RTP/AVP " + formats + "\r\na=" + direction + "\r\n";
  if (formats.find("101") != std::string::npos) sdp += "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n";
  return sdp;
}
std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
  return text;
}

// A browser that speaks like sipML5, on its own WebSocket.
class CallFromBrowser : public testing::Test {
 protected:
  CallFromBrowser() : world({}, options()) {}
  static breaker::Options options() { return {}; }
  void SetUp() override { flow = world.open_flow(55210); }

  std::string from_browser(const std::string& method, int cseq, const std::string& branch, const std::string& to_tag,
                           const std::string& body = {}, const std::string& type = "application/sdp",
                           const std::string& extra = {}) {
    const auto ha1 = hex_digest(HashAlgorithm::md5, "alice:asterisk:secret");
    return method + " sip:bob@198.51.100.7 SIP/2.0\r\nVia: SIP/2.0/WSS df7jal23ls0d.invalid;branch=z9hG4bK" + branch +
           ";rport\r\nFrom: \"Alice\"<sip:alice@198.51.100.7>;tag=abc\r\nTo: <sip:bob@198.51.100.7>" +
           (to_tag.empty() ? "" : ";tag=" + to_tag) +
           "\r\nContact: \"Alice\"<sips:alice@df7jal23ls0d.invalid;rtcweb-breaker=yes;transport=wss>" +
           (with_ha1 ? ";impi=alice;ha1=" + ha1 : "") + "\r\nCall-ID: web-1\r\nCSeq: " + std::to_string(cseq) + " " + method +
           "\r\nMax-Forwards: 70\r\n" + extra + (body.empty() ? "" : "Content-Type: " + type + "\r\n") +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  void start(const std::string& offer = browser_offer()) {
    world.receive(from_browser("INVITE", 1, "i1", "", offer), flow);
  }
  void answer(const std::string& sdp = phone_sdp()) {
    start();
    invite = world.take_request("INVITE");
    world.receive(reply(invite.message, 200, "phone", phone, sdp), world.server());
    answered = world.take_response(200, "INVITE");
    gateway_tag = answered.message.to()->tag();
    world.receive(from_browser("ACK", 1, "k1", gateway_tag), flow);
    phone_ack = world.take_request("ACK");
  }
  // A request of the phone inside its dialog.
  std::string from_phone(const std::string& method, int cseq, const std::string& body = {}, const std::string& type = "application/sdp") {
    const auto from = *invite.message.to();
    return method + " " + sip::parse_name_addr(*invite.message.first_value(HeaderId::contact))->uri.to_string() +
           " SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.20:5070;branch=z9hG4bKp" + method + std::to_string(cseq) +
           "\r\nFrom: " + from.to_string() + ";tag=phone\r\nTo: " + std::string(*invite.message.get(HeaderId::from)) +
           "\r\nContact: " + phone + "\r\nCall-ID: " + invite.message.call_id() + "\r\nCSeq: " + std::to_string(cseq) + " " + method +
           "\r\n" + (body.empty() ? "" : "Content-Type: " + type + "\r\n") + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  const leg::LegPlan& plan(leg::Side side) {
    for (auto it = world.plans.rbegin(); it != world.plans.rend(); ++it) {
      if (it->side == side) return *it;
    }
    static const leg::LegPlan none{};
    ADD_FAILURE() << "no plan";
    return none;
  }

  SipWorld world;
  sip::Target flow;
  bool with_ha1 = true;
  const std::string phone = "<sip:bob@198.51.100.20:5070>";
  const sip::Target phone_source = [] {
    sip::Target t;
    t.remote = {*IpAddress::parse("198.51.100.20"), 5070};
    t.local = {*IpAddress::parse(SipWorld::gateway_address), 5060};
    return t;
  }();
  Sent invite{Message::response(500, ""), {}}, answered = invite, phone_ack = invite;
  std::string gateway_tag;
};

TEST_F(CallFromBrowser, ThePhoneIsOfferedPlainRtp) {
  start();
  const auto sent = world.take_request("INVITE");
  EXPECT_EQ(sent.message.request_uri(), "sip:bob@198.51.100.7");
  EXPECT_EQ(sent.target.remote.to_string(), "198.51.100.7:5060");
  EXPECT_NE(sent.message.call_id(), "web-1");
  EXPECT_EQ(sent.message.values(HeaderId::via).size(), 1U);
  EXPECT_EQ(sent.message.get(HeaderId::max_forwards), "69");
  EXPECT_EQ(sent.message.from()->display_name, "\"Alice\"");
  const auto& sdp = sent.message.body();
  EXPECT_THAT(sdp, HasSubstr("m=audio 20000 RTP/AVP "));
  for (const auto* web_only : {"ice-ufrag", "fingerprint", "candidate", "BUNDLE", "extmap", "ssrc"}) {
    EXPECT_THAT(sdp, Not(HasSubstr(web_only)));
  }
  EXPECT_THAT(sent.message.to_string(), Not(HasSubstr("ha1")));
  EXPECT_THAT(sent.message.to_string(), HasSubstr("ws-flow="));
}

TEST_F(CallFromBrowser, RingingIsRelayedOnlyWhenItRings) {
  start();
  const auto sent = world.take_request("INVITE");
  EXPECT_TRUE(world.nothing_but_trying());
  world.receive(reply(sent.message, 180, "phone", phone), world.server());
  const auto ringing = world.take_response(180, "INVITE");
  EXPECT_EQ(ringing.target.flow, flow.flow);
  EXPECT_FALSE(ringing.message.to()->tag().empty());
  EXPECT_TRUE(ringing.message.body().empty());
}

TEST_F(CallFromBrowser, AnswerConnectsBothLegs) {
  answer();
  EXPECT_EQ(phone_ack.message.request_uri(), "sip:bob@198.51.100.20:5070");
  const auto& sdp = answered.message.body();
  EXPECT_THAT(sdp, HasSubstr("UDP/TLS/RTP/SAVPF"));
  EXPECT_THAT(sdp, HasSubstr("a=ice-lite"));
  EXPECT_THAT(sdp, HasSubstr("a=setup:passive"));
  EXPECT_THAT(sdp, HasSubstr("PCMU"));
  EXPECT_THAT(sdp, Not(HasSubstr("opus")));
  const auto& web = plan(leg::Side::a);
  ASSERT_TRUE(web.web);
  EXPECT_EQ(web.web->ice_ufrag, "hT0R");
  const auto& sip_leg = plan(leg::Side::b);
  ASSERT_TRUE(sip_leg.phone);
  EXPECT_EQ(sip_leg.phone->rtp.to_string(), "198.51.100.20:4000");
  EXPECT_EQ(sip_leg.payloads.front().codec.name, "pcmu");
}

TEST_F(CallFromBrowser, EarlyMediaAndAnswerCarryTheIdenticalDescription) {
  start();
  const auto sent = world.take_request("INVITE");
  world.receive(reply(sent.message, 183, "phone", phone, phone_sdp()), world.server());
  const auto early = world.take_response(183, "INVITE");
  EXPECT_FALSE(early.message.body().empty());
  EXPECT_EQ(world.plans.size(), 2U);
  EXPECT_FALSE(plan(leg::Side::b).answered);
  world.receive(reply(sent.message, 200, "phone", phone, phone_sdp()), world.server());
  EXPECT_EQ(world.take_response(200, "INVITE").message.body(), early.message.body());
  EXPECT_TRUE(plan(leg::Side::b).answered);
}

TEST_F(CallFromBrowser, TheBrowserHangsUp) {
  answer();
  world.receive(from_browser("BYE", 2, "b1", gateway_tag), flow);
  world.take_response(200, "BYE");
  const auto bye = world.take_request("BYE");
  EXPECT_EQ(bye.message.request_uri(), "sip:bob@198.51.100.20:5070");
  EXPECT_EQ(world.closed.size(), 1U);
  world.receive(reply(bye.message, 200, ""), phone_source);
  world.advance(40s);
  EXPECT_EQ(world.core.call_records(), 0U);
  EXPECT_EQ(world.core.transactions(), 0U);
}

TEST_F(CallFromBrowser, ThePhoneHangsUp) {
  answer();
  world.receive(from_phone("BYE", 1), phone_source);
  world.take_response(200, "BYE");
  const auto bye = world.take_request("BYE");
  EXPECT_EQ(bye.target.flow, flow.flow);
  world.receive(reply(bye.message, 200, ""), flow);
  world.advance(40s);
  EXPECT_EQ(world.core.call_records(), 0U);
}

TEST_F(CallFromBrowser, BothHangUpAtOnce) {
  answer();
  world.receive(from_phone("BYE", 1), phone_source);
  world.take_response(200, "BYE");
  const auto to_browser = world.take_request("BYE");
  world.receive(from_browser("BYE", 2, "b1", gateway_tag), flow);
  world.take_response(200, "BYE");
  world.receive(reply(to_browser.message, 200, ""), flow);
  EXPECT_TRUE(world.sent.empty());
  world.advance(40s);
  EXPECT_EQ(world.core.call_records(), 0U);
}

TEST_F(CallFromBrowser, FailuresPassWithCodeAndPhrase) {
  for (const auto& [status, reason] : {std::pair{486, "Busy Here"}, {404, "Gone Fishing"}, {480, "Not Now"}, {603, "Decline"}}) {
    world.receive(replaced(from_browser("INVITE", 1, "f" + std::to_string(status), "", browser_offer()), "web-1", "web-" + std::to_string(status)), flow);
    const auto sent = world.take_request("INVITE");
    auto refused = reply(sent.message, status, "phone");
    refused.set_status(status, reason);
    world.receive(refused, world.server());
    EXPECT_EQ(world.take_response(status, "INVITE").message.reason(), reason);
    world.take_request("ACK");
  }
  world.advance(60s);
  EXPECT_EQ(world.core.call_records(), 0U);
}

TEST_F(CallFromBrowser, NoAnswerIs408AndNoRouteIs403) {
  start();
  world.take_request("INVITE");
  world.advance(33s);
  world.take_response(408, "INVITE");
  world.refused.insert("198.51.100.7");
  world.receive(from_browser("INVITE", 2, "i2", "", browser_offer()), flow);
  EXPECT_THAT(std::string(*world.take_response(403, "INVITE").message.get(HeaderId::warning)), HasSubstr("198.51.100.7"));
}

TEST_F(CallFromBrowser, CancelWaitsForTheFirst1xx) {
  start();
  const auto sent = world.take_request("INVITE");
  world.receive(from_browser("CANCEL", 1, "i1", ""), flow);
  world.take_response(200, "CANCEL");
  world.take_response(487, "INVITE");
  EXPECT_TRUE(world.sent.empty());
  world.receive(reply(sent.message, 180, "phone", phone), world.server());
  const auto cancel = world.take_request("CANCEL");
  world.receive(reply(cancel.message, 200, "phone"), world.server());
  world.receive(reply(sent.message, 487, "phone"), world.server());
  world.take_request("ACK");
  world.advance(60s);
  EXPECT_EQ(world.core.call_records(), 0U);
}

TEST_F(CallFromBrowser, ThePhoneThatAnswersDuringCancelIsHungUp) {
  start();
  const auto sent = world.take_request("INVITE");
  world.receive(reply(sent.message, 180, "phone", phone), world.server());
  world.take_response(180, "INVITE");
  world.receive(from_browser("CANCEL", 1, "i1", ""), flow);
  world.take_response(487, "INVITE");
  world.take_request("CANCEL");
  world.receive(reply(sent.message, 200, "phone", phone, phone_sdp()), world.server());
  world.take_request("ACK");
  const auto bye = world.take_request("BYE");
  world.receive(reply(sent.message, 200, "phone", phone, phone_sdp()), world.server());  // repeated
  world.take_request("ACK");
  world.receive(reply(bye.message, 200, ""), world.server());
  world.advance(60s);
  EXPECT_EQ(world.core.call_records(), 0U);
}

TEST_F(CallFromBrowser, TheSecond200OfAForkIsAckedAndHungUp) {
  answer();
  world.receive(reply(invite.message, 200, "other", "<sip:bob@198.51.100.21>", phone_sdp()), world.server());
  EXPECT_EQ(world.take_request("ACK").message.request_uri(), "sip:bob@198.51.100.21");
  EXPECT_EQ(world.take_request("BYE").message.to()->tag(), "other");
  EXPECT_EQ(world.core.calls(), 1U);
  EXPECT_TRUE(world.closed.empty());
}

TEST_F(CallFromBrowser, The200IsRepeatedUntilItsAckAndThenTheCallEnds) {
  start();
  invite = world.take_request("INVITE");
  world.receive(reply(invite.message, 200, "phone", phone, phone_sdp()), world.server());
  world.take_response(200, "INVITE");
  world.take_request("ACK");
  world.advance(1600ms);  // T1, 2*T1
  world.take_response(200, "INVITE");
  world.take_response(200, "INVITE");
  world.advance(33s);
  world.take_request("BYE");
  EXPECT_EQ(world.closed.size(), 1U);
}

TEST_F(CallFromBrowser, ALost200OfThePhoneGetsItsAckAgain) {
  answer();
  world.receive(reply(invite.message, 200, "phone", phone, phone_sdp()), world.server());
  EXPECT_EQ(world.take_request("ACK").message.cseq()->number, 1U);
  EXPECT_TRUE(world.sent.empty());
}

std::string challenge(const std::string& realm, const std::string& nonce = "n1") {
  return "Digest realm=\"" + realm + "\", nonce=\"" + nonce + "\", algorithm=MD5, qop=\"auth\"";
}

TEST_F(CallFromBrowser, OneChallengeIsAnsweredWithHa1) {
  start();
  const auto first = world.take_request("INVITE");
  auto refused = reply(first.message, 401, "srv");
  refused.append(HeaderId::www_authenticate, challenge("asterisk"));
  world.receive(refused, world.server());
  world.take_request("ACK");
  const auto second = world.take_request("INVITE");
  EXPECT_EQ(second.message.cseq()->number, 2U);
  EXPECT_EQ(second.message.call_id(), first.message.call_id());
  EXPECT_EQ(second.message.body(), first.message.body());
  EXPECT_THAT(std::string(*second.message.get(HeaderId::authorization)), HasSubstr("username=\"alice\""));
  EXPECT_TRUE(world.nothing_but_trying());
  EXPECT_EQ(world.opened.size(), 2U);

  auto again = reply(second.message, 401, "srv");
  again.append(HeaderId::www_authenticate, challenge("asterisk", "n2"));
  world.receive(again, world.server());
  EXPECT_THAT(std::string(*world.take_response(403, "INVITE").message.get(HeaderId::warning)), HasSubstr("asterisk"));
}

TEST_F(CallFromBrowser, AForeignRealmIsNeverAnswered) {
  world.receive(replaced(replaced(from_browser("REGISTER", 1, "r1", ""), "REGISTER sip:bob@198.51.100.7 SIP", "REGISTER sip:198.51.100.7 SIP"),
                         "To: <sip:bob", "To: <sip:alice"), flow);
  auto challenged = reply(world.take_request("REGISTER").message, 401, "srv");
  challenged.append(HeaderId::www_authenticate, challenge("home"));
  world.receive(challenged, world.server());
  world.take_response(401, "REGISTER");
  start();
  auto refused = reply(world.take_request("INVITE").message, 407, "srv");
  refused.append(HeaderId::proxy_authenticate, challenge("evil"));
  world.receive(refused, world.server());
  const auto warning = std::string(*world.take_response(403, "INVITE").message.get(HeaderId::warning));
  EXPECT_THAT(warning, HasSubstr("evil"));
  EXPECT_THAT(warning, HasSubstr("home"));
}

TEST_F(CallFromBrowser, WithoutHa1TheChallengeIsTheBrowsers) {
  with_ha1 = false;
  start();
  auto refused = reply(world.take_request("INVITE").message, 407, "srv");
  refused.append(HeaderId::proxy_authenticate, challenge("asterisk"));
  world.receive(refused, world.server());
  EXPECT_EQ(world.take_response(407, "INVITE").message.get(HeaderId::proxy_authenticate), challenge("asterisk"));
  world.take_request("ACK");
  world.receive(from_browser("INVITE", 2, "i2", "", browser_offer(), "application/sdp", "Proxy-Authorization: Digest username=\"alice\"\r\n"), flow);
  EXPECT_EQ(world.take_request("INVITE").message.get(HeaderId::proxy_authorization), "Digest username=\"alice\"");
}

TEST_F(CallFromBrowser, Ha1OverPlainWsIsRefused) {
  flow = world.open_flow(55999, sip::Transport::ws);
  start();
  EXPECT_THAT(std::string(*world.take_response(403, "INVITE").message.get(HeaderId::warning)), HasSubstr("wss"));
  EXPECT_TRUE(world.opened.empty());
}

TEST_F(CallFromBrowser, NoCommonCodecIs488WithBothLists) {
  start();
  invite = world.take_request("INVITE");
  world.receive(reply(invite.message, 200, "phone", phone, phone_sdp("18")), world.server());
  world.take_request("ACK");
  world.take_request("BYE");
  EXPECT_THAT(std::string(*world.take_response(488, "INVITE").message.get(HeaderId::warning)), HasSubstr("pcmu"));
}

TEST_F(CallFromBrowser, HoldAndResumeArePassedOn) {
  answer();
  const auto hold = replaced(replaced(browser_offer(), "a=sendrecv", "a=sendonly"), "4787232159729365320 2", "4787232159729365320 3");
  world.receive(from_browser("INVITE", 2, "h1", gateway_tag, hold), flow);
  const auto to_phone = world.take_request("INVITE");
  EXPECT_THAT(to_phone.message.body(), HasSubstr("a=sendonly"));
  EXPECT_EQ(to_phone.message.to()->tag(), "phone");
  world.receive(reply(to_phone.message, 200, "phone", phone, phone_sdp("0 101", "recvonly", 2)), phone_source);
  world.take_request("ACK");
  const auto held = world.take_response(200, "INVITE");
  EXPECT_THAT(held.message.body(), HasSubstr("a=recvonly"));
  EXPECT_EQ(plan(leg::Side::a).peer_direction, leg::Direction::sendonly);
  world.receive(from_browser("ACK", 2, "k2", gateway_tag), flow);

  const auto resume = replaced(browser_offer(), "4787232159729365320 2", "4787232159729365320 4");
  world.receive(from_browser("INVITE", 3, "h2", gateway_tag, resume), flow);
  const auto resumed = world.take_request("INVITE");
  EXPECT_THAT(resumed.message.body(), HasSubstr("a=sendrecv"));
  world.receive(reply(resumed.message, 200, "phone", phone, phone_sdp("0 101", "sendrecv", 3)), phone_source);
  world.take_request("ACK");
  EXPECT_THAT(world.take_response(200, "INVITE").message.body(), HasSubstr("a=sendrecv"));
}

TEST_F(CallFromBrowser, ThePhonesHoldReachesTheBrowser) {
  answer();
  world.receive(from_phone("INVITE", 1, phone_sdp("0 101", "sendonly", 2)), phone_source);
  const auto to_browser = world.take_request("INVITE");
  EXPECT_EQ(to_browser.target.flow, flow.flow);
  EXPECT_THAT(to_browser.message.body(), HasSubstr("a=sendonly"));
  EXPECT_THAT(to_browser.message.body(), HasSubstr("UDP/TLS/RTP/SAVPF"));
}

// The ways in which phones have said "hold" since RFC 2543.
TEST_F(CallFromBrowser, EveryDialectOfHoldReachesTheBrowserAsOneDirection) {
  answer();
  const auto at = [](const std::string& sdp, const std::string& connection) {
    return replaced(sdp, "c=IN IP4 198.51.100.20", "c=" + connection);
  };
  const std::string session_level =
      "v=0\r\no=- 1 9 IN IP4 198.51.100.20\r\ns=-\r\nc=IN IP4 198.51.100.20\r\nt=0 0\r\na=sendonly\r\n"
      "m=audio 4000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n";
  struct Hold {
    std::string sdp;
    std::string told;
    std::string answered;
  };
  const Hold holds[] = {
      {phone_sdp("0 101", "sendonly"), "sendonly", "recvonly"},
      {phone_sdp("0 101", "inactive"), "inactive", "inactive"},
      {phone_sdp("0 101", "recvonly"), "recvonly", "sendonly"},
      {session_level, "sendonly", "recvonly"},
      {replaced(phone_sdp("0 101", "sendonly"), "m=audio 4000", "m=audio 4444"), "sendonly", "recvonly"},
      {at(phone_sdp("0 101", "sendrecv"), "IN IP4 0.0.0.0"), "sendonly", "recvonly"},
      {at(phone_sdp("0 101", "sendrecv"), "IN IP6 ::"), "sendonly", "recvonly"},
      {at(phone_sdp("0 101", "inactive"), "IN IP4 0.0.0.0"), "inactive", "inactive"}};
  int cseq = 0;
  const auto offer = [&](const Hold& hold) {
    ++cseq;
    world.receive(from_phone("INVITE", cseq, hold.sdp), phone_source);
    const auto carried = world.take_request("INVITE");
    EXPECT_THAT(carried.message.body(), HasSubstr("a=" + hold.told + "\r\n")) << hold.sdp;
    EXPECT_THAT(carried.message.body(), HasSubstr("\r\nc=IN IP4 203.0.113.1\r\n")) << hold.sdp;
    world.receive(reply(carried.message, 200, "", "<sips:alice@df7jal23ls0d.invalid;transport=wss>",
                        replaced(browser_offer(), "a=sendrecv", "a=" + hold.answered)), flow);
    world.take_request("ACK");
    const auto accepted = world.take_response(200, "INVITE");
    EXPECT_THAT(accepted.message.body(), HasSubstr("a=" + hold.answered + "\r\n")) << hold.sdp;
    EXPECT_THAT(accepted.message.body(), HasSubstr("\r\nc=IN IP4 203.0.113.1\r\n")) << hold.sdp;
    world.receive(from_phone("ACK", cseq), phone_source);
  };
  for (const auto& hold : holds) {
    offer(hold);
    offer({phone_sdp(), "sendrecv", "sendrecv"});
  }
}

TEST_F(CallFromBrowser, AnIceRestartEndsAtTheGateway) {
  answer();
  const auto line = [](const std::string& sdp, const std::string& name) {
    const auto at = sdp.find("\r\na=" + name + ":") + 2;
    return sdp.substr(at, sdp.find('\r', at) - at);
  };
  const auto before = answered.message.body();
  const auto restart = replaced(browser_offer(), "a=ice-ufrag:hT0R", "a=ice-ufrag:nEw1");
  world.receive(from_browser("INVITE", 2, "r1", gateway_tag, restart), flow);
  const auto after = world.take_response(200, "INVITE").message.body();
  EXPECT_TRUE(world.nothing_but_trying()) << "the phone hears nothing of it";
  EXPECT_NE(line(after, "ice-ufrag"), line(before, "ice-ufrag"));
  EXPECT_NE(line(after, "ice-pwd"), line(before, "ice-pwd"));
  EXPECT_EQ(line(after, "fingerprint"), line(before, "fingerprint"));
  ASSERT_TRUE(plan(leg::Side::a).ice);
  EXPECT_EQ("a=ice-ufrag:" + plan(leg::Side::a).ice->ufrag, line(after, "ice-ufrag"));
  EXPECT_EQ(plan(leg::Side::a).web->ice_ufrag, "nEw1");
  world.receive(from_browser("ACK", 2, "k2", gateway_tag), flow);

  world.receive(from_browser("INVITE", 3, "r2", gateway_tag, restart), flow);
  EXPECT_EQ(line(world.take_response(200, "INVITE").message.body(), "ice-ufrag"), line(after, "ice-ufrag"))
      << "an offer without a restart is answered with what there is";
}

TEST_F(CallFromBrowser, ASecondOfferDuringAnOfferIs491) {
  answer();
  const auto hold = replaced(replaced(browser_offer(), "a=sendrecv", "a=sendonly"), "4787232159729365320 2", "4787232159729365320 3");
  world.receive(from_browser("INVITE", 2, "h1", gateway_tag, hold), flow);
  world.take_request("INVITE");
  world.receive(from_phone("INVITE", 1, phone_sdp("0 101", "sendonly", 2)), phone_source);
  world.take_response(491, "INVITE");
}

TEST_F(CallFromBrowser, ARefusedHoldLeavesTheCallAsItWas) {
  answer();
  const auto hold = replaced(replaced(browser_offer(), "a=sendrecv", "a=sendonly"), "4787232159729365320 2", "4787232159729365320 3");
  world.receive(from_browser("INVITE", 2, "h1", gateway_tag, hold), flow);
  world.receive(reply(world.take_request("INVITE").message, 488, "phone"), phone_source);
  world.take_response(488, "INVITE");
  EXPECT_EQ(world.core.calls(), 1U);
  EXPECT_TRUE(world.closed.empty());
}

TEST_F(CallFromBrowser, InfoBecomesRtpEvents) {
  answer();
  world.receive(from_browser("INFO", 2, "n1", gateway_tag, "Signal= 5\r\nDuration=120\r\n", "application/dtmf-relay"), flow);
  world.take_response(200, "INFO");
  ASSERT_EQ(world.dtmf.size(), 1U);
  EXPECT_EQ(world.dtmf[0].digit, '5');
  EXPECT_EQ(world.dtmf[0].duration_ms, 120U);
  EXPECT_EQ(world.dtmf[0].side, leg::Side::b);
}

TEST_F(CallFromBrowser, InfoStaysInfoForAPhoneWithoutEvents) {
  answer(phone_sdp("0"));
  world.receive(from_browser("INFO", 2, "d1", gateway_tag, "Signal=7\r\nDuration=100\r\n", "application/dtmf-relay"), flow);
  const auto info = world.take_request("INFO");
  EXPECT_EQ(info.message.body(), "Signal=7\r\nDuration=100\r\n");
  world.receive(reply(info.message, 200, ""), phone_source);
  world.take_response(200, "INFO");
  EXPECT_TRUE(world.dtmf.empty());
}

TEST_F(CallFromBrowser, KeysOfRtpBecomeInfoOneAfterTheOther) {
  answer(phone_sdp("0"));
  const auto media = world.opened[0].media;
  for (const char digit : {'1', '#', 'D'}) {
    const leg::KeyPressed key{media, leg::Side::b, digit, 120};
    world.act([&](auto& core) { core.on_media_event(world.now, key); });
  }
  std::string told;
  for (int i = 0; i < 3; ++i) {
    const auto info = world.take_request("INFO");
    EXPECT_TRUE(world.nothing_but_trying()) << "the next waits for the answer to this one";
    EXPECT_EQ(info.message.get(HeaderId::content_type), "application/dtmf-relay");
    told += info.message.body();
    world.receive(reply(info.message, i == 1 ? 415 : 200, ""), phone_source);
  }
  EXPECT_EQ(told, "Signal=1\r\nDuration=120\r\nSignal=#\r\nDuration=120\r\nSignal=D\r\nDuration=120\r\n");
  EXPECT_TRUE(world.nothing_but_trying());
}

TEST_F(CallFromBrowser, NoInfoGoesToAPhoneWhoseAllowLeavesItOut) {
  start();
  invite = world.take_request("INVITE");
  auto accepted = reply(invite.message, 200, "phone", phone, phone_sdp("0"));
  accepted.append(HeaderId::allow, "INVITE, ACK, BYE, CANCEL");
  world.receive(accepted, world.server());
  world.take_request("ACK");
  world.take_response(200, "INVITE");
  const leg::KeyPressed key{world.opened[0].media, leg::Side::b, '1', 120};
  world.act([&](auto& core) { core.on_media_event(world.now, key); });
  EXPECT_TRUE(world.nothing_but_trying());
}

TEST_F(CallFromBrowser, ARequestForAKeyFrameIsAnsweredAndPassedOnButNotTooOften) {
  answer();
  const std::string body =
      "<media_control><vc_primitive><to_encoder><picture_fast_update/></to_encoder></vc_primitive></media_control>";
  const auto ask = [&](int cseq) {
    world.receive(from_phone("INFO", cseq, body, "application/media_control+xml"), phone_source);
    world.take_response(200, "INFO");
  };
  ask(1);
  const auto first = world.take_request("INFO");
  EXPECT_EQ(first.target.flow, flow.flow);
  EXPECT_EQ(first.message.body(), body);
  world.receive(reply(first.message, 200, ""), flow);
  world.advance(1s);
  ask(2);
  EXPECT_TRUE(world.nothing_but_trying()) << "the browser was asked a second ago";
  world.advance(1s);
  ask(3);
  world.take_request("INFO");
}

TEST_F(CallFromBrowser, OtherInfoAndReferAreRelayedWithTheirAnswer) {
  answer();
  world.receive(from_browser("INFO", 2, "n1", gateway_tag, "<x/>", "application/media_control+xml"), flow);
  const auto info = world.take_request("INFO");
  EXPECT_EQ(info.message.body(), "<x/>");
  EXPECT_TRUE(world.sent.empty());
  world.receive(reply(info.message, 415, "phone"), phone_source);
  world.take_response(415, "INFO");
  world.receive(from_browser("REFER", 3, "n2", gateway_tag, "", "", "Refer-To: <sip:carol@198.51.100.7>\r\n"), flow);
  const auto refer = world.take_request("REFER");
  EXPECT_EQ(refer.message.get(HeaderId::refer_to), "<sip:carol@198.51.100.7>");
  world.receive(reply(refer.message, 202, "phone"), phone_source);
  world.take_response(202, "REFER");
}

TEST_F(CallFromBrowser, AMediaFailureEndsBothLegs) {
  answer();
  const leg::LegFailed failed{world.opened[0].media, leg::Side::a, leg::Failure::dtls_fingerprint, ""};
  world.act([&](auto& core) { core.on_media_event(world.now, failed); });
  EXPECT_THAT(std::string(*world.take_request("BYE").message.get(HeaderId::reason)), HasSubstr("fingerprint"));
  world.take_request("BYE");
  EXPECT_EQ(world.closed.size(), 1U);
}

TEST_F(CallFromBrowser, TheCallOutlivesItsWebSocketAndTheNewOneCanEndIt) {
  answer();
  world.close_flow(flow);
  EXPECT_EQ(world.core.calls(), 1U);
  const auto second = world.open_flow(55300);
  world.receive(from_browser("BYE", 2, "b1", gateway_tag), second);
  EXPECT_EQ(world.take_response(200, "BYE").target.flow, second.flow);
  EXPECT_EQ(world.take_request("BYE").target.remote.to_string(), "198.51.100.20:5070");
}

TEST_F(CallFromBrowser, ABrowserThatDoesNotComeBackIsHungUpAfterItsGrace) {
  answer();
  world.close_flow(flow);
  world.advance(59s);
  EXPECT_TRUE(world.nothing_but_trying());
  EXPECT_EQ(world.core.calls(), 1U);
  world.advance(1s);
  EXPECT_THAT(std::string(*world.take_request("BYE").message.get(HeaderId::reason)), HasSubstr("WebSocket"));
  EXPECT_EQ(world.core.calls(), 0U);
  EXPECT_EQ(world.closed.size(), 1U);
}

TEST_F(CallFromBrowser, ABrowserThatComesBackInTimeKeepsItsCall) {
  answer();
  world.close_flow(flow);
  world.advance(30s);
  const auto second = world.open_flow(55300);
  world.receive(from_browser("INFO", 2, "d1", gateway_tag, "Signal=7", "application/dtmf-relay"), second);
  world.take_response(200, "INFO");
  world.advance(10min);
  EXPECT_EQ(world.core.calls(), 1U);
  EXPECT_TRUE(world.held.contains(second.flow));

  world.close_flow(second);
  world.advance(60s);
  world.take_request("BYE");
  EXPECT_EQ(world.core.calls(), 0U) << "each loss has its own time";
}

TEST_F(CallFromBrowser, ASocketThatDiesBeforeTheAnswerStopsTheRinging) {
  start();
  const auto sent = world.take_request("INVITE");
  world.receive(reply(sent.message, 180, "phone", phone), world.server());
  world.close_flow(flow);
  world.take_request("CANCEL");
}

TEST_F(CallFromBrowser, AStrangersByeIs481AndChangesNothing) {
  answer();
  world.receive(replaced(from_browser("BYE", 2, "b1", gateway_tag), "web-1", "web-2"), flow);
  world.take_response(481, "BYE");
  EXPECT_EQ(world.core.calls(), 1U);
}

TEST_F(CallFromBrowser, RequiredExtensionsAndOfferlessInvitesAreRefused) {
  world.receive(from_browser("INVITE", 1, "i1", "", browser_offer(), "application/sdp", "Require: 100rel\r\n"), flow);
  EXPECT_EQ(world.take_response(420, "INVITE").message.get(HeaderId::unsupported), "100rel");
  world.receive(from_browser("INVITE", 2, "i2", ""), flow);
  world.take_response(488, "INVITE");
  world.advance(60s);
  EXPECT_EQ(world.core.call_records(), 0U);
}

TEST_F(CallFromBrowser, AStopHangsUpEverywhere) {
  answer();
  world.act([&](auto& core) { core.end_all_calls(world.now, "the gateway stops"); });
  world.take_request("BYE");
  world.take_request("BYE");
}

TEST_F(CallFromBrowser, HoldsItsSocketForAsLongAsItLasts) {
  answer();
  EXPECT_TRUE(world.held.contains(flow.flow)) << "an unregistered caller's socket would be closed as idle";
  world.close_flow(flow);
  const auto second = world.open_flow(55300);
  world.receive(from_browser("OPTIONS", 2, "o1", gateway_tag), second);
  EXPECT_TRUE(world.held.contains(second.flow));
  world.receive(from_browser("BYE", 3, "b1", gateway_tag), second);
  EXPECT_FALSE(world.held.contains(second.flow));
}

TEST_F(CallFromBrowser, ItsEndDoesNotReleaseASocketThatARegistrationHolds) {
  world.receive(replaced(replaced(from_browser("REGISTER", 1, "r1", ""), "REGISTER sip:bob@198.51.100.7 SIP", "REGISTER sip:198.51.100.7 SIP"),
                         "To: <sip:bob", "To: <sip:alice"), flow);
  const auto forwarded = world.take_request("REGISTER");
  world.receive(reply(forwarded.message, 200, "srv", std::string(*forwarded.message.first_value(HeaderId::contact))), world.server());
  answer();
  world.receive(from_browser("BYE", 2, "b1", gateway_tag), flow);
  EXPECT_TRUE(world.held.contains(flow.flow));
}

TEST_F(CallFromBrowser, AnEndedCallCountsNoMoreThoughItsTransactionsStay) {
  answer();
  EXPECT_FALSE(world.core.settled());
  world.receive(from_browser("BYE", 2, "b1", gateway_tag), flow);
  EXPECT_EQ(world.core.calls(), 0U);
  EXPECT_FALSE(world.core.settled()) << "the phone's BYE is not answered yet";
  world.receive(reply(world.take_request("BYE").message, 200, ""), phone_source);
  EXPECT_TRUE(world.core.settled());
  EXPECT_EQ(world.core.call_records(), 1U);  // a retransmitted 200 would still find its ACK
}

TEST(MaxCalls, CountsCallsThatGoOn) {
  breaker::Options options;
  options.max_calls = 1;
  SipWorld world({}, options);
  const auto flow = world.open_flow(55210);
  const auto invite = [](const std::string& id) {
    const auto& sdp = browser_offer();
    return "INVITE sip:bob@198.51.100.7 SIP/2.0\r\nVia: SIP/2.0/WSS x.invalid;branch=z9hG4bK" + id + "\r\nFrom: <sip:alice@198.51.100.7>;tag=" + id +
           "\r\nTo: <sip:bob@198.51.100.7>\r\nContact: <sips:alice@x.invalid;rtcweb-breaker=yes>\r\nCall-ID: " + id +
           "\r\nCSeq: 1 INVITE\r\nContent-Type: application/sdp\r\nContent-Length: " + std::to_string(sdp.size()) + "\r\n\r\n" + sdp;
  };
  world.receive(invite("one"), flow);
  const auto first = world.take_request("INVITE");
  world.receive(invite("two"), flow);
  EXPECT_TRUE(world.take_response(503, "INVITE").message.get(HeaderId::retry_after));
  world.receive(reply(first.message, 486, "phone"), world.server());
  world.take_response(486, "INVITE");
  world.take_request("ACK");
  world.receive(invite("three"), flow);
  world.take_request("INVITE");
}

// The network calls a browser whose registration asks for the breaker.
class CallToBrowser : public testing::Test {
 protected:
  void SetUp() override {
    flow = world.open_flow(55210);
    world.receive("REGISTER sip:198.51.100.7 SIP/2.0\r\nVia: SIP/2.0/WSS df7jal23ls0d.invalid;branch=z9hG4bKr\r\n"
                  "From: <sip:alice@198.51.100.7>;tag=abc\r\nTo: <sip:alice@198.51.100.7>\r\nCall-ID: reg\r\nCSeq: 1 REGISTER\r\n"
                  "Contact: <sips:alice@df7jal23ls0d.invalid;rtcweb-breaker=yes;transport=wss>;expires=200\r\n\r\n", flow);
    const auto forwarded = world.take_request("REGISTER");
    const std::string stored(*forwarded.message.first_value(HeaderId::contact));
    registered = sip::parse_name_addr(stored)->uri.to_string();
    world.receive(reply(forwarded.message, 200, "srv", stored), world.server());
    world.take_response(200, "REGISTER");
  }
  void start(const std::string& sdp = phone_sdp("0 8 101")) {
    world.receive("INVITE " + registered + " SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bKn1\r\nMax-Forwards: 20\r\n"
                  "Record-Route: <sip:198.51.100.7;lr>\r\nFrom: \"Bob\" <sip:bob@198.51.100.7>;tag=bob\r\nTo: <sip:alice@198.51.100.7>\r\n"
                  "Contact: <sip:bob@198.51.100.20:5070>\r\nCall-ID: net-1\r\nCSeq: 7 INVITE\r\nContent-Type: application/sdp\r\n"
                  "Content-Length: " + std::to_string(sdp.size()) + "\r\n\r\n" + sdp, world.server());
  }
  SipWorld world;
  sip::Target flow;
  std::string registered;
};

TEST_F(CallToBrowser, TheBrowserIsOfferedWebRtcAtItsOwnContact) {
  start();
  const auto invite = world.take_request("INVITE");
  EXPECT_EQ(invite.target.flow, flow.flow);
  EXPECT_EQ(invite.message.request_uri(), "sips:alice@df7jal23ls0d.invalid;rtcweb-breaker=yes;transport=wss");
  EXPECT_EQ(invite.message.from()->display_name, "\"Bob\"");
  EXPECT_EQ(invite.message.count(HeaderId::record_route), 0U);
  const auto& sdp = invite.message.body();
  for (const auto* needed : {"UDP/TLS/RTP/SAVPF", "a=setup:actpass", "a=rtcp-mux", "a=group:BUNDLE", "a=mid:", "a=fingerprint:sha-256",
                             "a=candidate:", "a=end-of-candidates", "a=ice-lite"}) {
    EXPECT_THAT(sdp, HasSubstr(needed));
  }
}

TEST_F(CallToBrowser, AnswerAndHangUp) {
  start();
  const auto invite = world.take_request("INVITE");
  world.receive(reply(invite.message, 180, "web", "<sips:alice@df7jal23ls0d.invalid>"), flow);
  EXPECT_EQ(world.take_response(180, "INVITE").message.first_value(HeaderId::record_route), "<sip:198.51.100.7;lr>");
  auto answer = replaced(replaced(browser_offer(), "a=setup:actpass", "a=setup:active"), "UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126", "UDP/TLS/RTP/SAVPF 0 101");
  answer = replaced(answer, "a=rtpmap:126 telephone-event/8000", "a=rtpmap:101 telephone-event/8000");
  world.receive(reply(invite.message, 200, "web", "<sips:alice@df7jal23ls0d.invalid>", answer), flow);
  EXPECT_EQ(world.take_request("ACK").target.flow, flow.flow);
  const auto ok = world.take_response(200, "INVITE");
  EXPECT_THAT(ok.message.body(), HasSubstr("RTP/AVP 0"));
  const std::string contact(*ok.message.first_value(HeaderId::contact));
  EXPECT_THAT(contact, HasSubstr("ws-flow="));
  EXPECT_THAT(contact, Not(HasSubstr("expires=")));  // what the browser told its registrar is not the caller's
  const auto tag = ok.message.to()->tag();
  const auto in_dialog = [&](const std::string& method, int cseq) {
    return method + " " + registered + " SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bKd" + method +
           "\r\nFrom: \"Bob\" <sip:bob@198.51.100.7>;tag=bob\r\nTo: <sip:alice@198.51.100.7>;tag=" + tag +
           "\r\nCall-ID: net-1\r\nCSeq: " + std::to_string(cseq) + " " + method + "\r\n\r\n";
  };
  world.receive(in_dialog("ACK", 7), world.server());
  world.receive(in_dialog("BYE", 8), world.server());
  world.take_response(200, "BYE");
  const auto bye = world.take_request("BYE");
  EXPECT_EQ(bye.target.flow, flow.flow);
  world.receive(reply(bye.message, 200, ""), flow);
  world.advance(60s);
  EXPECT_EQ(world.core.call_records(), 0U);
}

TEST_F(CallToBrowser, ADeadSocketIs480AtOnce) {
  world.close_flow(flow);
  start();
  world.take_response(480, "INVITE");
  EXPECT_EQ(world.core.call_records(), 0U);
}

TEST_F(CallToBrowser, ASocketThatDiesWhileRingingEndsTheCall) {
  start();
  world.take_request("INVITE");
  world.close_flow(flow);
  world.take_response(503, "INVITE");
  world.advance(60s);
  EXPECT_EQ(world.core.call_records(), 0U);
}

TEST_F(CallToBrowser, CancelledByTheCaller) {
  start();
  const auto invite = world.take_request("INVITE");
  world.receive(reply(invite.message, 180, "web", "<sips:alice@df7jal23ls0d.invalid>"), flow);
  world.receive("CANCEL " + registered + " SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bKn1\r\nFrom: \"Bob\" <sip:bob@198.51.100.7>;tag=bob\r\n"
                "To: <sip:alice@198.51.100.7>\r\nCall-ID: net-1\r\nCSeq: 7 CANCEL\r\nReason: SIP;cause=200;text=\"Call completed elsewhere\"\r\n\r\n", world.server());
  world.take_response(200, "CANCEL");
  world.take_response(487, "INVITE");
  EXPECT_THAT(std::string(*world.take_request("CANCEL").message.get(HeaderId::reason)), HasSubstr("elsewhere"));
}

}  // namespace
}  // namespace w2s::test
