#pragma once
#include <optional>

#include "w2s/base/rng.hpp"

#include "media/udp_socket.hpp"

namespace w2s::media {

// RTP on an even port, RTCP on the odd one above it (RFC 3550 11).
struct PortPair {
  UdpSocket rtp;
  UdpSocket rtcp;
};

// Hands out port pairs of rtp-port-range. Which are free is the kernel's knowledge: each is tried by binding
// it, so other pumps and other programs may use the same range, and closing the sockets gives a pair back.
class PortPool {
 public:
  // Begins at a random pair, so that ports cannot be guessed from a restart, and goes round, so that a port
  // is used again as late as possible: the packets of a call just ended must not reach the next one.
  PortPool(std::uint16_t low, std::uint16_t high, int socket_buffer, Rng& rng);

  // nullopt: no pair of the range is free on this address.
  std::optional<PortPair> take(const IpAddress& local);

 private:
  std::uint16_t first_;  // even
  unsigned pairs_;
  unsigned next_ = 0;
  int socket_buffer_;
};

}  // namespace w2s::media
