#include "media/port_pool.hpp"

namespace w2s::media {

PortPool::PortPool(std::uint16_t low, std::uint16_t high, int socket_buffer, Rng& rng)
    : first_(static_cast<std::uint16_t>(low + (low & 1))), socket_buffer_(socket_buffer) {
  pairs_ = high > first_ ? (static_cast<unsigned>(high) - first_ + 1) / 2 : 0;
  if (pairs_ > 0) next_ = rng.u32() % pairs_;
}

std::optional<PortPair> PortPool::take(const IpAddress& local) {
  for (unsigned tried = 0; tried < pairs_; ++tried) {
    const auto port = static_cast<std::uint16_t>(first_ + 2 * next_);
    next_ = (next_ + 1) % pairs_;
    std::error_code error;
    PortPair pair;
    pair.rtp = UdpSocket::bind({local, port}, socket_buffer_, error);
    if (error == std::errc::address_in_use || error == std::errc::permission_denied) continue;
    if (error) return std::nullopt;  // not our address, or no descriptors: no other port would help
    pair.rtcp = UdpSocket::bind({local, static_cast<std::uint16_t>(port + 1)}, 0, error);
    if (!error) return pair;
  }
  return std::nullopt;
}

}  // namespace w2s::media
