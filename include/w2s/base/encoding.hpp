#pragma once
#include <charconv>
#include <optional>
#include <string>
#include <string_view>

#include "w2s/base/bytes.hpp"

namespace w2s {

std::string base64url(ByteView bytes);                       // RFC 4648 5, no padding
std::string hex(ByteView bytes, char separator = '\0');      // lower case; separator between bytes
std::optional<Bytes> from_hex(std::string_view text);        // plain or colon-separated, either case
std::string percent_decode(std::string_view text);           // malformed escapes stay as they are
std::string percent_encode(std::string_view text);           // all but the unreserved of RFC 3986 2.3
// ASCII only, as SIP and SDP compare tokens.
bool iequals(std::string_view a, std::string_view b);
std::string to_lower(std::string_view text);
std::string_view trim(std::string_view text);                // SP, HTAB, CR, LF at both ends

// Digits only, no sign or blank, within range of T: anything else is nullopt.
template <class T>
std::optional<T> parse_number(std::string_view text) {
  T value{};
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}
}  // namespace w2s
