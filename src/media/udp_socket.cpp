#include "media/udp_socket.hpp"

#include <cerrno>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace w2s::media {
namespace {

sockaddr* as_sockaddr(sockaddr_storage& storage) {
  return reinterpret_cast<sockaddr*>(&storage);
}

void set(int fd, int level, int option, int value) {
  ::setsockopt(fd, level, option, &value, sizeof value);
}

std::optional<Endpoint> name_of(int fd) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  if (::getsockname(fd, as_sockaddr(storage), &length) != 0) return std::nullopt;
  return Endpoint::from_sockaddr(as_sockaddr(storage));
}

}  // namespace

UdpSocket UdpSocket::bind(const Endpoint& local, int buffer, std::error_code& error) {
  UdpSocket socket;
  const int family = local.ip.is_v6() ? AF_INET6 : AF_INET;
  socket.fd_ = ::socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket.fd_ >= 0) {
    if (family == AF_INET6) set(socket.fd_, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    if (local.ip.is_unspecified()) {
      if (family == AF_INET6)
        set(socket.fd_, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
      else
        set(socket.fd_, IPPROTO_IP, IP_PKTINFO, 1);
    }
    if (buffer > 0) {
      set(socket.fd_, SOL_SOCKET, SO_RCVBUF, buffer);
      set(socket.fd_, SOL_SOCKET, SO_SNDBUF, buffer);
    }
    sockaddr_storage storage{};
    const auto length = local.to_sockaddr(storage);
    if (::bind(socket.fd_, as_sockaddr(storage), length) == 0) {
      if (const auto bound = name_of(socket.fd_)) {
        socket.local_ = *bound;
        error.clear();
        return socket;
      }
    }
  }
  error.assign(errno, std::system_category());
  socket.reset();
  return socket;
}

bool UdpSocket::send_to(const Endpoint& remote, ByteView datagram) const {
  sockaddr_storage storage{};
  const auto length = remote.to_sockaddr(storage);
  return ::sendto(fd_, datagram.data(), datagram.size(), MSG_DONTWAIT | MSG_NOSIGNAL, as_sockaddr(storage),
                  length) >= 0;
}

void UdpSocket::reset() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

std::optional<IpAddress> local_address_toward(const IpAddress& remote) {
  const int fd = ::socket(remote.is_v6() ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return std::nullopt;
  sockaddr_storage storage{};
  const auto length = Endpoint{remote, 9}.to_sockaddr(storage);
  std::optional<Endpoint> local;
  // Connecting a UDP socket sends nothing; it only looks the route up.
  if (::connect(fd, as_sockaddr(storage), length) == 0) local = name_of(fd);
  ::close(fd);
  if (!local) return std::nullopt;
  return local->ip;
}

}  // namespace w2s::media
