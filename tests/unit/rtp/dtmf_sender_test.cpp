#include "w2s/rtp/dtmf_sender.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace w2s::rtp {
namespace {

struct Sent {
  Duration at;
  DtmfSender::Packet packet;
};

// Runs the sender on its own times until it is done; the stream's timestamp is 1000 at the start.
std::vector<Sent> run(DtmfSender& sender, Time start, std::uint32_t clock_rate) {
  std::vector<Sent> sent;
  while (const auto time = sender.next_time()) {
    const auto elapsed = *time - start;
    const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(elapsed).count();
    const auto timestamp = static_cast<std::uint32_t>(1000 + milliseconds * clock_rate / 1000);
    EXPECT_FALSE(sender.on_time(*time - 1ms, {timestamp, clock_rate})) << "early";
    std::size_t packets = 0;
    while (const auto packet = sender.on_time(*time, {timestamp, clock_rate})) {
      ++packets;
      sent.push_back({elapsed, *packet});
    }
    EXPECT_NE(packets, 0U) << "late";
    if (packets == 0 || sent.size() > 1000) break;
  }
  return sent;
}

TEST(Dtmf, AnEventOf100Milliseconds) {
  const Time start{1000s};
  DtmfSender sender(8000);
  EXPECT_FALSE(sender.active());
  ASSERT_TRUE(sender.press(start, '#', 100ms));
  EXPECT_TRUE(sender.active());
  const auto sent = run(sender, start, 8000);
  EXPECT_FALSE(sender.active());

  const std::vector<int> durations{160, 320, 480, 640, 800, 800, 800};
  ASSERT_EQ(sent.size(), durations.size());
  for (std::size_t n = 0; n < sent.size(); ++n) {
    const auto& packet = sent[n].packet;
    EXPECT_EQ(sent[n].at, 20ms * n);
    EXPECT_EQ(packet.marker, n == 0);
    EXPECT_EQ(packet.timestamp, 1000U) << "constant over the event";
    EXPECT_EQ(packet.event, (TelephoneEvent{11, n >= 4, 10, static_cast<std::uint16_t>(durations[n])}));
  }
}

TEST(Dtmf, ShortPressesLast40Milliseconds) {
  const Time start{1000s};
  for (const Duration duration : {0ms, 10ms, 40ms}) {
    DtmfSender sender(48000);
    ASSERT_TRUE(sender.press(start, '1', duration));
    const auto sent = run(sender, start, 48000);
    ASSERT_EQ(sent.size(), 4U);
    EXPECT_EQ(sent.back().packet.event.duration, 1920);
  }
}

TEST(Dtmf, APressThatOutgrowsTheFieldGoesOnInSegments) {
  const Time start{1000s};
  DtmfSender sender(48000);
  ASSERT_TRUE(sender.press(start, '1', 3s));  // 144000 units
  const auto sent = run(sender, start, 48000);
  std::uint32_t total = 0;
  std::uint32_t segment = 1000;
  for (std::size_t n = 0; n < sent.size(); ++n) {
    const auto& packet = sent[n].packet;
    EXPECT_EQ(packet.marker, n == 0) << "RFC 4733 2.5.1.3: a further segment has no marker";
    if (packet.timestamp != segment) {
      EXPECT_EQ(sent[n - 1].packet.event.duration, 0xffff);
      EXPECT_FALSE(sent[n - 1].packet.event.end);
      EXPECT_EQ(packet.timestamp, segment + 0xffff);
      segment = packet.timestamp;
      total += 0xffff;
    }
  }
  EXPECT_TRUE(sent.back().packet.event.end);
  EXPECT_EQ(total + sent.back().packet.event.duration, 144000U);
}

// A key of another stream that is held down for 100 ms, told of every 20 ms.
KeyPress held(std::uint32_t number, Duration duration, bool ended = false) {
  return {number, 5, 7, duration, ended};
}

TEST(Dtmf, AKeyHeldDownElsewhereIsFollowedUntilItsEnd) {
  const Time start{1000s};
  DtmfSender sender(48000);
  std::vector<DtmfSender::Packet> sent;
  for (int n = 0; n <= 10; ++n) {
    const Time now = start + 20ms * n;
    if (n < 5) {
      ASSERT_TRUE(sender.follow(now, held(1, 20ms * (n + 1), n == 4)));
    }
    while (const auto packet = sender.on_time(now, {1000U + 960U * static_cast<unsigned>(n), 48000}))
      sent.push_back(*packet);
  }
  EXPECT_FALSE(sender.active());
  const std::vector<std::uint16_t> durations{960, 1920, 2880, 3840, 4800, 4800, 4800};
  ASSERT_EQ(sent.size(), durations.size());
  for (std::size_t n = 0; n < sent.size(); ++n) {
    EXPECT_EQ(sent[n].marker, n == 0);
    EXPECT_EQ(sent[n].timestamp, 1000U);
    EXPECT_EQ(sent[n].event, (TelephoneEvent{5, n >= 4, 7, durations[n]}));
  }
}

TEST(Dtmf, WhatIsNotHeardOfAHeldKeyIsNotMadeUp) {
  const Time start{1000s};
  DtmfSender sender(8000);
  ASSERT_TRUE(sender.follow(start, held(1, 60ms)));
  std::vector<std::uint16_t> durations;
  for (int n = 0; n < 6; ++n)
    durations.push_back(sender.on_time(start + 20ms * n, {0, 8000}).value().event.duration);
  EXPECT_EQ(durations, (std::vector<std::uint16_t>{160, 320, 480, 480, 480, 480}))
      << "repeated, not prolonged";
}

TEST(Dtmf, KeysOfBothOriginsWaitForEachOther) {
  const Time start{1000s};
  DtmfSender sender(8000);
  ASSERT_TRUE(sender.press(start, '1', 100ms));
  ASSERT_TRUE(sender.follow(start + 20ms, held(1, 20ms)));
  ASSERT_TRUE(sender.press(start + 30ms, '2', 40ms));
  ASSERT_TRUE(sender.follow(start + 60ms, held(1, 60ms, true)));
  const auto sent = run(sender, start, 8000);
  std::vector<std::pair<int, int>> ends;  // event and duration
  for (const auto& [at, packet] : sent)
    if (packet.event.end) ends.emplace_back(packet.event.event, packet.event.duration);
  EXPECT_EQ(ends,
            (std::vector<std::pair<int, int>>{
                {1, 800}, {1, 800}, {1, 800}, {5, 480}, {5, 480}, {5, 480}, {2, 320}, {2, 320}, {2, 320}}));
}

TEST(Dtmf, AnotherClockTakesOverInMidPress) {
  const Time start{1000s};
  DtmfSender sender(8000);
  ASSERT_TRUE(sender.press(start, '1', 100ms));
  EXPECT_EQ(sender.on_time(start, {0, 8000}).value().event.duration, 160);
  sender.set_clock_rate(48000);
  EXPECT_EQ(sender.on_time(start + 20ms, {0, 48000}).value().event.duration, 1920);
}

TEST(Dtmf, PressesFollowEachOtherWithAPause) {
  const Time start{1000s};
  DtmfSender sender(8000);
  ASSERT_TRUE(sender.press(start, '1', 40ms));
  ASSERT_TRUE(sender.press(start, '1', 40ms));
  const auto sent = run(sender, start, 8000);
  ASSERT_EQ(sent.size(), 8U);
  EXPECT_EQ(sent[4].at, 120ms);
  EXPECT_TRUE(sent[4].packet.marker);
  EXPECT_GE(sent[4].packet.timestamp, 1000U + 320 + 320) << "40 ms after the end of the first";
}

TEST(Dtmf, APressRightAfterTheLastOneWaitsForItsPause) {
  const Time start{1000s};
  DtmfSender sender(8000);
  ASSERT_TRUE(sender.press(start, '1', 40ms));
  run(sender, start, 8000);
  ASSERT_TRUE(sender.press(start + 61ms, '2', 40ms));
  EXPECT_EQ(sender.next_time(), start + 120ms);
  run(sender, start, 8000);
  ASSERT_TRUE(sender.press(start + 10s, '3', 40ms));
  EXPECT_EQ(sender.next_time(), start + 10s);
}

TEST(Dtmf, RefusesWhatIsNoDigitAndTooMany) {
  DtmfSender sender(8000);
  EXPECT_FALSE(sender.press(Time{1s}, 'x', 100ms));
  EXPECT_FALSE(sender.next_time());
  int taken = 0;
  while (taken < 1000 && sender.press(Time{1s}, '5', 100ms)) ++taken;
  EXPECT_EQ(taken, 32);
}

}  // namespace
}  // namespace w2s::rtp
