#include "w2s/rtp/demux.hpp"

namespace w2s::rtp {

PacketKind classify(ByteView datagram) {
  if (datagram.empty()) return PacketKind::unknown;
  const auto first = datagram[0];
  if (first <= 3) return PacketKind::stun;
  if (first >= 20 && first <= 63) return PacketKind::dtls;
  if (first >= 64 && first <= 79) return PacketKind::turn_channel;
  if (first < 128 || first > 191 || datagram.size() < 2) return PacketKind::unknown;
  // RFC 5761 4: payload types 64 to 95 are not used for RTP where both share a port; with the marker bit they
  // are the RTCP packet types 192 to 223.
  const auto payload_type = datagram[1] & 0x7f;
  return payload_type >= 64 && payload_type <= 95 ? PacketKind::rtcp : PacketKind::rtp;
}

std::ostream& operator<<(std::ostream& out, PacketKind kind) {
  switch (kind) {
    case PacketKind::stun: return out << "stun";
    case PacketKind::dtls: return out << "dtls";
    case PacketKind::turn_channel: return out << "turn_channel";
    case PacketKind::rtp: return out << "rtp";
    case PacketKind::rtcp: return out << "rtcp";
    case PacketKind::unknown: return out << "unknown";
  }
  return out << "?";
}

}  // namespace w2s::rtp
