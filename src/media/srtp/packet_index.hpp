#pragma once
#include <cstdint>

namespace w2s::media {

// RFC 3711 9.2: a master key is spent after 2^48 SRTP packets or 2^31 SRTCP packets.
inline constexpr std::uint64_t last_rtp_index = (std::uint64_t{1} << 48) - 1;
inline constexpr std::uint32_t last_rtcp_index = 0x7fffffff;
inline constexpr std::uint32_t encrypted_flag = 0x80000000;  // E, beside the 31-bit SRTCP index

// The index, roll-over counter and sequence number, that a packet most likely has, given the highest one so
// far (RFC 3711 3.3.1 and appendix A). Nothing was sent before roll-over counter 0.
constexpr std::uint64_t estimate_index(std::uint64_t highest, std::uint16_t sequence) {
  const auto counter = highest >> 16;
  const auto highest_sequence = static_cast<std::uint16_t>(highest);
  auto guess = counter;
  if (highest_sequence < 32768) {
    if (sequence - highest_sequence > 32768 && counter > 0) guess = counter - 1;
  } else if (highest_sequence - 32768 > sequence) {
    guess = counter + 1;
  }
  return guess << 16 | sequence;
}

}  // namespace w2s::media
