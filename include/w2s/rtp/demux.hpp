#pragma once
#include <cstdint>
#include <ostream>

#include "w2s/base/bytes.hpp"

namespace w2s::rtp {

enum class PacketKind : std::uint8_t { stun, dtls, turn_channel, rtp, rtcp, unknown };

// What a datagram on a shared port is, by its first two bytes (RFC 7983 7, RFC 5761 4). A hint for dispatch
// only: whoever gets it still checks it.
PacketKind classify(ByteView datagram);

std::ostream& operator<<(std::ostream& out, PacketKind kind);

}  // namespace w2s::rtp
