// Re-INVITE and UPDATE in a call.
#include "breaker_world.hpp"

namespace w2s::test {
namespace {

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
  EXPECT_EQ(plan(leg::Side::a).audio.peer_direction, leg::Direction::sendonly);
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

TEST_F(CallFromBrowser, ARefusedHoldIsNoHoldTheSecondTimeEither) {
  answer();
  world.receive(from_browser("INVITE", 2, "h1", gateway_tag, offer(3, "sendonly")), flow);
  world.receive(reply(world.take_request("INVITE").message, 488, "phone"), phone_source);
  world.take_response(488, "INVITE");
  world.receive(from_browser("INVITE", 3, "h2", gateway_tag, offer(4, "sendonly")), flow);
  world.take_request("INVITE");
}

TEST_F(CallFromBrowser, AnUpdateWithoutOfferIsAnsweredHere) {
  answer();
  world.receive(from_browser("UPDATE", 2, "u1", gateway_tag), flow);
  EXPECT_TRUE(world.take_response(200, "UPDATE").message.get(HeaderId::allow));
  EXPECT_TRUE(world.sent.empty());
}

TEST_F(CallFromBrowser, AnUpdateIsCarriedAsUpdateWherePossibleElseAsReinvite) {
  answer();
  world.receive(from_browser("UPDATE", 2, "u1", gateway_tag, offer(3, "sendonly")), flow);
  const auto reinvite = world.take_request("INVITE");  // this phone never said that it allows UPDATE
  EXPECT_THAT(reinvite.message.body(), HasSubstr("a=sendonly"));
  auto ok = reply(reinvite.message, 200, "", phone, phone_sdp("0 101", "recvonly", 2));
  ok.append(HeaderId::allow, "INVITE, UPDATE");
  world.receive(ok, phone_source);
  world.take_request("ACK");
  EXPECT_THAT(world.take_response(200, "UPDATE").message.body(), HasSubstr("a=recvonly"));
  world.receive(from_phone("OPTIONS", 1, "", "", "Allow: INVITE, ACK, BYE, UPDATE\r\n"), phone_source);
  world.take_response(200, "OPTIONS");

  world.receive(from_browser("UPDATE", 3, "u2", gateway_tag, offer(4)), flow);
  const auto update = world.take_request("UPDATE");
  EXPECT_THAT(update.message.body(), HasSubstr("a=sendrecv"));
  world.receive(reply(update.message, 405, ""), phone_source);
  const auto instead = world.take_request("INVITE");  // so it does not, whatever its Allow says
  world.receive(reply(instead.message, 200, "", phone, phone_sdp("0 101", "sendrecv", 3)), phone_source);
  EXPECT_THAT(world.take_response(200, "UPDATE").message.body(), HasSubstr("a=sendrecv"));
}

TEST_F(CallFromBrowser, ASecondOfferOfTheSamePeerIs500WithRetryAfter) {
  answer();
  world.receive(from_browser("INVITE", 2, "h1", gateway_tag, offer(3, "sendonly")), flow);
  world.take_request("INVITE");
  world.receive(from_browser("UPDATE", 3, "u1", gateway_tag, offer(4)), flow);
  EXPECT_TRUE(world.take_response(500, "UPDATE").message.get(HeaderId::retry_after));
}

TEST_F(CallFromBrowser, AReinviteWithoutOfferResumesAHoldOfItsOwn) {
  answer();
  world.receive(from_phone("INVITE", 1, phone_sdp("0 101", "sendonly", 2)), phone_source);
  const auto hold = world.take_request("INVITE");
  world.receive(reply(hold.message, 200, "", callee_contact, browser_answer("0 101", "recvonly")), flow);
  EXPECT_THAT(world.take_response(200, "INVITE").message.body(), HasSubstr("a=recvonly"));
  world.receive(from_phone("ACK", 1), phone_source);
  world.take_request("ACK");

  world.receive(from_phone("INVITE", 2), phone_source);
  const auto offered = world.take_response(200, "INVITE");
  EXPECT_THAT(offered.message.body(), HasSubstr("a=sendrecv"));
  EXPECT_TRUE(world.sent.empty());
  world.receive(from_phone("ACK", 2, phone_sdp("0 101", "sendrecv", 3)), phone_source);
  EXPECT_THAT(world.take_request("INVITE").message.body(), HasSubstr("a=sendrecv")) << "the browser hears of the resume";
}

TEST_F(CallFromBrowser, AReinviteWithoutOfferIsOfferedAllThatTheOtherLegCanDo) {
  answer();
  world.receive(from_phone("INVITE", 1), phone_source);
  const auto offered = world.take_response(200, "INVITE");
  for (const auto* codec : {"opus", "PCMU", "PCMA"}) EXPECT_THAT(offered.message.body(), HasSubstr(codec));
  world.receive(from_phone("ACK", 1, phone_sdp("8 101", "sendrecv", 2)), phone_source);
  EXPECT_EQ(plan(leg::Side::b).audio.payloads.front().codec.name, "pcma");
  EXPECT_THAT(world.take_request("INVITE").message.body(), Not(HasSubstr("PCMU"))) << "which the browser sends till now";
}

TEST_F(CallFromBrowser, AnAckWithoutTheAnswerEndsTheCall) {
  answer();
  world.receive(from_phone("INVITE", 1), phone_source);
  world.take_response(200, "INVITE");
  world.receive(from_phone("ACK", 1), phone_source);
  EXPECT_THAT(std::string(*world.take_request("BYE").message.get(HeaderId::reason)), HasSubstr("no answer"));
  world.take_request("BYE");
}

TEST_F(CallFromBrowser, A200WithoutAnswerToOurReinviteEndsTheCall) {
  answer();
  world.receive(from_browser("INVITE", 2, "h1", gateway_tag, offer(3, "sendonly")), flow);
  world.receive(reply(world.take_request("INVITE").message, 200, "phone", phone), phone_source);
  world.take_request("ACK");
  world.take_response(487, "INVITE");
  EXPECT_THAT(std::string(*world.take_request("BYE").message.get(HeaderId::reason)), HasSubstr("without a usable answer"));
  world.take_request("BYE");
}

TEST_F(CallFromBrowser, AfterA491OurOfferWaits2100To4000msSinceTheCallIdIsOurs) {
  answer();
  world.receive(from_browser("INVITE", 2, "h1", gateway_tag, offer(3, "sendonly")), flow);
  const auto first = world.take_request("INVITE");
  world.receive(reply(first.message, 491, ""), phone_source);
  world.take_request("ACK");
  EXPECT_TRUE(world.nothing_but_trying()) << "a browser does not try again after 491: its request waits";
  world.advance(2090ms);
  EXPECT_TRUE(world.nothing_but_trying());
  world.advance(2s);
  const auto second = world.take_request("INVITE");
  EXPECT_THAT(second.message.body(), HasSubstr("a=sendonly"));
  EXPECT_EQ(second.message.cseq()->number, first.message.cseq()->number + 1);
  world.receive(reply(second.message, 200, "", phone, phone_sdp("0 101", "recvonly", 2)), phone_source);
  world.take_response(200, "INVITE");
}

TEST_F(CallFromBrowser, AfterA491OfTheBrowserOurOfferWaitsAtMost2s) {
  answer();
  world.receive(from_phone("INVITE", 1, phone_sdp("0 101", "sendonly", 2)), phone_source);
  world.receive(reply(world.take_request("INVITE").message, 491, ""), flow);
  world.take_request("ACK");
  world.advance(2s);
  world.take_request("INVITE");
}

TEST_F(CallFromBrowser, TwoOffersThatMetAnswerEachOther) {
  answer();
  world.receive(from_browser("INVITE", 2, "h1", gateway_tag, offer(3, "sendonly")), flow);
  const auto ours = world.take_request("INVITE");
  world.receive(from_phone("INVITE", 1, phone_sdp("0 101", "sendrecv", 2)), phone_source);
  world.take_response(491, "INVITE");
  world.receive(reply(ours.message, 491, ""), phone_source);
  world.advance(1s);  // the phone does not own the Call-ID: it comes first
  world.receive(from_phone("INVITE", 2, phone_sdp("0 101", "sendrecv", 2)), phone_source);
  const auto first = world.take_response(200, "INVITE"), second = world.take_response(200, "INVITE");
  EXPECT_THAT(first.message.body(), HasSubstr("a=sendonly"));   // to the phone: the browser holds
  EXPECT_THAT(second.message.body(), HasSubstr("a=recvonly"));  // to the browser
  EXPECT_EQ(second.target.flow, flow.flow);
  world.receive(from_phone("ACK", 2), phone_source);
  world.receive(from_browser("ACK", 2, "k2", gateway_tag), flow);
  world.advance(10s);
  for (const auto& sent : world.sent) EXPECT_FALSE(sent.message.is("INVITE")) << "nothing is left to be tried again";
}

TEST_F(CallFromBrowser, A491WithoutEndReachesThePeer) {
  answer();
  world.receive(from_browser("INVITE", 2, "h1", gateway_tag, offer(3, "sendonly")), flow);
  const auto invite_is_out = [&] {
    return std::any_of(world.sent.begin(), world.sent.end(), [](const auto& sent) { return sent.message.is("INVITE"); });
  };
  for (int i = 0; i < 6; ++i) {
    for (int ms = 0; ms < 4000 && !invite_is_out(); ms += 10) world.advance(10ms);
    world.receive(reply(world.take_request("INVITE").message, 491, ""), phone_source);
    world.take_request("ACK");
  }
  world.take_response(491, "INVITE");
  EXPECT_EQ(world.core.calls(), 1U);
}

TEST_F(CallFromBrowser, A500WithRetryAfterIsComeBackTo) {
  answer();
  world.receive(from_browser("INVITE", 2, "h1", gateway_tag, offer(3, "sendonly")), flow);
  auto busy = reply(world.take_request("INVITE").message, 500, "");
  busy.append(HeaderId::retry_after, "3");
  world.receive(busy, phone_source);
  world.take_request("ACK");
  world.advance(2900ms);
  EXPECT_TRUE(world.nothing_but_trying());
  world.advance(100ms);
  world.take_request("INVITE");
}

TEST_F(CallFromBrowser, AnOfferWaitsForTheAckOfTheOtherLeg) {
  answer();
  world.receive(from_browser("INVITE", 2, "r1", gateway_tag, offer(3)), flow);
  world.take_response(200, "INVITE");
  world.receive(from_phone("INVITE", 1, phone_sdp("0 101", "sendonly", 2)), phone_source);
  EXPECT_TRUE(world.nothing_but_trying()) << "RFC 3261 14.1: no INVITE while another is under way";
  world.receive(from_browser("ACK", 2, "k2", gateway_tag), flow);
  EXPECT_EQ(world.take_request("INVITE").target.flow, flow.flow);
}

TEST_F(CallFromBrowser, AReinviteIsChallengedAndAnsweredInTheKnownRealm) {
  answer();
  world.receive(from_browser("INVITE", 2, "h1", gateway_tag, offer(3, "sendonly")), flow);
  const auto first = world.take_request("INVITE");
  auto refused = reply(first.message, 401, "phone");
  refused.append(HeaderId::www_authenticate, challenge("asterisk"));
  world.receive(refused, phone_source);
  const auto second = world.take_request("INVITE");
  EXPECT_EQ(second.message.cseq()->number, first.message.cseq()->number + 1);
  EXPECT_EQ(second.message.body(), first.message.body());
  world.receive(reply(second.message, 200, "", phone, phone_sdp("0 101", "recvonly", 2)), phone_source);
  world.take_request("ACK");
  const auto ack = world.take_request("ACK");
  EXPECT_EQ(ack.message.get(HeaderId::authorization), second.message.get(HeaderId::authorization));
  world.take_response(200, "INVITE");
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
  const auto hold_and_check = [&](const Hold& hold) {
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
    hold_and_check(hold);
    hold_and_check({phone_sdp(), "sendrecv", "sendrecv"});
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

}  // namespace
}  // namespace w2s::test
