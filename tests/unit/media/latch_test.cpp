#include "media/latch.hpp"

#include <gtest/gtest.h>

namespace w2s::media {
namespace {

using Verdict = Latch::Verdict;

const Endpoint announced{*IpAddress::parse("198.51.100.7"), 4000};
const Endpoint behind_nat{*IpAddress::parse("203.0.113.9"), 31000};
const Endpoint stranger{*IpAddress::parse("203.0.113.66"), 6666};

struct LatchTest : testing::Test {
  Latch latch;
  Verdict packet(const Endpoint& source, std::uint16_t sequence, std::uint32_t ssrc = 1) {
    return latch.on_packet(source, {ssrc}, {sequence});
  }
  int passed(const Endpoint& source, int packets, std::uint16_t first = 100) {
    int out = 0;
    for (int i = 0; i < packets; ++i)
      out += packet(source, static_cast<std::uint16_t>(first + i)) == Verdict::pass ? 1 : 0;
    return out;
  }
};

TEST_F(LatchTest, NothingIsBelievedBeforeAnAddressIsAnnounced) {
  EXPECT_EQ(passed(announced, 10), 0);
  EXPECT_FALSE(latch.target());
}

TEST_F(LatchTest, SendsToTheAnnouncedAddressFromTheStart) {
  latch.announce(announced);
  EXPECT_EQ(latch.target(), announced);
}

TEST_F(LatchTest, TheAnnouncedAddressIsTakenAtItsFirstPacketAndIsFinal) {
  latch.announce(announced);
  EXPECT_EQ(packet(announced, 1), Verdict::pass);
  EXPECT_EQ(passed(stranger, 50), 0);
  EXPECT_EQ(latch.target(), announced);
}

TEST_F(LatchTest, AnotherSourceIsTakenAfterFivePacketsOfWhichNonePasses) {
  latch.announce(announced);
  for (std::uint16_t i = 0; i < 4; ++i) EXPECT_EQ(packet(behind_nat, i), Verdict::drop);
  EXPECT_EQ(latch.target(), announced);
  EXPECT_EQ(packet(behind_nat, 4), Verdict::adopted);
  EXPECT_EQ(packet(behind_nat, 5), Verdict::pass);
  EXPECT_EQ(latch.target(), behind_nat);
}

TEST_F(LatchTest, SequenceNumbersMayWrapWhileRising) {
  latch.announce(announced);
  EXPECT_EQ(passed(behind_nat, 8, 65533), 3);
}

TEST_F(LatchTest, FivePacketsThatDoNotRiseAreNotBelieved) {
  latch.announce(announced);
  for (const int sequence : {10, 9, 8, 7, 6, 5, 5, 5, 5, 5})
    EXPECT_EQ(packet(behind_nat, static_cast<std::uint16_t>(sequence)), Verdict::drop);
}

TEST_F(LatchTest, AnotherSsrcOrSourceBeginsTheCountAnew) {
  latch.announce(announced);
  passed(behind_nat, 4);
  EXPECT_EQ(packet(behind_nat, 104, 2), Verdict::drop);
  passed(behind_nat, 4, 105);
  EXPECT_EQ(packet(stranger, 109), Verdict::drop);
  EXPECT_EQ(packet(behind_nat, 110), Verdict::drop);
  EXPECT_EQ(latch.target(), announced);
}

TEST_F(LatchTest, OnlyTheAnnouncedAddressTakesOverFromAnotherSource) {
  latch.announce(announced);
  passed(behind_nat, 6);
  EXPECT_EQ(passed(stranger, 50), 0);
  EXPECT_EQ(latch.target(), behind_nat);
  EXPECT_EQ(packet(announced, 1), Verdict::pass);
  EXPECT_EQ(latch.target(), announced);
  EXPECT_EQ(passed(behind_nat, 50, 200), 0);
}

TEST_F(LatchTest, ANewAddressBeginsAllOverAndTheOldOneChangesNothing) {
  latch.announce(announced);
  passed(announced, 3);
  latch.announce(announced);
  EXPECT_EQ(passed(stranger, 50), 0);

  const Endpoint moved{announced.ip, 5000};
  latch.announce(moved);
  EXPECT_EQ(latch.target(), moved);
  EXPECT_EQ(passed(announced, 5), 0);
  EXPECT_EQ(packet(moved, 1), Verdict::pass);
}

TEST_F(LatchTest, AfterAPauseANatMayHaveMadeAnotherBinding) {
  const Endpoint new_binding{behind_nat.ip, 31999};
  latch.announce(announced);
  passed(behind_nat, 6);
  latch.reopen();
  EXPECT_EQ(latch.target(), behind_nat) << "until somebody else has shown five packets";
  EXPECT_EQ(passed(new_binding, 4, 300), 0);
  EXPECT_EQ(packet(new_binding, 304), Verdict::adopted);
  EXPECT_EQ(packet(new_binding, 305), Verdict::pass);
  EXPECT_EQ(passed(behind_nat, 50, 400), 0) << "once";
}

TEST_F(LatchTest, WhoeverIsStillThereAfterAPauseStays) {
  latch.announce(announced);
  passed(behind_nat, 6);
  latch.reopen();
  EXPECT_EQ(packet(behind_nat, 106), Verdict::pass);
  EXPECT_EQ(passed(stranger, 50), 0);

  latch.announce(behind_nat);
  passed(behind_nat, 1, 200);
  latch.reopen();
  EXPECT_EQ(passed(stranger, 50), 0) << "an announced address needs no second guess";
}

}  // namespace
}  // namespace w2s::media
