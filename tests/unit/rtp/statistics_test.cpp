#include <gtest/gtest.h>

#include "w2s/rtp/reception_statistics.hpp"
#include "w2s/rtp/sender_statistics.hpp"

namespace w2s::rtp {
namespace {

class Reception : public testing::Test {
 protected:
  // Packet n of a 20 ms stream at 8000 Hz, `late` after its time.
  void packet(std::uint32_t n, Duration late = 0ms) {
    statistics_.on_packet(start_ + 20ms * n + late, {static_cast<std::uint16_t>(n)}, 160 * n);
  }

  Time start_{1000s};
  ReceptionStatistics statistics_{{42}, 8000};
};

TEST_F(Reception, NothingReceivedIsNothingLost) {
  EXPECT_EQ(statistics_.expected(), 0U);
  const auto block = statistics_.make_report_block(start_);
  EXPECT_EQ(block.source, Ssrc{42});
  EXPECT_EQ(block.cumulative_lost, 0);
  EXPECT_EQ(block.fraction_lost, 0);
}

TEST_F(Reception, CountsLossPerIntervalAndInAll) {
  for (std::uint32_t n = 0; n < 100; ++n)
    if (n % 4 != 1) packet(n);
  auto block = statistics_.make_report_block(start_);
  EXPECT_EQ(statistics_.expected(), 100U);
  EXPECT_EQ(block.cumulative_lost, 25);
  EXPECT_EQ(block.fraction_lost, 64);
  for (std::uint32_t n = 100; n < 200; ++n) packet(n);
  block = statistics_.make_report_block(start_);
  EXPECT_EQ(block.cumulative_lost, 25);
  EXPECT_EQ(block.fraction_lost, 0);
  EXPECT_EQ(block.extended_highest, 199U);
}

TEST_F(Reception, CountsCyclesThroughReordering) {
  for (const std::uint32_t n : {65533U, 65535U, 65536U, 65534U, 65538U, 65537U}) packet(n);
  EXPECT_EQ(statistics_.extended_highest(), 65538U);
  EXPECT_EQ(statistics_.expected(), 6U);
  EXPECT_EQ(statistics_.lost(), 0);
}

TEST_F(Reception, DuplicatesMakeTheLossNegative) {
  for (const std::uint32_t n : {1U, 2U, 2U, 2U}) packet(n);
  const auto block = statistics_.make_report_block(start_);
  EXPECT_EQ(block.cumulative_lost, -2);
  EXPECT_EQ(block.fraction_lost, 0);
}

TEST_F(Reception, AStrayPacketIsNotCountedASecondInARowIsANewStart) {
  for (std::uint32_t n = 0; n < 10; ++n) packet(n);
  packet(30000);
  packet(10);
  EXPECT_EQ(statistics_.expected(), 11U);
  EXPECT_EQ(statistics_.lost(), 0);
  packet(40000);
  packet(40001);
  packet(40002);
  EXPECT_EQ(statistics_.extended_highest(), 40002U);
  EXPECT_EQ(statistics_.expected(), 2U);
  EXPECT_EQ(statistics_.lost(), 0);
}

TEST_F(Reception, JitterIsZeroForAnEvenStreamAndFollowsRfc3550A8) {
  for (std::uint32_t n = 0; n < 50; ++n) packet(n);
  EXPECT_EQ(statistics_.jitter(), 0U);
  // Every other packet 10 ms late: each difference is 80 units, and so is the limit of the mean.
  for (std::uint32_t n = 50; n < 400; ++n) packet(n, n % 2 == 0 ? 10ms : 0ms);
  EXPECT_NEAR(statistics_.jitter(), 80, 2);
}

TEST_F(Reception, AJumpOfTimestampsFadesWithinSeconds) {
  packet(0);
  statistics_.on_packet(start_ + 20ms, {1}, 0x80000000);
  for (std::uint32_t n = 2; n < 150; ++n)
    statistics_.on_packet(start_ + 20ms * n, {static_cast<std::uint16_t>(n)}, 0x80000000 + 160 * (n - 1));
  EXPECT_LT(statistics_.jitter(), 10U);
}

TEST_F(Reception, ReportsWhenTheLastSenderReportCame) {
  packet(0);
  EXPECT_EQ(statistics_.make_report_block(start_).last_sender_report, 0U);
  statistics_.on_sender_report(start_, {0x1111222233334444, 0, 0, 0});
  const auto block = statistics_.make_report_block(start_ + 1500ms);
  EXPECT_EQ(block.last_sender_report, 0x22223333U);
  EXPECT_EQ(block.delay_since_last_sender_report, 65536U + 32768U);
}

TEST(Sender, ReportsTheTimestampOfTheReportsOwnMoment) {
  const Time start{1000s};
  SenderStatistics statistics(8000);
  EXPECT_FALSE(statistics.make_sender_info(start, 1));
  statistics.on_sent(start, 5000, 160);
  statistics.on_sent(start + 20ms, 5160, 160);
  EXPECT_EQ(statistics.make_sender_info(start + 120ms, 77), (SenderInfo{77, 5960, 2, 320}));
  EXPECT_FALSE(statistics.make_sender_info(start + 5s, 78)) << "nothing sent since the last report";
}

TEST(Sender, TheTimeOfAFrameIsThatOfItsFirstPacket) {
  const Time start{1000s};
  SenderStatistics statistics(90000);
  for (int i = 0; i < 10; ++i) statistics.on_sent(start + i * 5ms, 7000, 1000);
  EXPECT_EQ(statistics.make_sender_info(start + 100ms, 77), (SenderInfo{77, 16000, 10, 10000}));
}

TEST(Sender, TimestampsStayRightForDays) {
  const Time start{1000s};
  SenderStatistics statistics(90000);
  statistics.on_sent(start, 0, 1);
  const auto info = statistics.make_sender_info(start + 24h * 30, 1);
  EXPECT_EQ(info->rtp_timestamp, static_cast<std::uint32_t>(std::uint64_t{90000} * 3600 * 24 * 30));
}

}  // namespace
}  // namespace w2s::rtp
