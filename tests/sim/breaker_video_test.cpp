// Video beside audio through the breaker, and requests for key frames (RFC 5168, 4585, 5104).
#include "breaker_world.hpp"

namespace w2s::test {
namespace {

using leg::Direction;
using leg::Side;

const std::string fast_update =
    "<media_control><vc_primitive><to_encoder><picture_fast_update/></to_encoder></vc_primitive></media_control>";

class VideoCall : public CallFromBrowser {
 protected:
  using CallFromBrowser::CallFromBrowser;

  static std::string browser_video(int version = 2, const std::string& direction = "sendrecv") {
    const auto text = replaced(file("offers/chromium-audio-video.sdp"), "3287511044444122099 2", "3287511044444122099 " + std::to_string(version));
    const auto video = text.find("m=video");
    return text.substr(0, video) + replaced(text.substr(video), "a=sendrecv", "a=" + direction);
  }
  // As the phone with the audio of phone_sdp().
  static std::string phone_video(const std::string& feedback = "a=rtcp-fb:* nack pli\r\n", int version = 1,
                                 const std::string& port = "4002", const std::string& direction = "sendrecv") {
    return phone_sdp("0 101", "sendrecv", version) + "m=video " + port + " RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\na=" +
           direction + "\r\n" + feedback;
  }
  void connect(const std::string& sdp = phone_video()) { answer(sdp, browser_video()); }
  void modify(int cseq, const std::string& sdp) {
    world.receive(from_browser("INVITE", cseq, "m" + std::to_string(cseq), gateway_tag, sdp), flow);
  }
};

TEST_F(VideoCall, BothLegsHaveIt) {
  start(browser_video());
  invite = world.take_request("INVITE");
  EXPECT_THAT(invite.message.body(), HasSubstr("m=video 20002 RTP/AVP 96"));
  EXPECT_THAT(invite.message.body(), HasSubstr("a=rtpmap:96 VP8/90000"));
  EXPECT_THAT(invite.message.body(), HasSubstr("H264/90000"));
  EXPECT_THAT(invite.message.body(), Not(HasSubstr("rtx")));
  ASSERT_EQ(world.opened.size(), 2U);
  for (const auto& opened : world.opened) EXPECT_TRUE(opened.video);
  world.receive(reply(invite.message, 200, "phone", phone, phone_video()), world.server());
  const auto body = world.take_response(200, "INVITE").message.body();
  EXPECT_THAT(body, HasSubstr("m=video 10065 UDP/TLS/RTP/SAVPF 96\r\n"));
  EXPECT_THAT(body, HasSubstr("a=group:BUNDLE 0 1"));
  for (const auto side : {Side::a, Side::b}) {
    ASSERT_TRUE(plan(side).video) << leg::name(side);
    EXPECT_EQ(plan(side).video->payloads.front().codec.name, "vp8");
    EXPECT_EQ(plan(side).video->peer_direction, Direction::sendrecv);
  }
  EXPECT_EQ(plan(Side::b).video->rtp.to_string(), "198.51.100.20:4002");
}

TEST_F(VideoCall, APhoneOfAudioReservesNothingForIt) {
  answer();
  for (const auto& opened : world.opened) EXPECT_FALSE(opened.video);
  EXPECT_FALSE(plan(Side::a).video);
}

TEST_F(VideoCall, IsRefusedToTheBrowserWhereThePhoneRefusesItAndThatIsNoNewsLater) {
  connect(phone_sdp() + "m=video 0 RTP/AVP 96\r\n");
  EXPECT_THAT(answered.message.body(), HasSubstr("m=video 0 UDP/TLS/RTP/SAVPF 96\r\n"));
  EXPECT_FALSE(plan(Side::a).video);
  EXPECT_FALSE(plan(Side::b).video);
  world.sent.clear();
  const auto restart = replaced(replaced(browser_video(3), "ice-ufrag:sA2+", "ice-ufrag:nEw+"), "m=video 47027", "m=video 0");
  modify(2, restart);
  world.take_response(200, "INVITE");
  EXPECT_TRUE(world.nothing_but_trying()) << "the phone has nothing to learn: " << world.sent.front().message;
}

class AudioAlone : public VideoCall {
 protected:
  AudioAlone() : VideoCall(with_codecs()) {}
  static breaker::Options with_codecs() {
    breaker::Options options;
    options.codecs = {"opus", "pcmu"};
    return options;
  }
};
TEST_F(AudioAlone, ByConfigNobodyIsOfferedVideo) {
  start(browser_video());
  EXPECT_THAT(world.take_request("INVITE").message.body(), Not(HasSubstr("m=video")));
}

class MainProfileAlone : public VideoCall {
 protected:
  MainProfileAlone() : VideoCall(with_codecs()) {}
  static breaker::Options with_codecs() {
    breaker::Options options;
    options.codecs = {"pcmu", "h264-mp"};
    return options;
  }
};
TEST_F(MainProfileAlone, ByConfigProfilesAreToldApart) {
  start(browser_video());
  const auto body = world.take_request("INVITE").message.body();
  EXPECT_THAT(body, HasSubstr("profile-level-id=4d001f"));
  EXPECT_THAT(body, Not(HasSubstr("profile-level-id=42")));
  EXPECT_THAT(body, Not(HasSubstr("VP8")));
}

TEST_F(VideoCall, AHoldOfVideoAloneLeavesAudioAsItIs) {
  connect();
  modify(2, browser_video(3, "inactive"));
  const auto to_phone = world.take_request("INVITE");
  const auto body = to_phone.message.body();
  EXPECT_THAT(body.substr(0, body.find("m=video")), HasSubstr("a=sendrecv"));
  EXPECT_THAT(body.substr(body.find("m=video")), HasSubstr("a=inactive"));
  world.receive(reply(to_phone.message, 200, "phone", phone, phone_video("", 2, "4002", "inactive")), phone_source);
  world.take_request("ACK");
  EXPECT_THAT(world.take_response(200, "INVITE").message.body(), HasSubstr("m=video 10065"));
  EXPECT_EQ(plan(Side::b).audio.peer_direction, Direction::sendrecv);
  EXPECT_EQ(plan(Side::b).video->peer_direction, Direction::inactive);
}

TEST_F(VideoCall, IsTakenOutByTheBrowser) {
  connect();
  modify(2, replaced(browser_video(3), "m=video 47027", "m=video 0"));
  const auto to_phone = world.take_request("INVITE");
  EXPECT_THAT(to_phone.message.body(), HasSubstr("m=video 0 RTP/AVP"));
  world.receive(reply(to_phone.message, 200, "phone", phone, phone_video("", 2, "0")), phone_source);
  world.take_request("ACK");
  EXPECT_THAT(world.take_response(200, "INVITE").message.body(), HasSubstr("m=video 0 "));
  EXPECT_FALSE(plan(Side::a).video);
  EXPECT_FALSE(plan(Side::b).video);
}

// The port pair is reserved before the phone hears of video.
TEST_F(VideoCall, ComesIntoACallOfAudio) {
  answer();
  modify(2, browser_video(3));
  ASSERT_EQ(world.video_opened.size(), 1U) << "a browser's leg has a place for it";
  EXPECT_EQ(world.video_opened[0].side, Side::b);
  const auto to_phone = world.take_request("INVITE");
  EXPECT_THAT(to_phone.message.body(), HasSubstr("m=video 20002 RTP/AVP"));
  world.receive(reply(to_phone.message, 200, "phone", phone, phone_video("", 2)), phone_source);
  world.take_request("ACK");
  EXPECT_THAT(world.take_response(200, "INVITE").message.body(), HasSubstr("m=video 10065 UDP/TLS/RTP/SAVPF 96"));
  EXPECT_TRUE(plan(Side::a).video);
  EXPECT_TRUE(plan(Side::b).video);
}

TEST_F(VideoCall, ThatWasRefusedMayBeOfferedAgain) {
  connect(phone_sdp() + "m=video 0 RTP/AVP 96\r\n");
  modify(2, browser_video(3));
  const auto to_phone = world.take_request("INVITE");
  EXPECT_THAT(to_phone.message.body(), HasSubstr("m=video 20002 RTP/AVP"));
  world.receive(reply(to_phone.message, 200, "phone", phone, phone_video("", 2)), phone_source);
  world.take_request("ACK");
  EXPECT_THAT(world.take_response(200, "INVITE").message.body(), HasSubstr("m=video 10065 UDP/TLS/RTP/SAVPF 96"));
}

TEST_F(VideoCall, AnotherForkWithAnotherCodecOfVideoIsTold) {
  start(browser_video());
  invite = world.take_request("INVITE");
  world.receive(reply(invite.message, 183, "f1", phone, phone_video()), world.server());
  EXPECT_THAT(world.take_response(183, "INVITE").message.body(), HasSubstr("m=video 10065 UDP/TLS/RTP/SAVPF 96\r\n"));
  const auto number = [&] {  // of an H.264 that we offered
    const auto& body = invite.message.body();
    const auto at = body.find(" H264/90000");
    return body.substr(body.rfind(':', at) + 1, at - body.rfind(':', at) - 1);
  }();
  const auto h264 = phone_sdp() + "m=video 4002 RTP/AVP " + number + "\r\na=rtpmap:" + number + " H264/90000\r\n";
  world.receive(reply(invite.message, 200, "f2", phone, h264), world.server());
  gateway_tag = world.take_response(200, "INVITE").message.to()->tag();
  world.receive(from_browser("ACK", 1, "k1", gateway_tag), flow);
  world.take_request("ACK");
  const auto told = world.take_request("INVITE");
  EXPECT_EQ(told.target.flow, flow.flow);
  const auto video = told.message.body().substr(told.message.body().find("m=video"));
  EXPECT_THAT(video, HasSubstr("H264/90000"));
  EXPECT_THAT(video, Not(HasSubstr("VP8")));
}

TEST_F(VideoCall, ACodecThatTheBrowserDropsIsNewsForThePhone) {
  connect();
  modify(2, replaced(browser_video(3), "VP8/90000", "VP9/90000"));
  EXPECT_THAT(world.take_request("INVITE").message.body(), HasSubstr("H264/90000"));
}

TEST_F(VideoCall, OfAPhoneThatHasNoPortsHereIsNotOfferedToTheBrowser) {
  answer();
  world.has_video_ports = false;
  world.receive(from_phone("INVITE", 1, phone_video("", 2)), phone_source);
  const auto to_browser = world.take_request("INVITE");
  EXPECT_EQ(to_browser.target.flow, flow.flow);
  EXPECT_THAT(to_browser.message.body(), Not(HasSubstr("m=video")));
}

TEST_F(VideoCall, ThatFindsNoPortsIsRefusedAndTheCallGoesOn) {
  answer();
  world.has_video_ports = false;
  modify(2, browser_video(3));
  const auto to_phone = world.take_request("INVITE");
  EXPECT_THAT(to_phone.message.body(), Not(HasSubstr("m=video")));
  world.receive(reply(to_phone.message, 200, "phone", phone, phone_sdp("0 101", "sendrecv", 2)), phone_source);
  world.take_request("ACK");
  EXPECT_THAT(world.take_response(200, "INVITE").message.body(), HasSubstr("m=video 0 "));
  EXPECT_EQ(world.core.calls(), 1U);
}

TEST_F(VideoCall, ARequestForAKeyFrameByInfoBecomesRtcpWhereTheEncoderTakesIt) {
  connect();
  world.receive(from_browser("INFO", 2, "n2", gateway_tag, fast_update, "application/media_control+xml"), flow);
  world.take_response(200, "INFO");
  ASSERT_EQ(world.key_frames.size(), 1U);
  EXPECT_EQ(world.key_frames[0].side, Side::b);
  world.receive(from_phone("INFO", 1, fast_update, "application/media_control+xml"), phone_source);
  world.take_response(200, "INFO");
  ASSERT_EQ(world.key_frames.size(), 2U);
  EXPECT_EQ(world.key_frames[1].side, Side::a);
  EXPECT_TRUE(world.nothing_but_trying());
}

TEST_F(VideoCall, ARequestByInfoStaysInfoForAPhoneWithoutFeedbackButNotTooOften) {
  connect(phone_video(""));
  int cseq = 2;
  const auto ask = [&] {
    world.receive(from_browser("INFO", cseq, "n" + std::to_string(cseq), gateway_tag, fast_update, "application/media_control+xml"), flow);
    world.take_response(200, "INFO");
    ++cseq;
  };
  ask();
  const auto first = world.take_request("INFO");
  EXPECT_THAT(first.message.body(), HasSubstr("<picture_fast_update/>"));
  world.receive(reply(first.message, 200, ""), phone_source);
  world.advance(1s);
  ask();
  EXPECT_TRUE(world.nothing_but_trying()) << "the phone was asked a second ago";
  world.advance(1s);
  ask();
  world.take_request("INFO");
  EXPECT_TRUE(world.key_frames.empty());
}

TEST_F(VideoCall, ThatIsOverAsksForNothing) {
  connect(phone_video(""));
  world.receive(from_phone("BYE", 1), phone_source);
  world.take_response(200, "BYE");
  world.take_request("BYE");
  const leg::KeyFrameWanted wanted{world.opened[0].media, Side::b};
  world.act([&](auto& core) { core.on_media_event(world.now, wanted); });
  EXPECT_TRUE(world.nothing_but_trying());
}

TEST_F(VideoCall, ARequestByRtcpBecomesInfoForAPhoneWithoutFeedback) {
  connect(phone_video(""));
  const leg::KeyFrameWanted wanted{world.opened[0].media, Side::b};
  const auto want = [&] { world.act([&](auto& core) { core.on_media_event(world.now, wanted); }); };
  want();
  const auto info = world.take_request("INFO");
  EXPECT_EQ(info.message.get(HeaderId::content_type), "application/media_control+xml");
  EXPECT_THAT(info.message.body(), HasSubstr("picture_fast_update"));
  world.receive(reply(info.message, 200, ""), phone_source);
  want();
  EXPECT_TRUE(world.nothing_but_trying()) << "asked a moment ago";
  world.advance(2s);
  want();
  world.take_request("INFO");
}

TEST_F(VideoCall, NoInfoForAPhoneThatDoesNotAllowIt) {
  start(browser_video());
  invite = world.take_request("INVITE");
  auto refusing = reply(invite.message, 200, "phone", phone, phone_video(""));
  refusing.set(HeaderId::allow, "INVITE, ACK, BYE");
  world.receive(refusing, world.server());
  gateway_tag = world.take_response(200, "INVITE").message.to()->tag();
  world.receive(from_browser("ACK", 1, "k1", gateway_tag), flow);
  world.take_request("ACK");
  const leg::KeyFrameWanted wanted{world.opened[0].media, Side::b};
  world.act([&](auto& core) { core.on_media_event(world.now, wanted); });
  EXPECT_TRUE(world.nothing_but_trying());
}

TEST_F(CallToBrowser, WithVideo) {
  start(phone_sdp("0 8 101") + "m=video 4002 RTP/AVP 99\r\na=rtpmap:99 H264/90000\r\na=fmtp:99 profile-level-id=428014\r\n");
  const auto invite = world.take_request("INVITE");
  EXPECT_THAT(invite.message.body(), HasSubstr("a=group:BUNDLE 0 1"));
  EXPECT_THAT(invite.message.body(), HasSubstr("profile-level-id=42e014")) << "what browsers call it";
  for (const auto& opened : world.opened) EXPECT_TRUE(opened.video);
  auto answer = browser_answer("0 101");
  answer = replaced(answer, "a=group:BUNDLE 0", "a=group:BUNDLE 0 1") +
           "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\na=rtcp-mux\r\na=rtpmap:96 H264/90000\r\n"
           "a=fmtp:96 profile-level-id=42e01f\r\na=rtcp-fb:96 nack pli\r\n";
  world.receive(reply(invite.message, 200, "web", callee_contact, answer), flow);
  const auto body = world.take_response(200, "INVITE").message.body();
  EXPECT_THAT(body, HasSubstr("m=video 20002 RTP/AVP 99\r\n"));
  EXPECT_THAT(body, HasSubstr("a=fmtp:99 profile-level-id=42801f"));
}

}  // namespace
}  // namespace w2s::test
