#include "w2s/net/deadline.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

namespace w2s::net {
namespace {

TEST(Deadline, ExpiresOnceAndIsThenUnset) {
  boost::asio::io_context io;
  int expiries = 0;
  Deadline deadline(io.get_executor(), [&] { ++expiries; });
  deadline.set(Clock::now() - 1s);
  EXPECT_EQ(expiries, 0);  // never inside set()
  io.run();
  EXPECT_EQ(expiries, 1);
  EXPECT_EQ(deadline.due(), std::nullopt);
}

TEST(Deadline, AnEarlierTimeReplacesALaterOne) {
  boost::asio::io_context io;
  const auto start = Clock::now();
  std::optional<Time> expired;
  Deadline deadline(io.get_executor(), [&] { expired = Clock::now(); });
  deadline.set(start + 1h);
  deadline.set(start + 5ms);
  io.run_for(10s);
  ASSERT_TRUE(expired);
  EXPECT_GE(*expired, start + 5ms);
}

TEST(Deadline, ALaterTimeIsKeptThoughTheTimerWakesEarlier) {
  boost::asio::io_context io;
  const auto start = Clock::now();
  int expiries = 0;
  Deadline deadline(io.get_executor(), [&] { ++expiries; });
  deadline.set(start + 1ms);
  deadline.set(start + 30ms);
  io.run();
  EXPECT_EQ(expiries, 1);
  EXPECT_GE(Clock::now(), start + 30ms);
}

TEST(Deadline, UnsetMeansNever) {
  boost::asio::io_context io;
  int expiries = 0;
  Deadline deadline(io.get_executor(), [&] { ++expiries; });
  deadline.set(Clock::now() + 1ms);
  deadline.set(std::nullopt);
  io.run();
  EXPECT_EQ(expiries, 0);
}

TEST(Deadline, MayBeSetAgainOrDestroyedByItsCallback) {
  boost::asio::io_context io;
  int expiries = 0;
  std::unique_ptr<Deadline> deadline;
  deadline = std::make_unique<Deadline>(io.get_executor(), [&] {
    if (++expiries < 3) return deadline->set(Clock::now());
    deadline.reset();
  });
  deadline->set(Clock::now());
  io.run();
  EXPECT_EQ(expiries, 3);
}

TEST(Deadline, AnExpiryAlreadyQueuedIsDroppedWithItsOwner) {
  boost::asio::io_context io;
  std::unique_ptr<Deadline> second;
  Deadline first(io.get_executor(), [&] { second.reset(); });
  second = std::make_unique<Deadline>(io.get_executor(), [] { ADD_FAILURE() << "called after destruction"; });
  const auto due = Clock::now() - 1s;
  first.set(due - 1s);
  second->set(due);
  io.run();
  EXPECT_FALSE(second);
}

}  // namespace
}  // namespace w2s::net
