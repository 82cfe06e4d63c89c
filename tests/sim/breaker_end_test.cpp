// How a call ends: BYE, CANCEL, lost ACK, lost media, lost socket.
#include "breaker_world.hpp"

namespace w2s::test {
namespace {

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

TEST_F(CallFromBrowser, ACancelBeforeTheRouteIsKnownLeavesNothing) {
  world.answer_routes = false;
  start();
  world.receive(from_browser("CANCEL", 1, "i1", ""), flow);
  world.take_response(487, "INVITE");
  world.answer_routes = true;
  world.act([](auto&) {});
  world.advance(40s);
  world.take_response(200, "CANCEL");
  EXPECT_TRUE(world.nothing_but_trying());
  EXPECT_TRUE(world.opened.empty());
  EXPECT_EQ(world.core.call_records(), 0U);
  EXPECT_EQ(world.core.call_requests(), 0U);
}

TEST_F(CallFromBrowser, ACancelBeforeThereIsMediaLeavesNothing) {
  world.open_media = false;
  start();
  EXPECT_EQ(world.opened.size(), 2U);
  world.receive(from_browser("CANCEL", 1, "i1", ""), flow);
  world.take_response(487, "INVITE");
  world.advance(40s);
  EXPECT_EQ(world.closed.size(), 1U);
  EXPECT_EQ(world.core.call_records(), 0U);
  EXPECT_EQ(world.core.call_requests(), 0U);
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

TEST_F(CallToBrowser, ASocketThatDiesWhileRingingEndsTheCall) {
  start();
  world.take_request("INVITE");
  world.close_flow(flow);
  world.take_response(480, "INVITE");
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

TEST_F(CallFromBrowser, NoByeBeforeTheAckOrTheEndOfTheWait) {
  start();
  invite = world.take_request("INVITE");
  world.receive(reply(invite.message, 200, "phone", phone, phone_sdp()), world.server());
  const auto tag = world.take_response(200, "INVITE").message.to()->tag();
  world.take_request("ACK");
  world.receive(from_phone("BYE", 1), phone_source);
  world.take_response(200, "BYE");
  EXPECT_TRUE(world.sent.empty()) << "RFC 3261 15";
  world.receive(from_browser("ACK", 1, "k1", tag), flow);
  world.take_request("BYE");
}

TEST_F(CallFromBrowser, WithoutAckTheByeComesAfter64T1) {
  start();
  invite = world.take_request("INVITE");
  world.receive(reply(invite.message, 200, "phone", phone, phone_sdp()), world.server());
  world.receive(from_phone("BYE", 1), phone_source);
  world.advance(31s);
  for (const auto& sent : world.sent) EXPECT_FALSE(sent.message.is("BYE"));
  world.advance(1s);
  world.take_request("BYE");
}

TEST_F(CallFromBrowser, AByeInTheEarlyDialogEndsTheCall) {
  start();
  invite = world.take_request("INVITE");
  world.receive(reply(invite.message, 180, "phone", phone), world.server());
  const auto tag = world.take_response(180, "INVITE").message.to()->tag();
  world.receive(from_browser("BYE", 2, "b1", tag), flow);
  world.take_response(200, "BYE");
  world.take_response(487, "INVITE");
  world.take_request("CANCEL");
}

TEST_F(CallFromBrowser, AByeOfAForkThatLostDoesNotEndTheCall) {
  answer();
  world.receive(reply(invite.message, 200, "other", "<sip:bob@198.51.100.21>", phone_sdp()), world.server());
  world.receive(replaced(from_phone("BYE", 1), "tag=phone", "tag=other"), phone_source);
  EXPECT_EQ(world.core.calls(), 1U);
  world.receive(replaced(from_phone("BYE", 2), "tag=phone", "tag=stranger"), phone_source);
  world.take_response(481, "BYE");
  EXPECT_EQ(world.core.calls(), 1U);
}

TEST_F(CallFromBrowser, AReinviteAfterTheByeIs481) {
  answer();
  world.receive(from_browser("BYE", 2, "b1", gateway_tag), flow);
  world.receive(from_browser("INVITE", 3, "h1", gateway_tag, browser_offer()), flow);
  world.take_response(481, "INVITE");
}

TEST_F(CallFromBrowser, AByeDuringAReinviteAnswersIt) {
  answer();
  world.receive(from_browser("INVITE", 2, "h1", gateway_tag, offer(3, "sendonly")), flow);
  const auto hold = world.take_request("INVITE");
  world.receive(from_phone("BYE", 1), phone_source);
  world.take_response(487, "INVITE");
  world.take_request("BYE");
  world.receive(reply(hold.message, 200, "", phone, phone_sdp("0 101", "recvonly", 2)), phone_source);
  world.take_request("ACK");  // and nothing else: it was too late
  world.plans.clear();
  world.advance(60s);
  EXPECT_TRUE(world.plans.empty());
}

TEST_F(CallFromBrowser, A481ToARequestInTheCallEndsItAndAnAbsentAnswerToo) {
  answer();
  world.receive(from_browser("INFO", 2, "n1", gateway_tag, "<x/>", "application/xml"), flow);
  world.receive(reply(world.take_request("INFO").message, 481, ""), phone_source);
  world.take_response(481, "INFO");
  world.take_request("BYE");
  world.take_request("BYE");
  EXPECT_EQ(world.core.calls(), 0U);
}

TEST_F(CallFromBrowser, ANotifyRefusedWith481EndsOnlyItsSubscription) {
  answer();
  world.receive(from_browser("NOTIFY", 2, "n1", gateway_tag, "", "", "Event: refer\r\nSubscription-State: active\r\n"), flow);
  world.receive(reply(world.take_request("NOTIFY").message, 481, ""), phone_source);
  world.take_response(481, "NOTIFY");
  EXPECT_EQ(world.core.calls(), 1U);
}

TEST_F(CallFromBrowser, APhoneThatAnswersNothingAnyMoreIsGone) {
  answer();
  world.receive(from_browser("INFO", 2, "n1", gateway_tag, "<x/>", "application/xml"), flow);
  world.advance(33s);
  EXPECT_EQ(world.core.calls(), 0U);
}

TEST_F(CallFromBrowser, AByeIsChallengedAndAnswered) {
  answer();
  world.receive(from_browser("BYE", 2, "b1", gateway_tag), flow);
  auto refused = reply(world.take_request("BYE").message, 401, "");
  refused.append(HeaderId::www_authenticate, challenge("asterisk"));
  world.receive(refused, phone_source);
  EXPECT_TRUE(world.take_request("BYE").message.get(HeaderId::authorization));
}

TEST_F(CallFromBrowser, AnInviteThatExpiresIs487) {
  start(browser_offer(), "Expires: 20\r\n");
  invite = world.take_request("INVITE");
  world.receive(reply(invite.message, 180, "phone", phone), world.server());
  world.advance(19s);
  world.take_response(180, "INVITE");
  EXPECT_TRUE(world.nothing_but_trying());
  world.advance(1s);
  world.take_response(487, "INVITE");
  world.take_request("CANCEL");
}

TEST_F(CallFromBrowser, ItRingsForAsLongAsTheNetworkSaysSoAndNoLonger) {
  start();
  invite = world.take_request("INVITE");
  for (int minute = 0; minute < 20; minute += 2) {
    world.receive(reply(invite.message, 180, "phone", phone), world.server());
    world.take_response(180, "INVITE");
    world.advance(120s);
    for (int repeated = 0; repeated < 2; ++repeated) world.take_response(180, "INVITE");  // RFC 3261 13.3.1.1
    EXPECT_TRUE(world.nothing_but_trying()) << minute;
  }
  world.advance(61s);  // timer C
  world.take_request("CANCEL");
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

}  // namespace
}  // namespace w2s::test
