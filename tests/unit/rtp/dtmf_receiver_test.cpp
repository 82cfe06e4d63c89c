#include "w2s/rtp/dtmf_receiver.hpp"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

namespace w2s::rtp {
namespace {

// A peer's telephone-event packets, 20 ms apart, and what becomes of them.
struct DtmfReceiverTest : testing::Test {
  DtmfReceiver receiver;
  Time now{1h};
  std::uint16_t sequence = 0;
  std::uint32_t clock_rate = 8000;
  std::uint32_t ssrc = 1;
  std::vector<KeyPress> news;

  void packet(std::uint32_t timestamp, std::initializer_list<TelephoneEvent> events, bool marker = false) {
    Bytes bytes(header_size);
    write_header(bytes, {marker, {101}, {++sequence}, timestamp, {ssrc}});
    for (const auto& event : events) {
      const auto payload = serialize(event);
      bytes.insert(bytes.end(), payload.begin(), payload.end());
    }
    const auto told = receiver.on_packet(now, *PacketView::parse(bytes), clock_rate);
    news.insert(news.end(), told.begin(), told.end());
    now += 20ms;
  }
  void wait(Duration time) {
    now += time;
    if (const auto press = receiver.on_time(now)) news.push_back(*press);
  }
  // Of each press the last that was told.
  std::vector<KeyPress> presses() const {
    std::vector<KeyPress> out;
    for (const auto& press : news) {
      const auto known = std::ranges::find(out, press.number, &KeyPress::number);
      if (known == out.end())
        out.push_back(press);
      else
        *known = press;
    }
    return out;
  }
};

TEST_F(DtmfReceiverTest, APressIsToldAsItGrowsAndItsEndOnce) {
  packet(1000, {{5, false, 7, 160}}, true);
  packet(1000, {{5, false, 7, 320}});
  for (int i = 0; i < 3; ++i) packet(1000, {{5, true, 7, 480}});
  EXPECT_EQ(news,
            (std::vector<KeyPress>{{1, 5, 7, 20ms, false}, {1, 5, 7, 40ms, false}, {1, 5, 7, 60ms, true}}));
}

TEST_F(DtmfReceiverTest, TheMarkerAndTheStartAreNotNeeded) {
  packet(1000, {{5, false, 10, 480}});
  packet(1000, {{5, true, 10, 640}});
  EXPECT_EQ(presses(), (std::vector<KeyPress>{{1, 5, 10, 80ms, true}}));
  packet(5000, {{6, true, 10, 800}});  // all but one end packet lost
  EXPECT_EQ(presses().back(), (KeyPress{2, 6, 10, 100ms, true}));
}

TEST_F(DtmfReceiverTest, ALostEndIsConcludedFromSilence) {
  packet(1000, {{5, false, 10, 160}});
  wait(100ms);
  EXPECT_FALSE(presses().back().ended);
  wait(80ms);
  EXPECT_EQ(presses().back(), (KeyPress{1, 5, 10, 20ms, true}));
  wait(10s);
  EXPECT_EQ(news.size(), 2U) << "once";
  packet(1000, {{5, true, 10, 160}});
  EXPECT_EQ(presses().size(), 1U) << "late, but it was that press";
}

TEST_F(DtmfReceiverTest, AKeyOfAPeerThatIsGoneIsLetGo) {
  EXPECT_FALSE(receiver.release());
  packet(1000, {{5, false, 10, 480}});
  EXPECT_EQ(receiver.release(), (KeyPress{1, 5, 10, 60ms, true}));
  EXPECT_FALSE(receiver.release());
}

TEST_F(DtmfReceiverTest, TheNextPressEndsOneWhoseEndWasLost) {
  packet(1000, {{5, false, 10, 160}});
  packet(1800, {{5, false, 10, 160}}, true);
  EXPECT_EQ(presses(), (std::vector<KeyPress>{{1, 5, 10, 20ms, true}, {2, 5, 10, 20ms, false}}));
}

TEST_F(DtmfReceiverTest, LateAndRepeatedPacketsTellNothingNew) {
  packet(1000, {{5, true, 10, 480}});
  packet(2000, {{6, true, 10, 480}});
  const auto told = news.size();
  packet(1000, {{5, true, 10, 480}});
  packet(2000, {{6, true, 10, 480}});
  packet(2000, {{6, false, 10, 160}});
  EXPECT_EQ(news.size(), told);
}

TEST_F(DtmfReceiverTest, SegmentsAreOnePress) {
  packet(1000, {{5, false, 10, 0xffff}}, true);
  packet(1000 + 0xffff, {{5, false, 10, 160}});
  packet(1000 + 0xffff, {{5, true, 10, 320}});
  ASSERT_EQ(presses().size(), 1U);
  const auto total = presses().front().duration;
  EXPECT_GE(total, 8231ms);  // 65535 + 320 units
  EXPECT_LT(total, 8232ms);
}

TEST_F(DtmfReceiverTest, SeveralEventsInOnePacketFollowEachOther) {
  packet(1000, {{1, true, 10, 400}, {1, true, 10, 480}, {3, false, 10, 80}}, true);
  packet(1880, {{3, true, 10, 400}});
  EXPECT_EQ(presses(),
            (std::vector<KeyPress>{{1, 1, 10, 50ms, true}, {2, 1, 10, 60ms, true}, {3, 3, 10, 50ms, true}}));
}

TEST_F(DtmfReceiverTest, ATimestampThatRunsWithTheKeyIsStillOnePress) {
  for (std::uint32_t n = 0; n < 5; ++n)
    packet(1000 + 160 * n, {{5, false, 10, static_cast<std::uint16_t>(160 * (n + 1))}}, n == 0);
  packet(1000 + 160 * 5, {{5, true, 10, 960}});
  EXPECT_EQ(presses(), (std::vector<KeyPress>{{1, 5, 10, 120ms, true}}));
}

TEST_F(DtmfReceiverTest, ClockAndSourceMayChange) {
  packet(1000, {{5, false, 10, 160}}, true);
  clock_rate = 48000;
  packet(1000, {{5, true, 10, 4800}});
  EXPECT_EQ(presses(), (std::vector<KeyPress>{{1, 5, 10, 100ms, true}}));
  ssrc = 2;
  packet(7, {{5, true, 10, 4800}});
  EXPECT_EQ(presses().size(), 2U) << "another source's numbers are not compared";
}

TEST_F(DtmfReceiverTest, TimestampsAreComparedOnlyWhileTheyCanBe) {
  packet(1000, {{5, true, 10, 480}});
  wait(13h);  // at 48 kHz more than half of all timestamps
  packet(1000 + 0x90000000U, {{6, true, 10, 480}});
  EXPECT_EQ(presses().size(), 2U);
}

TEST_F(DtmfReceiverTest, WhatIsNoEventSaysNothing) {
  packet(1000, {});
  EXPECT_TRUE(news.empty());
  wait(1h);
  EXPECT_TRUE(news.empty());
}

}  // namespace
}  // namespace w2s::rtp
