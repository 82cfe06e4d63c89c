#pragma once
#include "w2s/base/bytes.hpp"

namespace w2s::media {

// A datagram in a buffer with room to grow: SRTP appends its tag, header extensions come and go, all in
// place.
struct Packet {
  static constexpr std::size_t capacity = 2048;  // no RTP packet of a peer is larger than its path's MTU

  MutableByteView buffer;
  std::size_t length = 0;

  MutableByteView bytes() const { return buffer.first(length); }
};

}  // namespace w2s::media
