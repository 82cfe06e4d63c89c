#pragma once
#include <string_view>

#include "w2s/base/bytes.hpp"
#include "w2s/base/encoding.hpp"
#include "w2s/rtp/packet.hpp"

namespace w2s::rtp {

// Hexadecimal with blanks, as the RFCs print it.
inline Bytes bytes_of_hex(std::string_view text) {
  std::string digits;
  for (const char c : text)
    if (c != ' ') digits += c;
  return from_hex(digits).value();
}

inline Bytes make_packet(std::uint32_t ssrc, std::uint16_t sequence, std::uint32_t timestamp) {
  Bytes packet(header_size + 4, 0xee);
  write_header(packet, {false, {0}, {sequence}, timestamp, {ssrc}});
  return packet;
}

}  // namespace w2s::rtp
