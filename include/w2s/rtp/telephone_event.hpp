#pragma once
#include <array>
#include <cstdint>
#include <optional>

#include "w2s/base/bytes.hpp"

namespace w2s::rtp {

// The payload of a telephone-event packet (RFC 4733 2.3).
struct TelephoneEvent {
  std::uint8_t event = 0;  // 0-9, 10 *, 11 #, 12-15 A-D; others pass as they are
  bool end = false;
  std::uint8_t volume = 10;    // -dBm0, 0..63
  std::uint16_t duration = 0;  // in timestamp units
  bool operator==(const TelephoneEvent&) const = default;
};
inline constexpr std::size_t telephone_event_size = 4;

std::optional<TelephoneEvent> parse_telephone_event(ByteView payload);
std::array<std::uint8_t, telephone_event_size> serialize(const TelephoneEvent& event);

// 0-9 * # A-D, also in lower case, and ! for the hook flash (event 16).
std::optional<std::uint8_t> event_of_digit(char digit);
std::optional<char> digit_of_event(std::uint8_t event);

}  // namespace w2s::rtp
