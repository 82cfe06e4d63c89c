#pragma once
#include <compare>
#include <cstdint>
#include <ostream>

namespace w2s::rtp {

// Three numbers of an RTP header that must not be mixed up.
struct Ssrc {
  std::uint32_t value = 0;
  auto operator<=>(const Ssrc&) const = default;
};

struct PayloadType {
  std::uint8_t value = 0;  // 0..127
  auto operator<=>(const PayloadType&) const = default;
};

// A 16-bit sequence number: it has no order, only distances modulo 2^16 (RFC 3550 A.1).
struct SeqNo {
  std::uint16_t value = 0;
  bool operator==(const SeqNo&) const = default;
  SeqNo operator+(int steps) const { return {static_cast<std::uint16_t>(value + steps)}; }
  // How many steps from `earlier` to this one, -32768..32767.
  int since(SeqNo earlier) const {
    return static_cast<std::int16_t>(static_cast<std::uint16_t>(value - earlier.value));
  }
};

inline std::ostream& operator<<(std::ostream& out, Ssrc s) {
  return out << s.value;
}
inline std::ostream& operator<<(std::ostream& out, PayloadType p) {
  return out << unsigned{p.value};
}
inline std::ostream& operator<<(std::ostream& out, SeqNo s) {
  return out << s.value;
}

}  // namespace w2s::rtp
