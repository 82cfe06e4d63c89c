#include <gmock/gmock.h>

#include "config_text.hpp"

namespace w2s::config {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST(CallEntries, Enable100relIsYesOrNo) {
  EXPECT_FALSE(parse_entries("").config.reliable_provisionals);
  EXPECT_TRUE(parse_entry("enable-100rel", "yes").config.reliable_provisionals);
  EXPECT_FALSE(parse_entry("enable-100rel", "no").config.reliable_provisionals);
  EXPECT_THAT(parse_entry("enable-100rel", "maybe").errors, SizeIs(1));
}

TEST(CallEntries, SessionExpiresIsAnIntervalAndAMinimum) {
  const auto both = parse_entry("session-expires", "600;120");
  EXPECT_EQ(both.config.session_expires, 600s);
  EXPECT_EQ(both.config.min_se, 120s);
  const auto one = parse_entry("session-expires", "600");
  EXPECT_EQ(one.config.min_se, 90s);
  EXPECT_EQ(parse_entry("session-expires", "0").config.session_expires, 0s);
  EXPECT_EQ(parse_entry("session-expires", "0;200").config.min_se, 200s);
}

TEST(CallEntries, SessionExpiresThatNoPeerCouldTakeIsAnError) {
  for (const auto* wrong : {"89", "600;89", "100;200", "x", "", "86401", "600;90;1"}) {
    EXPECT_THAT(parse_entry("session-expires", wrong).errors, SizeIs(1)) << wrong;
  }
}

}  // namespace
}  // namespace w2s::config
