#include "w2s/rtp/stream_rewriter.hpp"

#include <set>

#include <gtest/gtest.h>

#include "rtp_packets.hpp"

namespace w2s::rtp {
namespace {

struct Out {
  int sequence;  // counted from the first one sent
  std::uint32_t timestamp;
  bool operator==(const Out&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Out& o) {
  return out << o.sequence << "@" << o.timestamp;
}

class Rewriter : public testing::Test {
 protected:
  // Sequence and timestamp as they leave, relative to the first packet; nullopt when it is not to be sent.
  std::optional<Out> pass(Time now, std::uint32_t ssrc, std::uint16_t sequence, std::uint32_t timestamp) {
    auto bytes = make_packet(ssrc, sequence, timestamp);
    if (!rewriter_.rewrite(now, bytes)) return std::nullopt;
    const auto packet = PacketView::parse(bytes).value();
    EXPECT_EQ(packet.ssrc(), Ssrc{99});
    return relative(packet.sequence(), packet.timestamp());
  }
  Out relative(SeqNo sequence, std::uint32_t timestamp) {
    if (!first_) first_ = {sequence, timestamp};
    return {sequence.since(first_->first), timestamp - first_->second};
  }

  Time t_{1000s};
  SeededRng rng_{1};
  StreamRewriter rewriter_{{99}, 8000, rng_};
  std::optional<std::pair<SeqNo, std::uint32_t>> first_;
};

TEST_F(Rewriter, KeepsStepsAndGapsOfOneSource) {
  EXPECT_EQ(pass(t_, 1, 65534, 1000), (Out{0, 0}));
  EXPECT_EQ(pass(t_ + 20ms, 1, 65535, 1160), (Out{1, 160}));
  EXPECT_EQ(pass(t_ + 80ms, 1, 2, 1640), (Out{4, 640})) << "0 and 1 are lost and stay lost";
  EXPECT_EQ(pass(t_ + 81ms, 1, 1, 1480), (Out{3, 480})) << "1 was late only";
  EXPECT_EQ(pass(t_ + 500ms, 1, 3, 9000), (Out{5, 8000})) << "a pause of the source is its own";
}

TEST_F(Rewriter, ANewSourceContinuesNumbersAndFollowsTheClock) {
  EXPECT_EQ(pass(t_, 1, 500, 1000), (Out{0, 0}));
  EXPECT_EQ(pass(t_ + 20ms, 1, 501, 1160), (Out{1, 160}));
  EXPECT_EQ(pass(t_ + 1020ms, 2, 40000, 0xfffffff0), (Out{2, 8160}));
  EXPECT_EQ(pass(t_ + 1040ms, 2, 40001, 0xfffffff0 + 160), (Out{3, 8320}));
}

TEST_F(Rewriter, ANewSourceInTheSameInstantGetsANewTimestamp) {
  EXPECT_EQ(pass(t_, 1, 500, 1000), (Out{0, 0}));
  EXPECT_EQ(pass(t_, 2, 7, 7), (Out{1, 1}));
}

TEST_F(Rewriter, StragglersOfTheSourceBeforeAreNotSent) {
  EXPECT_EQ(pass(t_, 1, 500, 0), (Out{0, 0}));
  EXPECT_EQ(pass(t_ + 20ms, 2, 7, 0), (Out{1, 160}));
  EXPECT_FALSE(pass(t_ + 25ms, 1, 501, 160));
  EXPECT_EQ(pass(t_ + 40ms, 2, 8, 160), (Out{2, 320}));
  EXPECT_EQ(pass(t_ + 1s, 1, 550, 8000), (Out{3, 8000})) << "it is back for good";
}

TEST_F(Rewriter, AStrayNumberIsDroppedAndARestartContinues) {
  EXPECT_EQ(pass(t_, 1, 500, 0), (Out{0, 0}));
  EXPECT_FALSE(pass(t_ + 20ms, 1, 30000, 5));
  EXPECT_EQ(pass(t_ + 20ms, 1, 501, 160), (Out{1, 160}));
  EXPECT_FALSE(pass(t_ + 40ms, 1, 50000, 777777));
  EXPECT_EQ(pass(t_ + 60ms, 1, 50001, 777937), (Out{2, 480}));
  EXPECT_EQ(pass(t_ + 80ms, 1, 50002, 778097), (Out{3, 640}));
}

TEST_F(Rewriter, InsertedPacketsTakeNumbersOfTheirOwn) {
  EXPECT_EQ(pass(t_, 1, 500, 0), (Out{0, 0}));
  EXPECT_EQ(pass(t_ + 40ms, 1, 502, 320), (Out{2, 320}));
  EXPECT_EQ(relative(rewriter_.insert_sequence(t_ + 60ms), rewriter_.timestamp_at(t_ + 60ms)), (Out{3, 480}));
  EXPECT_FALSE(pass(t_ + 61ms, 1, 501, 160)) << "too late to be told from the inserted one";
  EXPECT_EQ(pass(t_ + 80ms, 1, 503, 480), (Out{4, 480}));
}

TEST_F(Rewriter, SuppressedPacketsLeaveNoGap) {
  EXPECT_EQ(pass(t_, 1, 500, 0), (Out{0, 0}));
  for (std::uint16_t n = 501; n < 510; ++n) rewriter_.suppress(t_ + 20ms * (n - 500), make_packet(1, n, 0));
  rewriter_.suppress(t_ + 180ms, make_packet(1, 509, 0));  // a duplicate
  EXPECT_EQ(pass(t_ + 200ms, 1, 510, 1600), (Out{1, 1600}));
  rewriter_.suppress(t_ + 240ms, make_packet(1, 512, 0));  // 511 is lost
  EXPECT_EQ(pass(t_ + 260ms, 1, 513, 2080), (Out{3, 2080}));
}

TEST_F(Rewriter, InsertingBeforeAnySourceWorks) {
  const auto first = rewriter_.insert_sequence(t_);
  EXPECT_EQ(relative(first, rewriter_.timestamp_at(t_)), (Out{0, 0}));
  EXPECT_EQ(relative(rewriter_.insert_sequence(t_ + 20ms), rewriter_.timestamp_at(t_ + 20ms)), (Out{1, 160}));
  EXPECT_EQ(pass(t_ + 40ms, 1, 30, 12345), (Out{2, 320}));
}

TEST_F(Rewriter, PacketsOfOneTimestampDoNotStopTheClock) {
  EXPECT_EQ(pass(t_, 1, 500, 0), (Out{0, 0}));
  EXPECT_EQ(pass(t_ + 100ms, 1, 501, 0), (Out{1, 0}));  // an event that lasts
  EXPECT_EQ(pass(t_ + 200ms, 2, 9, 0), (Out{2, 1600}));
}

TEST_F(Rewriter, ALongStreamPassesAfterASourceChange) {
  EXPECT_TRUE(pass(t_, 2, 1, 0));
  for (std::uint32_t n = 0; n < 200000; ++n)
    ASSERT_TRUE(pass(t_ + 20ms * (n + 1), 1, static_cast<std::uint16_t>(n), 160 * n)) << n;
}

TEST(RewriterStart, IsBelowTheMiddleOfTheSequenceSpace) {
  std::set<int> starts;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    SeededRng rng(seed);
    StreamRewriter rewriter({1}, 8000, rng);
    starts.insert(rewriter.insert_sequence(Time{}).value);
  }
  EXPECT_LT(*starts.rbegin(), 32768);
  EXPECT_GT(starts.size(), 150U);
}

// Two sources, loss, reordering, inserts and suppression at random: no number leaves twice, unless the packet
// came twice, and none goes back further than packets are late.
TEST_F(Rewriter, NoNumberIsGivenToTwoPackets) {
  std::mt19937 random(7);
  std::set<std::int64_t> used;
  std::int64_t highest = 0;
  const auto take = [&](SeqNo sequence) {
    const auto step = sequence.since({static_cast<std::uint16_t>(highest)});
    const auto extended = highest + step;
    EXPECT_TRUE(used.insert(extended).second) << extended;
    highest = std::max(highest, extended);
  };
  highest = rewriter_.insert_sequence(t_).value;
  used.insert(highest);
  std::uint32_t ssrc = 1;
  std::uint16_t base = 60000;
  for (int round = 0; round < 3000; ++round) {
    std::array<std::uint16_t, 4> order{0, 1, 2, 3};
    std::shuffle(order.begin(), order.end(), random);
    for (const auto n : order) {
      t_ += 5ms;
      if (random() % 10 == 0) continue;
      auto packet = make_packet(ssrc, static_cast<std::uint16_t>(base + n), 0);
      if (random() % 20 == 0) {
        rewriter_.suppress(t_, packet);
      } else if (rewriter_.rewrite(t_, packet)) {
        take({load_be16(&packet[2])});
      }
      if (random() % 20 == 0) take(rewriter_.insert_sequence(t_));
    }
    base = static_cast<std::uint16_t>(base + 4);
    if (random() % 50 == 0) {
      ++ssrc;
      base = static_cast<std::uint16_t>(random());
    }
  }
  EXPECT_GT(used.size(), 8000U);
}

TEST_F(Rewriter, APauseLeavesNoGapAndCountsItsTime) {
  EXPECT_EQ(pass(t_, 1, 500, 1000), (Out{0, 0}));
  rewriter_.pause();
  // Its numbers went on while nothing of it was passed, its timestamp stood still.
  EXPECT_EQ(pass(t_ + 60s, 1, 3501, 1160), (Out{1, 480000}));
  EXPECT_EQ(pass(t_ + 60s + 20ms, 1, 3502, 1320), (Out{2, 480160}));
  rewriter_.pause();
  EXPECT_EQ(pass(t_ + 48h, 1, 9, 7), (Out{3, 48U * 3600 * 8000}));
}

}  // namespace
}  // namespace w2s::rtp
