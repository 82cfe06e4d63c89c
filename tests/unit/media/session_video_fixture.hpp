#pragma once
#include <map>

#include "feedback.hpp"
#include "session_fixture.hpp"

namespace w2s::media {

// What peers send and hear of video: a number, a clock and frames of their own.
struct VideoSource {
  std::uint32_t ssrc;
  std::uint8_t payload_type;
  std::uint16_t sequence = 500;
  std::uint32_t timestamp = 90000;

  // One packet; a frame's last one has the marker, and the next one another timestamp.
  Bytes next(ByteView payload, bool last_of_frame = true) {
    auto packet = test::rtp_packet({last_of_frame, {payload_type}, {++sequence}, timestamp, {ssrc}}, payload);
    if (last_of_frame) timestamp += 3000;
    return packet;
  }
};

// The video of a phone: ports and numbers of its own.
struct PhoneVideo {
  test::TestSocket rtp;
  test::TestSocket rtcp;
  leg::OpenedStream gateway;
  VideoSource source{0x71717171, 97};

  void send(ByteView payload, bool last_of_frame = true) {
    rtp.send_to(gateway.rtp, source.next(payload, last_of_frame));
  }
  std::optional<Bytes> receive(Duration timeout = test::MediaBrowser::patience) const {
    auto datagram = rtp.receive(timeout);
    if (!datagram) return std::nullopt;
    EXPECT_EQ(datagram->source, gateway.rtp);
    return std::move(datagram->bytes);
  }
  // The next feedback; reports on their own are passed over.
  std::optional<Feedback> receive_feedback(Duration timeout = test::MediaBrowser::patience) const {
    const auto deadline = Clock::now() + timeout;
    while (const auto datagram = rtcp.receive(deadline - Clock::now())) {
      EXPECT_EQ(datagram->source, gateway.rtcp);
      if (const auto feedback = feedback_in(datagram->bytes)) return feedback;
    }
    return std::nullopt;
  }
  void send_feedback(const Feedback& feedback) const { rtcp.send_to(gateway.rtcp, compound_with(feedback)); }
};

// A call of audio and video between a browser on side a and a phone on side b. The numbers of VP8: the
// browser's is 100, the phone sends with 97 and wants 98.
class VideoFixture : public CallFixture {
 protected:
  static inline const leg::Codec vp8{"vp8", 90000, 1, "", 0, 0, leg::MediaType::video};
  static inline const Bytes picture = Bytes(1100, 0x77);
  static constexpr std::uint8_t mid_extension = 4;
  static constexpr std::uint32_t browser_video_ssrc = 0xb1b1b1b1;

  void open_both() {
    start();
    web = open(leg::Side::a, leg::Kind::web);
    phone.gateway = open(phone_with_video(leg::Side::b));
    phone_video.gateway = phone.gateway.video.value();
    browser.meet(web);
    browser_plan = web_video_plan(leg::Side::a, browser);
    phone_plan_ = phone_video_plan(leg::Side::b, phone, phone_video);
  }
  static leg::OpenLeg phone_with_video(leg::Side side, leg::LegNumber number = leg::LegNumber::first) {
    return {id, side, leg::Kind::phone, loopback, number, true};
  }
  static leg::LegPlan web_video_plan(leg::Side side, const test::MediaBrowser& peer) {
    auto out = web_plan(side, peer);
    out.video.emplace();
    out.video->payloads = {{vp8, 100, 100}};
    out.video->key_frame_request = leg::KeyFrameRequest::pli;
    out.audio.mid = "0";
    out.video->mid = "1";
    out.audio.mid_extension = out.video->mid_extension = mid_extension;
    return out;
  }
  static leg::LegPlan phone_video_plan(leg::Side side, const TestPhone& audio, const PhoneVideo& video) {
    auto out = phone_plan(side, audio.rtp.local(), audio.rtcp.local());
    out.video.emplace();
    out.video->payloads = {{vp8, 97, 98}};
    out.video->rtp = video.rtp.local();
    out.video->rtcp = video.rtcp.local();
    out.video->key_frame_request = leg::KeyFrameRequest::pli;
    return out;
  }
  void connect() {
    open_both();
    begin();
  }
  // With plans that a test has changed.
  void begin() {
    apply_both();
    ASSERT_TRUE(browser.check(true));
    ASSERT_TRUE(browser.handshake());
    ASSERT_TRUE(wait_for_event<leg::LegConnected>());
  }
  void apply_both() {
    sessions->apply(browser_plan);
    sessions->apply(phone_plan_);
    settle();
  }

  void browser_sends_video(ByteView payload = picture, bool last_of_frame = true) {
    ASSERT_TRUE(browser.has_keys());
    browser.send_plain_rtp(browser_video.next(payload, last_of_frame));
  }
  // The browser's next packet of an SSRC; what comes of others meanwhile is kept for later.
  std::optional<Bytes> browser_hears(std::uint32_t ssrc, Duration timeout = test::MediaBrowser::patience) {
    auto& waiting = heard_[ssrc];
    const auto deadline = Clock::now() + timeout;
    while (waiting.empty()) {
      auto packet = browser.receive_rtp(deadline - Clock::now());
      if (!packet) return std::nullopt;
      heard_[rtp::PacketView::parse(*packet)->ssrc().value].push_back(std::move(*packet));
    }
    auto out = std::move(waiting.front());
    waiting.pop_front();
    return out;
  }
  std::optional<Bytes> browser_sees(Duration timeout = test::MediaBrowser::patience) {
    return browser_hears(web.video->ssrc, timeout);
  }
  std::optional<Feedback> browser_is_asked(Duration timeout = test::MediaBrowser::patience) {
    const auto deadline = Clock::now() + timeout;
    while (const auto compound = browser.receive_rtcp(deadline - Clock::now()))
      if (const auto feedback = feedback_in(*compound)) return feedback;
    return std::nullopt;
  }
  // Both directions of the video work.
  void expect_video() {
    browser_sends_video();
    const auto at_phone = phone_video.receive();
    ASSERT_TRUE(at_phone);
    EXPECT_EQ(rtp::PacketView::parse(*at_phone)->ssrc().value, phone_video.gateway.ssrc);
    phone_video.send(picture);
    EXPECT_TRUE(browser_sees());
  }
  void expect_audio() {
    browser_sends(tone);
    EXPECT_TRUE(phone.receive());
    phone.send(tone);
    EXPECT_TRUE(browser_hears(web.audio.ssrc));
  }

  PhoneVideo phone_video;
  VideoSource browser_video{browser_video_ssrc, 100};

 private:
  std::map<std::uint32_t, std::deque<Bytes>> heard_;
};

}  // namespace w2s::media
