#include "w2s/rtp/telephone_event.hpp"

#include <gtest/gtest.h>

#include "rtp_packets.hpp"

namespace w2s::rtp {
namespace {

TEST(TelephoneEvent, PayloadBothWays) {
  const auto bytes = bytes_of_hex("0b8a0320");
  const TelephoneEvent hash{11, true, 10, 800};
  EXPECT_EQ(parse_telephone_event(bytes), hash);
  EXPECT_EQ(hex(serialize(hash)), "0b8a0320");
  EXPECT_EQ(parse_telephone_event(bytes_of_hex("05ca0001")), (TelephoneEvent{5, true, 10, 1}))
      << "reserved bit";
  EXPECT_FALSE(parse_telephone_event(ByteView(bytes).first(3)));
  EXPECT_FALSE(parse_telephone_event({}));
}

TEST(TelephoneEvent, Digits) {
  const std::string_view digits = "0123456789*#ABCD!";
  for (std::size_t n = 0; n < digits.size(); ++n) {
    EXPECT_EQ(event_of_digit(digits[n]), n);
    EXPECT_EQ(digit_of_event(static_cast<std::uint8_t>(n)), digits[n]);
  }
  EXPECT_EQ(event_of_digit('d'), 15);
  for (const char bad : {'e', 'E', ' ', '\0', '/', ':'}) EXPECT_FALSE(event_of_digit(bad)) << bad;
  EXPECT_FALSE(digit_of_event(17));
}

}  // namespace
}  // namespace w2s::rtp
