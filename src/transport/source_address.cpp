#include "source_address.hpp"

#include <sys/socket.h>
#include <unistd.h>

namespace w2s::transport {

std::optional<IpAddress> SourceAddress::towards(const IpAddress& remote, Time now) {
  constexpr std::size_t max_known = 1000;
  if (now >= forget_at_ || known_.size() >= max_known) {
    known_.clear();
    forget_at_ = now + 5s;
  }
  const auto [entry, is_new] = known_.try_emplace(remote);
  if (is_new) entry->second = ask_kernel(remote);
  return entry->second;
}

std::optional<IpAddress> SourceAddress::ask_kernel(const IpAddress& remote) {
  sockaddr_storage address;
  const auto length = Endpoint{remote, 5060}.to_sockaddr(address);
  const int probe = ::socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return std::nullopt;
  // Connecting a UDP socket sends nothing; it only looks the route up.
  std::optional<IpAddress> source;
  socklen_t size = sizeof address;
  if (::connect(probe, reinterpret_cast<const sockaddr*>(&address), length) == 0 &&
      ::getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size) == 0)
    source = Endpoint::from_sockaddr(reinterpret_cast<const sockaddr*>(&address)).ip;
  ::close(probe);
  return source;
}

}  // namespace w2s::transport
