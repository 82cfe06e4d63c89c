#include "sdp_fixture.hpp"

// A stream of video beside that of audio: one BUNDLE group with a browser, its own ports with a phone.
namespace w2s::sdp::test {
namespace {

const Codec vp8{"vp8", 90000, 1, "", 0, 0, leg::MediaType::video, ""};
const Codec h264{"h264", 90000, 1, "profile-level-id=42001f;packetization-mode=1", 0, 0, leg::MediaType::video, "bp/1"};
const leg::Directions both{Direction::sendrecv, Direction::sendrecv};

leg::LegOpened web_with_video() {
  auto local = web_local();
  local.video = local.audio;
  local.video->ssrc = 99;
  return local;
}

leg::LegOpened phone_with_video() {
  auto local = phone_local();
  local.video = {{local.audio.rtp.ip, 20002}, {local.audio.rtp.ip, 20003}, 99};
  return local;
}

std::string phone_video(const std::string& video = "m=video 4002 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n") {
  return phone_sdp("m=audio 4000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n" + video);
}

// The m-line of this type and all that belongs to it.
std::string section(const std::string& text, const std::string& type) {
  const auto begin = text.find("m=" + type);
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find("\r\nm=", begin) + 2 - begin);
}

TEST(WebVideo, TheAnswerToChromiumHasCandidatesInTheFirstMLineAlone) {
  OfferAnswer leg(Kind::web, 1);
  const auto offer = leg.on_offer(recorded("chromium-audio-video.sdp"));
  ASSERT_TRUE(offer);
  EXPECT_EQ(offer->direction, both);
  EXPECT_TRUE(has_video(offer->codecs));
  const auto answer = leg.answer(web_with_video(), {opus, event48, vp8}, both);
  EXPECT_TRUE(has_line(answer, "a=group:BUNDLE 0 1"));
  EXPECT_EQ(lines_of(section(answer, "video")), (Names{
                                                    "m=video 10065 UDP/TLS/RTP/SAVPF 96",
                                                    "a=rtpmap:96 VP8/90000",
                                                    "a=rtcp-fb:* nack pli",
                                                    "a=rtcp-fb:* ccm fir",
                                                    "a=sendrecv",
                                                    "a=ice-ufrag:gwUf",
                                                    "a=ice-pwd:gatewayPassword1234567",
                                                    "a=fingerprint:sha-256 AA:BB",
                                                    "a=setup:passive",
                                                    "a=mid:1",
                                                    "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid",
                                                    "a=msid:gatewayCname video",
                                                    "a=ssrc:99 cname:gatewayCname",
                                                    "a=rtcp-mux",
                                                }));
  EXPECT_TRUE(has_line(section(answer, "audio"), "a=end-of-candidates"));
  const auto plan = plan_of(leg);
  ASSERT_TRUE(plan.video);
  EXPECT_EQ(numbers(plan.video->payloads), Names{"vp8 96>96"});
  EXPECT_EQ(plan.video->mid, "1");
  EXPECT_EQ(plan.video->mid_extension, 4);
  EXPECT_EQ(plan.video->peer_direction, Direction::sendrecv);
  EXPECT_EQ(plan.video->key_frame_request, leg::KeyFrameRequest::pli);
  EXPECT_EQ(plan.audio.mid, "0");
}

TEST(WebVideo, TheFirstMLineMayBeThatOfVideo) {
  auto offer = web_sdp();
  offer = offer.substr(0, offer.find("m=audio")) + "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:v\r\n" +
          "a=rtpmap:96 VP8/90000\r\na=rtcp-mux\r\n" + offer.substr(offer.find("m=audio"));
  OfferAnswer leg(Kind::web, 1);
  ASSERT_TRUE(leg.on_offer(replaced(offer, "BUNDLE 0", "BUNDLE v 0")));
  const auto answer = leg.answer(web_with_video(), {opus, vp8}, both);
  EXPECT_TRUE(has_line(answer, "a=group:BUNDLE v 0"));
  EXPECT_TRUE(has_line(section(answer, "video"), "a=end-of-candidates"));
  EXPECT_FALSE(has_line(section(answer, "audio"), "a=end-of-candidates"));
}

TEST(WebVideo, IsRefusedWhereNothingCanComeOfIt) {
  const auto offer = recorded("firefox-audio-video.sdp");
  const auto refused = [&](const leg::LegOpened& local, const std::vector<Codec>& codecs, const std::string& sdp) {
    OfferAnswer leg(Kind::web, 1);
    EXPECT_TRUE(leg.on_offer(sdp));
    const auto answer = leg.answer(local, codecs, both);
    return section(answer, "video").rfind("m=video 0 ", 0) == 0 && !plan_of(leg).video;
  };
  EXPECT_FALSE(refused(web_with_video(), {opus, vp8}, offer));
  EXPECT_TRUE(refused(web_local(), {opus, vp8}, offer)) << "no place for it";
  EXPECT_TRUE(refused(web_with_video(), {opus}, offer)) << "the other leg has none";
  EXPECT_TRUE(refused(web_with_video(), {opus, vp8}, replaced(offer, "BUNDLE 0 1", "BUNDLE 0"))) << "a transport of its own";
  EXPECT_TRUE(refused(web_with_video(), {opus, vp8}, replaced(offer, "m=video 40587", "m=video 0"))) << "disabled";
}

TEST(WebVideo, OurOfferHasOneGroupAndNumbersThatMeanOneThing) {
  OfferAnswer leg(Kind::web, 1);
  const auto offer = leg.offer(web_with_video(), {opus, pcmu, event48, vp8, h264}, both);
  EXPECT_TRUE(has_line(offer, "a=group:BUNDLE 0 1"));
  const auto video = section(offer, "video");
  EXPECT_EQ(lines_of(video).front(), "m=video 10065 UDP/TLS/RTP/SAVPF 96 97");
  EXPECT_TRUE(has_line(video, "a=fmtp:97 profile-level-id=42e01f;packetization-mode=1")) << video;
  EXPECT_FALSE(has_line(video, "a=end-of-candidates"));
  const auto answer = web_sdp("111") + "m=video 9 UDP/TLS/RTP/SAVPF 97\r\na=mid:1\r\na=rtcp-mux\r\na=recvonly\r\n"
                      "a=rtpmap:97 H264/90000\r\na=fmtp:97 profile-level-id=42e015;packetization-mode=1\r\na=rtcp-fb:97 ccm fir\r\n";
  ASSERT_TRUE(leg.on_answer(replaced(answer, "BUNDLE 0", "BUNDLE 0 1")));
  const auto plan = plan_of(leg);
  ASSERT_TRUE(plan.video);
  EXPECT_EQ(numbers(plan.video->payloads), Names{"h264 97>97"});
  EXPECT_EQ(numbers(plan.video->tolerated), Names{"vp8 96>96"});
  EXPECT_EQ(plan.video->peer_direction, Direction::recvonly);
  EXPECT_EQ(plan.video->key_frame_request, leg::KeyFrameRequest::fir);
}

// sipML5 rewrites the profile of the first m-line alone.
TEST(WebVideo, TheProfilesOfAnAnswerMayDiffer) {
  OfferAnswer leg(Kind::web, 1);
  leg.offer(web_with_video(), {opus, vp8}, both);
  const auto answer = web_sdp("111") + "m=video 9 RTP/SAVPF 96\r\na=mid:1\r\na=rtcp-mux\r\na=rtpmap:96 VP8/90000\r\n";
  ASSERT_TRUE(leg.on_answer(replaced(answer, "BUNDLE 0", "BUNDLE 0 1")));
  EXPECT_TRUE(plan_of(leg).video);
  const auto held = leg.offer(web_with_video(), {opus, vp8}, {Direction::sendonly, Direction::sendonly});
  EXPECT_EQ(held.find("m=video"), held.rfind("m=video"));
}

// Port 0 would stop the browser's camera for good.
TEST(WebVideo, ThatThePhoneTakesOutIsInactiveForTheBrowser) {
  OfferAnswer leg(Kind::web, 1);
  ASSERT_TRUE(leg.on_offer(recorded("chromium-audio-video.sdp")));
  leg.answer(web_with_video(), {opus, vp8}, both);
  const auto video = section(leg.offer(web_with_video(), {opus}, Direction::sendrecv), "video");
  EXPECT_EQ(lines_of(video).front(), "m=video 10065 UDP/TLS/RTP/SAVPF 96");
  EXPECT_TRUE(has_line(video, "a=inactive"));
}

TEST(WebVideo, ANumberThatMeansTwoThingsRefusesVideoNotAudio) {
  OfferAnswer leg(Kind::web, 1);
  ASSERT_TRUE(leg.on_offer(replaced(web_sdp("111 0"), "BUNDLE 0", "BUNDLE 0 1") +
                           "m=video 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:1\r\na=rtcp-mux\r\na=rtpmap:111 VP8/90000\r\n"));
  EXPECT_EQ(lines_of(section(leg.answer(web_with_video(), {opus, vp8}, both), "video")).front(), "m=video 0 UDP/TLS/RTP/SAVPF 111");
  EXPECT_EQ(numbers(plan_of(leg).audio.payloads), Names{"opus 111>111"});
}

TEST(WebVideo, AnAnswerOutsideOfTheGroupHasNoVideo) {
  OfferAnswer leg(Kind::web, 1);
  leg.offer(web_with_video(), {opus, vp8}, both);
  const auto answer = leg.on_answer(web_sdp("111") + "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\na=rtpmap:96 VP8/90000\r\n");
  ASSERT_TRUE(answer);
  EXPECT_FALSE(has_video(answer->codecs));
  EXPECT_EQ(answer->direction.video, Direction::inactive);
  EXPECT_FALSE(plan_of(leg).video);
}

TEST(PhoneVideo, HasPortsOfItsOwn) {
  OfferAnswer leg(Kind::phone, 1);
  EXPECT_EQ(lines_of(section(leg.offer(phone_with_video(), {pcmu, vp8, h264}, both), "video")),
            (Names{"m=video 20002 RTP/AVP 96 97", "a=rtpmap:96 VP8/90000", "a=rtpmap:97 H264/90000",
                   "a=fmtp:97 profile-level-id=42001f;packetization-mode=1", "a=rtcp-fb:* nack pli",
                   "a=rtcp-fb:* ccm fir", "a=sendrecv"}));
  const auto answer = leg.on_answer(phone_video("m=video 4002 RTP/AVP 96\r\nc=IN IP4 203.0.113.8\r\na=rtpmap:96 VP8/90000\r\n"));
  ASSERT_TRUE(answer);
  const auto plan = plan_of(leg);
  ASSERT_TRUE(plan.video);
  EXPECT_EQ(plan.audio.rtp.to_string(), "203.0.113.9:4000");
  EXPECT_EQ(plan.video->rtp.to_string(), "203.0.113.8:4002");
  EXPECT_EQ(plan.video->rtcp.to_string(), "203.0.113.8:4003");
  EXPECT_EQ(plan.video->key_frame_request, leg::KeyFrameRequest::info) << "it knows no RTCP feedback";
}

TEST(PhoneVideo, NumbersMayMeanAnotherThingOnAnotherPort) {
  OfferAnswer leg(Kind::phone, 1);
  ASSERT_TRUE(leg.on_offer(phone_sdp("m=audio 4000 RTP/AVP 96\r\na=rtpmap:96 opus/48000/2\r\n"
                                     "m=video 4002 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n")));
  leg.answer(phone_with_video(), {opus, vp8}, both);
  EXPECT_EQ(numbers(plan_of(leg).audio.payloads), Names{"opus 96>96"});
  EXPECT_EQ(numbers(plan_of(leg).video->payloads), Names{"vp8 96>96"});
  const auto hold = leg.offer(phone_with_video(), {opus, vp8}, {Direction::sendonly, Direction::sendonly});
  EXPECT_TRUE(has_line(hold, "m=audio 20000 RTP/AVP 96")) << hold;
  EXPECT_TRUE(has_line(hold, "m=video 20002 RTP/AVP 96")) << "RFC 3264 8.3.2: the number stays";
}

TEST(PhoneVideo, OnlyOfferedFeedbackIsAnswered) {
  OfferAnswer leg(Kind::phone, 1);
  ASSERT_TRUE(leg.on_offer(phone_video("m=video 4002 RTP/AVPF 96\r\na=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 ccm fir\r\na=rtcp-fb:96 nack\r\n")));
  const auto video = section(leg.answer(phone_with_video(), {pcmu, vp8}, both), "video");
  EXPECT_TRUE(has_line(video, "a=rtcp-fb:* ccm fir"));
  EXPECT_FALSE(has_line(video, "a=rtcp-fb:* nack pli"));
  EXPECT_EQ(plan_of(leg).video->key_frame_request, leg::KeyFrameRequest::fir);
}

TEST(PhoneVideo, AProfileOfAnotherKindOfBaselineIsAnsweredAsOffered) {
  OfferAnswer leg(Kind::phone, 1);
  ASSERT_TRUE(leg.on_offer(phone_video("m=video 4002 RTP/AVP 99\r\na=rtpmap:99 H264/90000\r\na=fmtp:99 profile-level-id=428014\r\n")));
  auto theirs = h264;
  theirs.fmtp = "profile-level-id=42e01f";
  theirs.variant = "bp/0";
  EXPECT_TRUE(has_line(leg.answer(phone_with_video(), {pcmu, theirs}, both), "a=fmtp:99 profile-level-id=42801f"));
}

TEST(PhoneVideo, AnAnswerThatLeavesTheFmtpAwayMeansTheOneOffered) {
  OfferAnswer leg(Kind::phone, 1);
  leg.offer(phone_with_video(), {pcmu, h264}, both);
  ASSERT_TRUE(leg.on_answer(phone_video("m=video 4002 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n")));
  ASSERT_TRUE(plan_of(leg).video);
  EXPECT_EQ(plan_of(leg).video->payloads.front().codec.fmtp, h264.fmtp);
}

TEST(PhoneVideo, AnAnswerThatLeavesThePacketizationModeAwayMeansTheOneOffered) {
  auto mode_0 = h264;
  mode_0.fmtp = "profile-level-id=42001f";
  mode_0.variant = "bp/0";
  OfferAnswer leg(Kind::phone, 1);
  leg.offer(phone_with_video(), {pcmu, h264, mode_0}, both);
  ASSERT_TRUE(leg.on_answer(phone_video("m=video 4002 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 profile-level-id=42801f\r\n")));
  ASSERT_TRUE(plan_of(leg).video);
  EXPECT_EQ(numbers(plan_of(leg).video->payloads), Names{"h264 96>96"});
  EXPECT_EQ(plan_of(leg).video->payloads.front().codec.variant, "bp/1");
}

TEST(PhoneVideo, ANumberKeepsItsKindOfBaseline) {
  OfferAnswer leg(Kind::phone, 1);
  ASSERT_TRUE(leg.on_offer(phone_video("m=video 4002 RTP/AVP 99\r\na=rtpmap:99 H264/90000\r\na=fmtp:99 profile-level-id=428014;packetization-mode=1\r\n")));
  leg.answer(phone_with_video(), {pcmu, h264}, both);
  auto browsers = h264;
  browsers.fmtp = "profile-level-id=42e01f;packetization-mode=1";
  EXPECT_TRUE(has_line(leg.offer(phone_with_video(), {pcmu, browsers}, both), "a=fmtp:99 profile-level-id=42801f;packetization-mode=1"));
}

TEST(PhoneVideo, ARefusalIsNotFollowedByAnotherOfferUnlessItIsMeant) {
  OfferAnswer leg(Kind::phone, 1);
  leg.offer(phone_with_video(), {pcmu, vp8}, both);
  const auto answer = leg.on_answer(phone_video("m=video 0 RTP/AVP 96\r\n"));
  ASSERT_TRUE(answer);
  EXPECT_FALSE(has_video(answer->codecs));
  EXPECT_FALSE(plan_of(leg).video);
  EXPECT_TRUE(has_line(leg.refresh_offer(phone_with_video()), "m=video 0 RTP/AVP 0"));
  leg.withdraw_offer();
  EXPECT_TRUE(has_line(leg.offer(phone_with_video(), {pcmu, vp8}, both), "m=video 20002 RTP/AVP 96"));
}

TEST(Video, IsTakenOutAndBroughtBackOnItsOwnMLine) {
  OfferAnswer leg(Kind::phone, 1);
  ASSERT_TRUE(leg.on_offer(phone_video()));
  leg.answer(phone_with_video(), {pcmu, vp8}, both);
  const auto without = leg.offer(phone_with_video(), {pcmu}, Direction::sendrecv);
  EXPECT_TRUE(has_line(without, "m=video 0 RTP/AVP 96"));
  ASSERT_TRUE(leg.on_answer(phone_video("m=video 0 RTP/AVP 96\r\n")));
  EXPECT_FALSE(plan_of(leg).video);
  const auto again = leg.offer(phone_with_video(), {pcmu, vp8}, both);
  EXPECT_TRUE(has_line(again, "m=video 20002 RTP/AVP 96"));
  EXPECT_EQ(again.find("m=video"), again.rfind("m=video")) << "one m-line of video";
}

TEST(Video, IsAddedAsANewMLine) {
  OfferAnswer web(Kind::web, 1);
  ASSERT_TRUE(web.on_offer(recorded("chromium-audio.sdp")));
  web.answer(web_with_video(), {opus}, Direction::sendrecv);
  EXPECT_FALSE(plan_of(web).video);
  const auto offer = web.offer(web_with_video(), {opus, vp8}, both);
  EXPECT_TRUE(has_line(offer, "a=group:BUNDLE 0 1"));
  EXPECT_TRUE(has_line(section(offer, "video"), "a=mid:1"));
  EXPECT_TRUE(has_line(section(offer, "video"), "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid"));
}

TEST(Video, HasADirectionOfItsOwn) {
  OfferAnswer leg(Kind::phone, 1);
  const auto offer = leg.on_offer(phone_video("m=video 4002 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\na=recvonly\r\n"));
  ASSERT_TRUE(offer);
  EXPECT_EQ(offer->wish, leg::Directions(Direction::sendrecv, Direction::recvonly));
  const auto answer = leg.answer(phone_with_video(), {pcmu, vp8}, both);
  EXPECT_TRUE(has_line(section(answer, "video"), "a=sendonly"));
  EXPECT_TRUE(has_line(section(answer, "audio"), "a=sendrecv"));
  EXPECT_EQ(plan_of(leg).video->peer_direction, Direction::recvonly);
  EXPECT_EQ(plan_of(leg).audio.peer_direction, Direction::sendrecv);
}

TEST(Video, WithoutAudioIsNoCall) {
  OfferAnswer leg(Kind::phone, 1);
  EXPECT_EQ(leg.on_offer(phone_sdp("m=video 4002 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n")).error(), Errc::no_audio);
  EXPECT_TRUE(common({vp8}, {vp8}).empty());
}

TEST(Video, CodecsHaveTheNamesOfConfig) {
  EXPECT_EQ(list_names({opus, vp8, h264}), "opus, vp8, h264-bp");
  EXPECT_EQ(names(common({opus, vp8, h264}, {pcmu, opus, h264})), (Names{"opus/48000", "h264/90000"}));
}

}  // namespace
}  // namespace w2s::sdp::test
