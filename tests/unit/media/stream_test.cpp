#include "media/stream.hpp"

#include "feedback.hpp"
#include "leg_context_fixture.hpp"

namespace w2s::media {
namespace {

using leg::Direction;
using leg::KeyFrameRequest;
using leg::MediaType;
using leg::Side;
using Kind = Feedback::Kind;

struct RecordingTransport final : StreamTransport {
  bool open = true;
  int rtp = 0;
  std::vector<Bytes> rtcp;

  bool can_send(MediaType) const override { return open; }
  void send_rtp(MediaType, Packet&, bool) override { ++rtp; }
  void send_rtcp(MediaType, Packet& packet) override {
    rtcp.emplace_back(packet.bytes().begin(), packet.bytes().end());
  }
};

// The video of two legs, on virtual time: when and how is a peer asked for a key frame? That of leg b sends.
struct StreamTest : LegContextFixture {
  static constexpr std::uint32_t source = 0x0b0b;  // of peer b

  const std::string cname = "gateway";
  RecordingTransport to_a;
  RecordingTransport to_b;
  Stream a{context, {leg::MediaId{1}, Side::a}, MediaType::video, to_a, {0xa}, cname};
  Stream b{context, {leg::MediaId{1}, Side::b}, MediaType::video, to_b, {0xb}, cname};
  leg::StreamPlan plan_a = plan();
  leg::StreamPlan plan_b = plan();
  std::uint16_t sequence = 0;

  StreamTest() { plan_b.key_frame_request = KeyFrameRequest::pli; }

  static leg::StreamPlan plan() {
    leg::StreamPlan out;
    out.payloads = {{{"vp8", 90000, 1, "", 0, 0, MediaType::video}, 96, 96}};
    return out;
  }
  void connect() {
    a.apply(&plan_a);
    b.apply(&plan_b);
    a.connect(b);
    b.connect(a);
  }
  Relay::Outcome b_sends(std::uint32_t ssrc = source) {
    std::array<std::uint8_t, 200> buffer{};
    ++sequence;
    rtp::write_header(buffer, {true, {96}, {sequence}, 3000U * sequence, {ssrc}});
    Packet packet{buffer, 100};
    return b.on_rtp(now, *rtp::PacketView::parse(packet.bytes()), packet);
  }
  void hears(Stream& stream, const Feedback& feedback) {
    const auto compound = compound_with(feedback);
    stream.on_rtcp(now, *rtp::CompoundView::parse(compound));
  }
  void a_needs_key_frame() { hears(a, {Kind::pli, 0x0a0a, a.ssrc().value}); }
  // What peer b was asked since the last call.
  std::vector<Feedback> asked_of_b() {
    std::vector<Feedback> out;
    for (const auto& compound : std::exchange(to_b.rtcp, {}))
      if (const auto feedback = feedback_in(compound)) out.push_back(*feedback);
    return out;
  }
  std::vector<Feedback> one_pli() const { return {{Kind::pli, b.ssrc().value, source}}; }
};

TEST_F(StreamTest, ARequestOfOnePeerBecomesOneToTheOther) {
  connect();
  b_sends();
  a_needs_key_frame();
  EXPECT_EQ(asked_of_b(), one_pli());
  EXPECT_TRUE(to_a.rtcp.empty());
  EXPECT_TRUE(events.empty());
}

TEST_F(StreamTest, APeerIsAskedAtMostTwiceASecond) {
  connect();
  b_sends();
  for (int i = 0; i <= 9; ++i) {  // a browser repeats itself until it has what it needs
    a_needs_key_frame();
    EXPECT_EQ(asked_of_b().size(), i % 5 == 0 ? 1U : 0U) << i;
    now += 100ms;
    b_sends();
    EXPECT_TRUE(asked_of_b().empty()) << "nothing of it is left over for later";
  }
}

TEST_F(StreamTest, EachFullIntraRequestHasItsNumber) {
  plan_b.key_frame_request = KeyFrameRequest::fir;
  connect();
  b_sends();
  for (int i = 0; i < 300; ++i) {
    a_needs_key_frame();
    const auto asked = asked_of_b();
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0], (Feedback{Kind::fir, b.ssrc().value, source, static_cast<std::uint8_t>(i)}));
    now += 1s;
  }
}

TEST_F(StreamTest, APeerWithoutFeedbackIsAskedByInfo) {
  plan_b.key_frame_request = KeyFrameRequest::info;
  connect();
  b_sends();
  a_needs_key_frame();
  a_needs_key_frame();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(std::get<leg::KeyFrameWanted>(events[0]).side, Side::b);
  EXPECT_TRUE(asked_of_b().empty());
}

TEST_F(StreamTest, AFullIntraRequestIsUnderstoodToo) {
  connect();
  b_sends();
  hears(a, {Kind::fir, 0x0a0a, a.ssrc().value, 3});
  EXPECT_EQ(asked_of_b(), one_pli());
}

TEST_F(StreamTest, ARequestAboutSomethingElseIsIgnored) {
  connect();
  b_sends();
  for (const auto kind : {Kind::pli, Kind::fir})
    for (const std::uint32_t media : {source, b.ssrc().value, 0U}) hears(a, {kind, 0x0a0a, media});
  hears(b, {Kind::pli, source, a.ssrc().value});
  EXPECT_TRUE(asked_of_b().empty());
  EXPECT_TRUE(to_a.rtcp.empty());
}

