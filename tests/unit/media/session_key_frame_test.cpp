#include "session_video_fixture.hpp"

// Key frames that one peer needs and the other has to make; when a peer is asked at all, stream_test.cpp
// tells.
namespace w2s::media {
namespace {

using leg::Direction;
using leg::KeyFrameRequest;
using leg::Kind;
using leg::Side;
using test::MediaBrowser;
using FeedbackKind = Feedback::Kind;

class KeyFrameFixture : public VideoFixture {
 protected:
  void browser_needs_key_frame() {
    browser.send_rtcp(compound_with({FeedbackKind::pli, browser_video_ssrc, web.video->ssrc}));
  }
  Feedback of_phone(FeedbackKind kind) const {
    return {kind, phone_video.gateway.ssrc, phone_video.source.ssrc};
  }
  Feedback of_browser() const { return {FeedbackKind::pli, web.video->ssrc, browser_video_ssrc}; }
};

TEST_F(KeyFrameFixture, ABrowsersPliIsOneToAPhoneThatKnowsIt) {
  connect();
  expect_video();
  browser_needs_key_frame();
  EXPECT_EQ(phone_video.receive_feedback(), of_phone(FeedbackKind::pli));
  EXPECT_FALSE(browser_is_asked(1ms));
}

TEST_F(KeyFrameFixture, ABrowsersPliIsAFullIntraRequestToAnother) {
  open_both();
  phone_plan_.video->key_frame_request = KeyFrameRequest::fir;
  begin();
  expect_video();
  browser_needs_key_frame();
  EXPECT_EQ(phone_video.receive_feedback(), of_phone(FeedbackKind::fir));
}

TEST_F(KeyFrameFixture, ABrowsersPliIsAnEventForAPhoneWithoutFeedback) {
  open_both();
  phone_plan_.video->key_frame_request = KeyFrameRequest::info;
  begin();
  expect_video();
  browser_needs_key_frame();
  const auto wanted = wait_for_event<leg::KeyFrameWanted>();
  ASSERT_TRUE(wanted);
  EXPECT_EQ(wanted->media, id);
  EXPECT_EQ(wanted->side, Side::b) << "whose peer makes the video";
  EXPECT_FALSE(phone_video.receive_feedback(1ms));
}

TEST_F(KeyFrameFixture, APhonesRequestsBecomeAPliToTheBrowser) {
  for (const auto kind : {FeedbackKind::pli, FeedbackKind::fir}) {
    connect();
    expect_video();
    phone_video.send_feedback({kind, phone_video.source.ssrc, phone_video.gateway.ssrc, 1});
    EXPECT_EQ(browser_is_asked(), of_browser());
    sessions.reset();
    browser = MediaBrowser();
  }
}

TEST_F(KeyFrameFixture, APliOfAnotherSsrcIsIgnored) {
  connect();
  expect_video();
  for (const auto media : {web.audio.ssrc, phone_video.gateway.ssrc, browser_video_ssrc, 0U})
    browser.send_rtcp(compound_with({FeedbackKind::pli, browser_video_ssrc, media}));
  EXPECT_FALSE(phone_video.receive_feedback(MediaBrowser::silence));
  browser_needs_key_frame();
  EXPECT_TRUE(phone_video.receive_feedback());
}

TEST_F(KeyFrameFixture, AStrangersRequestIsIgnored) {
  connect();
  expect_video();
  const test::TestSocket stranger{{*IpAddress::parse("127.0.0.9"), 0}};
  stranger.send_to(phone_video.gateway.rtcp,
                   compound_with({FeedbackKind::pli, phone_video.source.ssrc, phone_video.gateway.ssrc}));
  EXPECT_FALSE(browser_is_asked(MediaBrowser::silence));
}

TEST_F(KeyFrameFixture, AKeyFrameOfSipInfoIsAskedForByRtcp) {
  connect();
  expect_video();
  sessions->request_key_frame({id, Side::a});
  EXPECT_EQ(browser_is_asked(), of_browser());
  sessions->request_key_frame({id, Side::b});
  EXPECT_EQ(phone_video.receive_feedback(), of_phone(FeedbackKind::pli));
  sessions->request_key_frame({leg::MediaId{99}, Side::b});
  settle();
}

TEST_F(KeyFrameFixture, WhatAHoldSwallowedIsAskedForAfterIt) {
  connect();
  expect_video();
  phone_plan_.video->peer_direction = Direction::sendonly;
  apply_both();
  browser_sends_video();
  EXPECT_FALSE(browser_is_asked(MediaBrowser::silence));
  phone_plan_.video->peer_direction = Direction::sendrecv;
  apply_both();
  browser_sends_video();
  EXPECT_TRUE(phone_video.receive());
  EXPECT_EQ(browser_is_asked(), of_browser());
}

TEST_F(KeyFrameFixture, WhatCameBeforeThePlanIsAskedForAfterIt) {
  open_both();
  phone_video.send(picture);
  begin();
  phone_video.send(picture);
  EXPECT_TRUE(browser_sees());
  EXPECT_EQ(phone_video.receive_feedback(), of_phone(FeedbackKind::pli));
}

TEST_F(KeyFrameFixture, ACallWhoseVideoBeginsUndisturbedAsksForNothing) {
  connect();
  expect_video();
  EXPECT_FALSE(phone_video.receive_feedback(MediaBrowser::silence));
  EXPECT_FALSE(browser_is_asked(1ms));
}

// A phone behind NAT: its first packets, which had its first key frame, proved only who it is.
TEST_F(KeyFrameFixture, WhatProvedASourceIsAskedForAgain) {
  connect();
  const test::TestSocket behind_nat;
  const test::TestSocket its_rtcp{{loopback, static_cast<std::uint16_t>(behind_nat.local().port + 1)}};
  for (int i = 0; i < 6; ++i) behind_nat.send_to(phone_video.gateway.rtp, phone_video.source.next(picture));
  EXPECT_TRUE(browser_sees());
  const auto asked = its_rtcp.receive(MediaBrowser::patience);
  ASSERT_TRUE(asked);
  EXPECT_EQ(feedback_in(asked->bytes), of_phone(FeedbackKind::pli));
}

TEST_F(KeyFrameFixture, WhoTakesALegsPlaceBeginsWithAKeyFrame) {
  static constexpr leg::LegNumber second{2};
  connect();
  expect_video();
  browser_sends_video();
  ASSERT_TRUE(phone_video.receive());
  TestPhone third;
  PhoneVideo third_video;
  third.gateway = open(phone_with_video(Side::b, second));
  third_video.gateway = third.gateway.video.value();
  phone_video.send(picture);
  const auto before = browser_sees();
  ASSERT_TRUE(before);

  sessions->replace({id, Side::b, second});
  sessions->apply(phone_video_plan(Side::b, third, third_video));
  settle();
  browser_sends_video();
  const auto seen = third_video.receive();
  ASSERT_TRUE(seen);
  EXPECT_EQ(rtp::PacketView::parse(*seen)->ssrc().value, third_video.gateway.ssrc);
  EXPECT_EQ(browser_is_asked(), of_browser());
  EXPECT_FALSE(phone_video.receive(1ms));

  third_video.send(picture);
  const auto after = browser_sees();
  ASSERT_TRUE(after);
  const auto last = *rtp::PacketView::parse(*before);
  const auto next = *rtp::PacketView::parse(*after);
  EXPECT_EQ(next.ssrc(), last.ssrc());
  EXPECT_EQ(next.sequence().since(last.sequence()), 1);
  phone_video.send(picture);
  EXPECT_FALSE(browser_sees(MediaBrowser::silence));
}

}  // namespace
}  // namespace w2s::media
