#include "w2s/rtp/telephone_event.hpp"

#include <string_view>

namespace w2s::rtp {
namespace {

constexpr std::string_view digits = "0123456789*#ABCD!";  // RFC 4733 3.2: events 0 to 16

}  // namespace

std::optional<TelephoneEvent> parse_telephone_event(ByteView payload) {
  if (payload.size() < telephone_event_size) return std::nullopt;
  TelephoneEvent event;
  event.event = payload[0];
  event.end = (payload[1] & 0x80) != 0;
  event.volume = payload[1] & 0x3f;
  event.duration = load_be16(&payload[2]);
  return event;
}

std::array<std::uint8_t, telephone_event_size> serialize(const TelephoneEvent& event) {
  std::array<std::uint8_t, telephone_event_size> out{};
  out[0] = event.event;
  out[1] = static_cast<std::uint8_t>((event.end ? 0x80 : 0) | (event.volume & 0x3f));
  store_be16(&out[2], event.duration);
  return out;
}

std::optional<std::uint8_t> event_of_digit(char digit) {
  if (digit >= 'a' && digit <= 'd') digit = static_cast<char>(digit - 'a' + 'A');
  const auto at = digits.find(digit);
  if (at == std::string_view::npos) return std::nullopt;
  return static_cast<std::uint8_t>(at);
}

std::optional<char> digit_of_event(std::uint8_t event) {
  if (event >= digits.size()) return std::nullopt;
  return digits[event];
}

}  // namespace w2s::rtp
