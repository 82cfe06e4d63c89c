#include "w2s/base/repeat_limit.hpp"

#include <gtest/gtest.h>

#include "w2s/base/log.hpp"

namespace w2s {
namespace {

Time at(Duration since_start) {
  return Time{} + since_start;
}

TEST(RepeatLimit, TheSameIsSaidOncePerPeriodAndThenHowOftenItWasLeftOut) {
  RepeatLimit limit;
  EXPECT_EQ(limit.take("refused", "10.0.0.1", at(0s)), 0U);
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(limit.take("refused", "10.0.0.1", at(30s)));
  EXPECT_FALSE(limit.take("refused", "10.0.0.1", at(59s)));
  EXPECT_EQ(limit.take("refused", "10.0.0.1", at(60s)), 101U);
  EXPECT_FALSE(limit.take("refused", "10.0.0.1", at(61s)));
}

TEST(RepeatLimit, OtherThingsAndOtherEventsHaveTheirOwnLines) {
  RepeatLimit limit;
  EXPECT_TRUE(limit.take("refused", "10.0.0.1", at(0s)));
  EXPECT_TRUE(limit.take("refused", "10.0.0.2", at(0s)));
  EXPECT_TRUE(limit.take("failed", "10.0.0.1", at(0s)));
}

TEST(RepeatLimit, WhoeverThinksOfNewNamesIsLimitedAsWell) {
  RepeatLimit limit;
  std::size_t lines = 0;
  for (int host = 0; host < 1000; ++host) lines += limit.take("refused", std::to_string(host), at(1s)) ? 1U : 0U;
  EXPECT_EQ(lines, RepeatLimit::most_subjects);
  EXPECT_EQ(limit.take("refused", "another", at(2min)), 1000 - RepeatLimit::most_subjects);
}

class Lines final : public Log {
 public:
  std::size_t count = 0;

 private:
  void emit(LogLevel, std::string_view, Fields) override { ++count; }
};

TEST(RepeatLimit, TheLogKeepsToIt) {
  Lines log;
  for (int i = 0; i < 10; ++i) log.warn_rarely("refused", "10.0.0.1", {{"host", "10.0.0.1"}});
  log.warn_rarely("refused", "10.0.0.2", {});
  EXPECT_EQ(log.count, 2U);
}

}  // namespace
}  // namespace w2s