TEST_F(StreamTest, AudioHasNoKeyFrames) {
  Stream audio_a{context, {leg::MediaId{1}, Side::a}, MediaType::audio, to_a, {0xaa}, cname};
  Stream audio_b{context, {leg::MediaId{1}, Side::b}, MediaType::audio, to_b, {0xbb}, cname};
  audio_a.apply(&plan_a);
  audio_b.apply(&plan_b);
  audio_b.miss();
  audio_a.connect(audio_b);
  audio_b.connect(audio_a);
  std::array<std::uint8_t, 200> buffer{};
  rtp::write_header(buffer, {true, {96}, {1}, 160, {source}});
  Packet packet{buffer, 100};
  ASSERT_EQ(audio_b.on_rtp(now, *rtp::PacketView::parse(packet.bytes()), packet), Relay::Outcome::send);
  hears(audio_a, {Kind::pli, 0x0a0a, 0xaa});
  EXPECT_TRUE(asked_of_b().empty());
}

TEST_F(StreamTest, WhoHasSentNothingYetIsAskedWithItsFirstPacket) {
  connect();
  a_needs_key_frame();
  EXPECT_TRUE(to_b.rtcp.empty()) << "its SSRC is not known";
  b_sends();
  EXPECT_EQ(asked_of_b(), one_pli());
  now += 1s;
  b_sends();
  EXPECT_TRUE(asked_of_b().empty()) << "once";
}

TEST_F(StreamTest, WhoMayNotSendIsAskedWhenItSendsAgain) {
  connect();
  b_sends();
  plan_b.peer_direction = Direction::recvonly;
  connect();
  a_needs_key_frame();
  EXPECT_TRUE(asked_of_b().empty());
  plan_b.peer_direction = Direction::sendrecv;
  connect();
  b_sends();
  EXPECT_EQ(asked_of_b(), one_pli());
}

TEST_F(StreamTest, WhatWasDroppedOnHoldIsAskedForAfterIt) {
  connect();
  b_sends();
  plan_a.peer_direction = Direction::inactive;
  connect();
  EXPECT_EQ(b_sends(), Relay::Outcome::held);
  EXPECT_TRUE(asked_of_b().empty()) << "of no use yet";
  plan_a.peer_direction = Direction::sendrecv;
  connect();
  EXPECT_EQ(b_sends(), Relay::Outcome::send);
  EXPECT_EQ(asked_of_b(), one_pli());
}

// An encoder may pause on hold and go on with differences to pictures that it never sent.
TEST_F(StreamTest, AfterAHoldAKeyFrameIsAskedForWhereNothingWasDroppedToo) {
  for (auto* held : {&plan_a, &plan_b}) {
    connect();
    b_sends();
    ASSERT_TRUE(asked_of_b().empty());
    held->peer_direction = Direction::sendonly;
    connect();
    held->peer_direction = Direction::sendrecv;
    connect();
    EXPECT_EQ(b_sends(), Relay::Outcome::send);
    EXPECT_EQ(asked_of_b(), one_pli());
    now += 1s;
  }
}

TEST_F(StreamTest, WhatCameBeforeTheOtherSideWasReadyIsAskedFor) {
  b.apply(&plan_b);
  EXPECT_EQ(b_sends(), Relay::Outcome::not_connected);
  to_a.open = false;
  connect();
  EXPECT_EQ(b_sends(), Relay::Outcome::not_connected);
  EXPECT_TRUE(asked_of_b().empty());
  to_a.open = true;
  b_sends();
  EXPECT_EQ(asked_of_b(), one_pli());
}

TEST_F(StreamTest, AnUndisturbedBeginningAsksForNothing) {
  connect();
  EXPECT_EQ(b_sends(), Relay::Outcome::send);
  EXPECT_EQ(to_a.rtp, 1);
  EXPECT_TRUE(asked_of_b().empty());
}

// Whoever drops video must not lose its wish to the limit: the peer that sees nothing may know no feedback.
TEST_F(StreamTest, AWishWithinTheLimitIsMadeGoodAfterIt) {
  connect();
  b_sends();
  a_needs_key_frame();
  EXPECT_EQ(asked_of_b().size(), 1U);
  b.miss();
  now += 499ms;
  b_sends();
  EXPECT_TRUE(asked_of_b().empty());
  now += 1ms;
  b_sends();
  EXPECT_EQ(asked_of_b(), one_pli());
}

TEST_F(StreamTest, ANewLegBeginsWithAKeyFrame) {
  connect();
  b_sends();
  b.disconnect();
  RecordingTransport to_c;
  Stream c{context, {leg::MediaId{1}, Side::a}, MediaType::video, to_c, {0xc}, cname};
  c.apply(&plan_a);
  c.connect(b);
  b.connect(c);
  b_sends();
  EXPECT_EQ(to_c.rtp, 1);
  EXPECT_EQ(asked_of_b(), one_pli());
}

TEST_F(StreamTest, WithoutAPlanForVideoNothingIsAskedOrReported) {
  connect();
  b_sends();
  b.apply(nullptr);
  a.connect(b);
  b.connect(a);
  b.request_key_frame(now);
  a_needs_key_frame();
  for (int i = 0; i < 20; ++i, now += 1s) b.on_time(now);
  EXPECT_TRUE(to_b.rtcp.empty());
  EXPECT_EQ(b_sends(), Relay::Outcome::not_connected);
  EXPECT_EQ(to_a.rtp, 1);
}

}  // namespace
}  // namespace w2s::media
