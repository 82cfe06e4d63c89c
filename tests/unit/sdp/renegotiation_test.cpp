#include "sdp_fixture.hpp"

// Hold, refresh, ICE restart, added and disabled m-lines, glare: everything after the first exchange.
namespace w2s::sdp::test {
namespace {

OfferAnswer agreed_phone(const std::string& offer = phone_sdp()) {
  OfferAnswer leg(Kind::phone, 1);
  EXPECT_TRUE(leg.on_offer(offer));
  leg.answer(phone_local(), {pcmu, event8}, Direction::sendrecv);
  return leg;
}

OfferAnswer agreed_browser() {
  OfferAnswer leg(Kind::web, 1);
  EXPECT_TRUE(leg.on_offer(recorded("chromium-audio-video.sdp")));
  leg.answer(web_local(), {opus, pcmu, event48, event8}, Direction::sendrecv);
  return leg;
}

struct HoldDialect {
  const char* name;
  std::string media;
  Direction peer;
  const char* answered;
};

TEST(Hold, EveryDialectIsUnderstood) {
  const std::string events = "a=rtpmap:101 telephone-event/8000\r\n";
  for (const auto& hold : {
           HoldDialect{"sendonly", "m=audio 4000 RTP/AVP 0 101\r\na=sendonly\r\n", Direction::sendonly,
                       "a=recvonly"},
           HoldDialect{"inactive", "m=audio 4000 RTP/AVP 0 101\r\na=inactive\r\n", Direction::inactive,
                       "a=inactive"},
           HoldDialect{"recvonly", "m=audio 4000 RTP/AVP 0 101\r\na=recvonly\r\n", Direction::recvonly,
                       "a=sendonly"},
           HoldDialect{"zero address", "m=audio 4000 RTP/AVP 0 101\r\nc=IN IP4 0.0.0.0\r\n",
                       Direction::sendonly, "a=recvonly"},
           HoldDialect{"zero address and sendonly",
                       "m=audio 4000 RTP/AVP 0 101\r\nc=IN IP4 0.0.0.0\r\na=sendonly\r\n",
                       Direction::sendonly, "a=recvonly"},
           HoldDialect{"zero address and recvonly",
                       "m=audio 4000 RTP/AVP 0 101\r\nc=IN IP4 0.0.0.0\r\na=recvonly\r\n",
                       Direction::inactive, "a=inactive"},
           HoldDialect{"zero IPv6 address", "m=audio 4000 RTP/AVP 0 101\r\nc=IN IP6 ::\r\n",
                       Direction::sendonly, "a=recvonly"},
           HoldDialect{"other port", "m=audio 4444 RTP/AVP 0 101\r\na=sendonly\r\n", Direction::sendonly,
                       "a=recvonly"},
       }) {
    auto leg = agreed_phone();
    const auto media = leg.on_offer(phone_sdp(hold.media + events));
    ASSERT_TRUE(media) << hold.name;
    EXPECT_EQ(media->direction, hold.peer) << hold.name;
    const auto answer = leg.answer(phone_local(), {pcmu, event8}, Direction::sendrecv);
    EXPECT_TRUE(has_line(answer, hold.answered)) << hold.name << "\n" << answer;
    EXPECT_EQ(version_of(answer), "2") << hold.name;
    EXPECT_EQ(plan_of(leg).audio.peer_direction, hold.peer) << hold.name;

    const auto resumed = leg.on_offer(phone_sdp());
    EXPECT_EQ(resumed->direction, Direction::sendrecv) << hold.name;
    EXPECT_TRUE(has_line(leg.answer(phone_local(), {pcmu, event8}, Direction::sendrecv), "a=sendrecv"));
  }
}

TEST(Hold, TheZeroAddressReachesThePlan) {
  auto leg = agreed_phone();
  ASSERT_TRUE(leg.on_offer(phone_sdp("m=audio 4000 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n")));
  leg.answer(phone_local(), {pcmu}, Direction::sendrecv);
  EXPECT_TRUE(plan_of(leg).audio.rtp.ip.is_unspecified());
}

TEST(Hold, TowardsABrowserKeepsOurSource) {
  auto leg = agreed_browser();
  const auto held = leg.offer(web_local(), {opus, pcmu, event48, event8}, Direction::recvonly);
  EXPECT_TRUE(has_line(held, "a=recvonly"));
  EXPECT_TRUE(has_line(held, "a=msid:gatewayCname audio"));
  EXPECT_TRUE(has_line(held, "a=ssrc:305419896 cname:gatewayCname"));
  ASSERT_TRUE(leg.on_answer(web_sdp("111", "a=sendonly\r\nm=video 0 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\n")));
  EXPECT_EQ(plan_of(leg).audio.peer_direction, Direction::sendonly);
}

TEST(Hold, ABrowsersZeroAddressIsNoHold) {
  OfferAnswer leg(Kind::web, 1);
  EXPECT_EQ(leg.on_offer(web_sdp())->direction, Direction::sendrecv);
}

TEST(Hold, TheOtherLegsHoldLimitsWhatThePeerMaySend) {
  OfferAnswer leg(Kind::phone, 1);
  leg.offer(phone_local(), {pcmu}, Direction::sendonly);
  const auto media = leg.on_answer(phone_sdp());  // RFC 3264 6.1 wants recvonly here, not every phone says it
  EXPECT_EQ(media->direction, Direction::sendrecv);
  EXPECT_EQ(plan_of(leg).audio.peer_direction, Direction::recvonly);
}

TEST(Refresh, AnUnchangedAnswerKeepsItsVersion) {
  auto leg = agreed_phone();
  const auto first = leg.local_description();
  ASSERT_TRUE(leg.on_offer(phone_sdp()));
  // RFC 3264 8: unchanged text, unchanged version.
  EXPECT_EQ(leg.answer(phone_local(), {pcmu, event8}, Direction::sendrecv), first);
}

TEST(Refresh, TowardsABrowserTheVersionRisesWithEveryExchange) {
  auto leg = agreed_browser();
  EXPECT_EQ(version_of(leg.local_description()), "1");
  ASSERT_TRUE(leg.on_offer(recorded("chromium-audio-video.sdp")));
  const auto second = leg.answer(web_local(), {opus, pcmu, event48, event8}, Direction::sendrecv);
  EXPECT_EQ(version_of(second), "2");
  EXPECT_EQ(leg.answer(web_local(), {opus, pcmu, event48, event8}, Direction::sendrecv), second);
}

TEST(IceRestart, IsSeenOnce) {
  auto leg = agreed_browser();
  const auto restart = replaced(recorded("chromium-audio-video.sdp"), "ice-ufrag:sA2+", "ice-ufrag:nEw+");
  ASSERT_TRUE(leg.on_offer(restart));
  EXPECT_TRUE(leg.restarts_ice());
  auto fresh = web_local();
  fresh.ice_ufrag = "gwU2";
  EXPECT_TRUE(has_line(leg.answer(fresh, {opus}, Direction::sendrecv), "a=ice-ufrag:gwU2"));
  EXPECT_EQ(plan_of(leg).web->ice_ufrag, "nEw+");
  ASSERT_TRUE(leg.on_offer(restart));
  EXPECT_FALSE(leg.restarts_ice());
}

TEST(Reoffer, OursKeepsLinesMidsNumbersAndExtension) {
  auto leg = agreed_browser();
  const auto offer = leg.offer(web_local(), {opus, pcmu, pcma, event48, event8}, Direction::sendrecv);
  EXPECT_EQ(version_of(offer), "2");
  EXPECT_TRUE(has_line(offer, "m=audio 10065 UDP/TLS/RTP/SAVPF 111 0 8 110 126")) << offer;
  EXPECT_TRUE(has_line(offer, "a=setup:actpass"));
  EXPECT_TRUE(has_line(offer, "a=mid:0"));
  EXPECT_TRUE(has_line(offer, "a=group:BUNDLE 0"));
  EXPECT_TRUE(has_line(offer, "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid"));
  EXPECT_TRUE(has_line(offer, "m=video 0 UDP/TLS/RTP/SAVPF 96"));
  EXPECT_TRUE(has_line(offer, "a=mid:1"));
  EXPECT_LT(offer.find("m=audio"), offer.find("m=video"));
}

TEST(Reoffer, NewCodecsAvoidNumbersThatAreTaken) {
  OfferAnswer leg(Kind::phone, 1);
  ASSERT_TRUE(
      leg.on_offer(phone_sdp("m=audio 4000 RTP/AVPF 0 101 111\r\na=rtpmap:101 speex/8000\r\n"
                             "a=rtpmap:111 iLBC/8000\r\n")));
  leg.answer(phone_local(), {pcmu}, Direction::sendrecv);
  const auto offer = leg.offer(phone_local(), {opus, pcmu, event8}, Direction::sendrecv);
  EXPECT_TRUE(has_line(offer, "m=audio 20000 RTP/AVPF 96 0 97")) << offer;
  ASSERT_TRUE(leg.on_answer(phone_sdp("m=audio 4000 RTP/AVPF 96 0\r\na=rtpmap:96 opus/48000/2\r\n")));
  // RFC 3264 8.3.2: bound once, bound for the session.
  EXPECT_TRUE(has_line(leg.offer(phone_local(), {event8, opus}, Direction::sendrecv),
                       "m=audio 20000 RTP/AVPF 97 96"));
}

TEST(Reoffer, ThePeerAddsAndDisablesLines) {
  auto leg = agreed_phone();
  ASSERT_TRUE(leg.on_offer(phone_sdp("m=audio 4000 RTP/AVP 0\r\nm=video 4002 RTP/AVP 34\r\n")));
  EXPECT_TRUE(has_line(leg.answer(phone_local(), {pcmu}, Direction::sendrecv), "m=video 0 RTP/AVP 34"));
  EXPECT_EQ(leg.on_offer(phone_sdp("m=audio 0 RTP/AVP 0\r\nm=video 4002 RTP/AVP 34\r\n")).error(),
            Errc::no_audio);
  EXPECT_FALSE(leg.offer_pending());
  EXPECT_EQ(plan_of(leg).audio.rtp.port, 4000);
}

TEST(Reoffer, TheDtlsRoleStaysWithItsAssociation) {
  OfferAnswer leg(Kind::web, 1);
  leg.offer(web_local(), {pcmu}, Direction::sendrecv);
  ASSERT_TRUE(leg.on_answer(web_sdp("0", "a=setup:passive\r\n")));
  ASSERT_TRUE(leg.on_offer(web_sdp("0", "a=setup:actpass\r\n")));
  EXPECT_TRUE(has_line(leg.answer(web_local(), {pcmu}, Direction::sendrecv), "a=setup:active"));
  EXPECT_EQ(plan_of(leg).web->our_role, leg::DtlsRole::active);
  ASSERT_TRUE(leg.on_offer(replaced(web_sdp("0", "a=setup:actpass\r\n"), "36:7E", "00:00")));
  EXPECT_TRUE(has_line(leg.answer(web_local(), {pcmu}, Direction::sendrecv), "a=setup:passive"));
}

TEST(Rollback, AWithdrawnOfferLeavesTheOldState) {
  auto leg = agreed_browser();
  const auto agreed = leg.local_description();
  const auto plan = plan_of(leg);
  const auto held = leg.offer(web_local(), {pcmu}, Direction::inactive);
  EXPECT_EQ(leg.local_description(), held);
  leg.withdraw_offer();
  EXPECT_FALSE(leg.offer_pending());
  EXPECT_EQ(leg.local_description(), agreed);
  EXPECT_EQ(plan_of(leg).audio.payloads, plan.audio.payloads);
  EXPECT_EQ(leg.on_answer(web_sdp("0")).error(), Errc::answer_mismatch);
}

TEST(Rollback, AVersionThePeerHasSeenIsNeverUsedForAnotherText) {
  auto leg = agreed_phone();
  const auto agreed = leg.local_description();
  EXPECT_EQ(version_of(leg.offer(phone_local(), {pcmu}, Direction::sendonly)), "2");
  leg.withdraw_offer();
  ASSERT_TRUE(leg.on_offer(phone_sdp()));
  const auto answer = leg.answer(phone_local(), {pcmu, event8}, Direction::sendrecv);
  EXPECT_EQ(version_of(answer), "3");
  EXPECT_EQ(replaced(answer, "o=- 1 3 ", "o=- 1 1 "), agreed);
}

TEST(Rollback, ARejectedOfferLeavesTheOldState) {
  auto leg = agreed_phone();
  ASSERT_TRUE(leg.on_offer(phone_sdp("m=audio 6000 RTP/AVP 8\r\na=inactive\r\n")));
  EXPECT_TRUE(leg.offer_pending());
  leg.reject_offer();
  EXPECT_FALSE(leg.offer_pending());
  EXPECT_EQ(plan_of(leg).audio.rtp.port, 4000);
  EXPECT_EQ(numbers(plan_of(leg).audio.payloads), (Names{"pcmu 0>0", "telephone-event 101>101"}));
}

TEST(Rollback, AfterGlareThePeersOfferIsAnswered) {
  auto leg = agreed_phone();
  leg.offer(phone_local(), {pcmu}, Direction::sendonly);
  leg.withdraw_offer();
  ASSERT_TRUE(leg.on_offer(phone_sdp("m=audio 4000 RTP/AVP 0\r\na=sendonly\r\n")));
  EXPECT_TRUE(has_line(leg.answer(phone_local(), {pcmu}, Direction::sendrecv), "a=recvonly"));
  EXPECT_EQ(plan_of(leg).audio.peer_direction, Direction::sendonly);
}

TEST(Rollback, WithdrawAndRejectTouchOnlyTheirOwnKind) {
  OfferAnswer leg(Kind::phone, 1);
  leg.withdraw_offer();
  leg.reject_offer();
  EXPECT_FALSE(leg.offer_pending());
  ASSERT_TRUE(leg.on_offer(phone_sdp()));
  leg.withdraw_offer();
  EXPECT_TRUE(leg.offer_pending());
  leg.reject_offer();
  EXPECT_FALSE(leg.offer_pending());
  EXPECT_TRUE(plan_of(leg).audio.payloads.empty());
  EXPECT_EQ(leg.answer(phone_local(), {pcmu}, Direction::sendrecv), "");
}

TEST(Rollback, ABadReofferChangesNothing) {
  auto leg = agreed_phone();
  EXPECT_EQ(leg.on_offer("v=0\r\n").error(), Errc::malformed);
  EXPECT_FALSE(leg.offer_pending());
  EXPECT_TRUE(leg.agreed());
}

}  // namespace
}  // namespace w2s::sdp::test
