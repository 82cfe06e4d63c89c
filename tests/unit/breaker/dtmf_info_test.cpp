#include "breaker/dtmf_info.hpp"

#include <gtest/gtest.h>

namespace w2s::breaker {
namespace {

TEST(DtmfInfo, ReadsWhatPhonesAndBrowsersSend) {
  struct Case {
    const char* type;
    const char* body;
    char digit;
    std::uint32_t duration;
  };
  for (const auto& c : {Case{"application/dtmf-relay", "Signal=5\r\nDuration=120\r\n", '5', 120},
                        Case{"application/dtmf-relay", "signal = # \nDURATION= 90", '#', 90},
                        Case{"Application/DTMF-Relay;x=y", "Duration=100\r\nSignal=d", 'D', 100},
                        Case{"application/dtmf-relay", "Signal=10", '*', 160},
                        Case{"application/dtmf-relay", "Signal=1\r\nDuration=1", '1', 40},
                        Case{"application/dtmf-relay", "Signal=1\r\nDuration=999999", '1', 6000},
                        Case{"application/dtmf-relay", "Signal=!", '!', 160},
                        Case{"application/dtmf-relay", "Signal=flash\rDuration=300", '!', 300},
                        Case{"application/dtmf-relay", "Signal=16", '!', 160},
                        Case{"application/dtmf", "Signal=3\nDuration=250", '3', 250},
                        Case{"application/dtmf", " 7\r\n", '7', 160}}) {
    const auto info = parse_dtmf_info(c.type, c.body);
    ASSERT_TRUE(info) << c.body;
    EXPECT_EQ(info->digit, c.digit);
    EXPECT_EQ(info->duration_ms, c.duration);
  }
}

TEST(DtmfInfo, RefusesTheRest) {
  EXPECT_FALSE(parse_dtmf_info("application/sdp", "Signal=5"));
  for (const auto* body : {"", "Signal=", "Signal=55", "Signal=x", "Duration=100"}) {
    EXPECT_FALSE(parse_dtmf_info("application/dtmf-relay", body)) << body;
  }
}

TEST(DtmfInfo, IsWrittenAsItIsRead) {
  EXPECT_EQ(dtmf_relay_body({'#', 250}), "Signal=#\r\nDuration=250\r\n");
  const auto info = parse_dtmf_info(dtmf_relay_type, dtmf_relay_body({'!', 90}));
  ASSERT_TRUE(info);
  EXPECT_EQ(info->digit, '!');
  EXPECT_EQ(info->duration_ms, 90U);
}

}  // namespace
}  // namespace w2s::breaker
