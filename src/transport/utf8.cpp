#include "utf8.hpp"

#include <cstdint>

namespace w2s::transport {
namespace {

// What a lead byte asks for: how many continuation bytes, and the range of the first of them, which is where
// overlong forms, surrogates and values past U+10FFFF show (RFC 3629 4).
struct Lead {
  unsigned more;
  std::uint8_t low, high;
};

Lead lead_of(std::uint8_t byte) {
  if (byte >= 0xc2 && byte <= 0xdf) return {1, 0x80, 0xbf};
  if (byte == 0xe0) return {2, 0xa0, 0xbf};
  if (byte == 0xed) return {2, 0x80, 0x9f};
  if (byte >= 0xe1 && byte <= 0xef) return {2, 0x80, 0xbf};
  if (byte == 0xf0) return {3, 0x90, 0xbf};
  if (byte >= 0xf1 && byte <= 0xf3) return {3, 0x80, 0xbf};
  if (byte == 0xf4) return {3, 0x80, 0x8f};
  return {0, 0, 0};
}

}  // namespace

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<std::uint8_t>(text[i]);
    if (byte < 0x80) continue;
    auto lead = lead_of(byte);
    if (lead.more == 0 || text.size() - i <= lead.more) return false;
    for (; lead.more > 0; --lead.more) {
      const auto next = static_cast<std::uint8_t>(text[++i]);
      if (next < lead.low || next > lead.high) return false;
      lead.low = 0x80;
      lead.high = 0xbf;
    }
  }
  return true;
}

}  // namespace w2s::transport
