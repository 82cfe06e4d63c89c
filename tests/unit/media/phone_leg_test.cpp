#include "media/phone_leg.hpp"

#include "leg_context_fixture.hpp"
#include "media_browser.hpp"

namespace w2s::media {
namespace {

using leg::MediaType;

// How long a phone may be silent, on virtual time, and what its two port pairs have to do with each other.
struct PhoneLegTest : LegContextFixture {
  const Endpoint audio{loopback, 5000};
  const Endpoint video{loopback, 5002};
  PortPool pool{25000, 25999, 0, rng};
  PhoneLeg leg{context, {leg::MediaId{1}, leg::Side::b}, *pool.take(loopback)};
  leg::LegPlan plan;
  std::uint16_t sequence = 0;

  PhoneLegTest() {
    leg.add_video(*pool.take(loopback));
    options.media_timeout = 10s;
    plan.media = leg::MediaId{1};
    plan.side = leg::Side::b;
    plan.audio.payloads = {{{"pcmu", 8000, 1, ""}, 0, 0}};
    plan.audio.rtp = audio;
    plan.video.emplace();
    plan.video->payloads = {{{"vp8", 90000, 1, "", 0, 0, MediaType::video}, 96, 96}};
    plan.video->rtp = video;
    plan.video->rtcp = {loopback, 5003};
  }
  void send_rtp(MediaType type, const Endpoint& source) {
    ++sequence;
    const std::uint8_t number = type == MediaType::audio ? 0 : 96;
    auto bytes = test::rtp_packet({false, {number}, {sequence}, 160U * sequence, {7}}, Bytes(20));
    Packet packet{bytes, bytes.size()};
    leg.on_rtp_datagram(now, type, source, packet);
  }
  void pass(Duration time) {
    now += time;
    leg.on_time(now);
  }
  bool timed_out() const {
    for (const auto& event : events)
      if (std::holds_alternative<leg::LegFailed>(event)) return true;
    return false;
  }
};

TEST_F(PhoneLegTest, VideoIsASignOfLife) {
  leg.apply(now, plan);
  for (int i = 0; i < 5; ++i) {
    pass(8s);
    send_rtp(MediaType::video, video);
    pass(8s);
    leg.on_rtcp_datagram(now, MediaType::video, plan.video->rtcp, Bytes{0x80, 201, 0, 1, 0, 0, 0, 7});
  }
  EXPECT_FALSE(timed_out());
  pass(10s);
  EXPECT_TRUE(timed_out());
}

TEST_F(PhoneLegTest, AStrangersVideoIsNoSignOfLife) {
  leg.apply(now, plan);
  send_rtp(MediaType::video, video);
  pass(8s);
  send_rtp(MediaType::video, {loopback, 6000});
  send_rtp(MediaType::video, audio);  // the phone's own, but not where its video comes from
  pass(2s);
  EXPECT_TRUE(timed_out());
}

TEST_F(PhoneLegTest, ItIsConnectedOnceWhateverComesFirst) {
  leg.apply(now, plan);
  send_rtp(MediaType::video, video);
  send_rtp(MediaType::audio, audio);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_TRUE(std::holds_alternative<leg::LegConnected>(events[0]));
}

TEST_F(PhoneLegTest, WithoutVideoInItsPlanWhatComesThereIsDropped) {
  leg.apply(now, plan);
  send_rtp(MediaType::video, video);
  plan.video.reset();
  leg.apply(now, plan);
  const auto before = counters.dropped.load();
  pass(8s);
  send_rtp(MediaType::video, video);
  leg.on_rtcp_datagram(now, MediaType::video, video, Bytes{0x80, 201, 0, 1, 0, 0, 0, 7});
  EXPECT_EQ(counters.dropped.load(), before + 2);
  pass(2s);
  EXPECT_TRUE(timed_out());
}

TEST_F(PhoneLegTest, VideoThatComesBackMayComeFromElsewhere) {
  const auto taken_from = [&](std::uint16_t source) {
    for (int i = 0; i < 5; ++i) send_rtp(MediaType::video, {loopback, source});
    return log.count({"media.rtp_source_taken", "source=127.0.0.1:" + std::to_string(source)}) == 1;
  };
  leg.apply(now, plan);
  EXPECT_TRUE(taken_from(6000));  // behind NAT
  EXPECT_FALSE(taken_from(6001));
  auto without = plan;
  without.video.reset();
  leg.apply(now, without);
  EXPECT_FALSE(taken_from(6001));
  leg.apply(now, plan);
  EXPECT_TRUE(taken_from(6001)) << "its NAT has forgotten it meanwhile";
}

TEST_F(PhoneLegTest, TheLogTellsTheStreamsApart) {
  leg.apply(now, plan);
  send_rtp(MediaType::video, video);
  send_rtp(MediaType::video, video);
  send_rtp(MediaType::audio, audio);
  leg.log_summary();
  for (const auto* event :
       {"media.first_packet_received call=1 leg=b", "media.rtp_source_taken call=1 leg=b"})
    for (const auto* stream : {"media=audio", "media=video"})
      EXPECT_EQ(log.count({event, stream}), 1U) << event << " " << stream << "\n" << log.text();
  EXPECT_EQ(log.count({"media.closed call=1 leg=b received=1 ", "media=audio"}), 1U) << log.text();
  EXPECT_EQ(log.count({"media.closed call=1 leg=b received=2 ", "media=video"}), 1U) << log.text();
}

TEST_F(PhoneLegTest, VideoThatWasNeverPlannedHasNoLine) {
  plan.video.reset();
  leg.apply(now, plan);
  leg.log_summary();
  EXPECT_EQ(log.count({"media.closed"}), 1U);
  EXPECT_EQ(log.count({"media.closed", "media=audio"}), 1U);
}

}  // namespace
}  // namespace w2s::media
