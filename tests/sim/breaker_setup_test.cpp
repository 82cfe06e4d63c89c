// From the INVITE to the answer on both legs.
#include "breaker_world.hpp"

namespace w2s::test {
namespace {

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
  ASSERT_FALSE(sip_leg.web);
  EXPECT_EQ(sip_leg.audio.rtp.to_string(), "198.51.100.20:4000");
  EXPECT_EQ(sip_leg.audio.payloads.front().codec.name, "pcmu");
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

TEST_F(CallFromBrowser, TheServiceRouteOfTheRegistrarIsFollowed) {  // RFC 3608
  world.receive(replaced(replaced(from_browser("REGISTER", 1, "r1", ""), "REGISTER sip:bob@198.51.100.7 SIP", "REGISTER sip:198.51.100.7 SIP"),
                         "To: <sip:bob", "To: <sip:alice"), flow);
  auto ok = reply(world.take_request("REGISTER").message, 200, "srv");
  ok.append(HeaderId::service_route, "<sip:198.51.100.60;lr>, <sip:198.51.100.61;lr>");
  world.receive(ok, world.server());
  world.take_response(200, "REGISTER");
  start();
  const auto sent = world.take_request("INVITE");
  EXPECT_EQ(sent.target.remote.to_string(), "198.51.100.60:5060");
  EXPECT_THAT(sent.message.values(HeaderId::route), testing::ElementsAre("<sip:198.51.100.60;lr>", "<sip:198.51.100.61;lr>"));
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

TEST_F(CallFromBrowser, TheSecond200OfAForkIsAckedAndHungUp) {
  answer();
  world.receive(reply(invite.message, 200, "other", "<sip:bob@198.51.100.21>", phone_sdp()), world.server());
  EXPECT_EQ(world.take_request("ACK").message.request_uri(), "sip:bob@198.51.100.21");
  EXPECT_EQ(world.take_request("BYE").message.to()->tag(), "other");
  EXPECT_EQ(world.core.calls(), 1U);
  EXPECT_TRUE(world.closed.empty());
}

TEST_F(CallFromBrowser, ALost200OfThePhoneGetsItsAckAgain) {
  answer();
  world.receive(reply(invite.message, 200, "phone", phone, phone_sdp()), world.server());
  EXPECT_EQ(world.take_request("ACK").message.cseq()->number, 1U);
  EXPECT_TRUE(world.sent.empty());
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

TEST_F(CallToBrowser, ADeadSocketIs480AtOnce) {
  world.close_flow(flow);
  start();
  world.take_response(480, "INVITE");
  EXPECT_EQ(world.core.call_records(), 0U);
}

}  // namespace
}  // namespace w2s::test
