#include "media/port_pool.hpp"

#include <algorithm>
#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace w2s::media {
namespace {

const auto loopback = *IpAddress::parse("127.0.0.1");

TEST(PortPool, GivesEvenAndOddPairsOfTheRange) {
  SeededRng rng{1};
  PortPool pool{23001, 23012, 0, rng};
  std::vector<PortPair> pairs;
  std::set<int> ports;
  while (auto pair = pool.take(loopback)) {
    EXPECT_EQ(pair->rtp.local().port % 2, 0);
    EXPECT_EQ(pair->rtcp.local().port, pair->rtp.local().port + 1);
    ports.insert(pair->rtp.local().port);
    pairs.push_back(std::move(*pair));
  }
  EXPECT_EQ(ports, (std::set<int>{23002, 23004, 23006, 23008, 23010}));  // 23012 has no odd port above it
}

TEST(PortPool, APairIsFreeAgainWhenItsSocketsClose) {
  SeededRng rng{1};
  PortPool pool{23020, 23021, 0, rng};
  auto pair = pool.take(loopback);
  ASSERT_TRUE(pair);
  EXPECT_FALSE(pool.take(loopback));
  pair.reset();
  EXPECT_TRUE(pool.take(loopback));
}

TEST(PortPool, PassesOverPortsThatOthersHold) {
  std::error_code error;
  const auto odd = UdpSocket::bind({loopback, 23031}, 0, error);
  ASSERT_FALSE(error);
  SeededRng rng{1};
  PortPool pool{23030, 23033, 0, rng};
  const auto pair = pool.take(loopback);
  ASSERT_TRUE(pair);
  EXPECT_EQ(pair->rtp.local().port, 23032);
}

TEST(PortPool, StartsAtARandomPairAndReusesPortsAsLateAsPossible) {
  std::set<int> starts;
  for (std::uint64_t seed = 0; seed < 16; ++seed) {
    SeededRng rng{seed};
    PortPool pool{23100, 23199, 0, rng};
    starts.insert(pool.take(loopback)->rtp.local().port);
  }
  EXPECT_GT(starts.size(), 8U);

  SeededRng rng{7};
  PortPool pool{23100, 23199, 0, rng};
  std::set<int> seen;
  for (int i = 0; i < 50; ++i) seen.insert(pool.take(loopback)->rtp.local().port);
  EXPECT_EQ(seen.size(), 50U);
}

TEST(PortPool, AnAddressThatIsNotOursGivesNothing) {
  SeededRng rng{1};
  PortPool pool{23100, 23199, 0, rng};
  EXPECT_FALSE(pool.take(*IpAddress::parse("192.0.2.1")));
}

}  // namespace
}  // namespace w2s::media
