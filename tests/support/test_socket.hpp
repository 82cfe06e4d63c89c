#pragma once
// A UDP socket of a scripted peer: what arrives is awaited with a deadline, never slept for.
#include <array>
#include <chrono>
#include <netinet/in.h>
#include <optional>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include "w2s/base/address.hpp"
#include "w2s/base/bytes.hpp"
#include "w2s/base/time.hpp"

namespace w2s::test {

class TestSocket {
 public:
  explicit TestSocket(const Endpoint& local = {*IpAddress::parse("127.0.0.1"), 0})
      : fd_(::socket(local.ip.is_v6() ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_storage storage{};
    socklen_t length = local.to_sockaddr(storage);
    if (::bind(fd_, reinterpret_cast<sockaddr*>(&storage), length) != 0)
      throw std::runtime_error("cannot bind");
    length = sizeof storage;
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&storage), &length);
    local_ = Endpoint::from_sockaddr(reinterpret_cast<sockaddr*>(&storage));
  }
  ~TestSocket() { ::close(fd_); }
  TestSocket(const TestSocket&) = delete;
  TestSocket& operator=(const TestSocket&) = delete;

  const Endpoint& local() const { return local_; }
  void send_to(const Endpoint& remote, ByteView datagram) const {
    sockaddr_storage storage{};
    const auto length = remote.to_sockaddr(storage);
    if (::sendto(fd_, datagram.data(), datagram.size(), 0, reinterpret_cast<sockaddr*>(&storage), length) < 0)
      throw std::runtime_error("cannot send");
  }

  struct Datagram {
    Endpoint source;
    Bytes bytes;
  };
  // nullopt: nothing came in time.
  std::optional<Datagram> receive(Duration timeout) const {
    pollfd descriptor{fd_, POLLIN, 0};
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(timeout).count();
    if (::poll(&descriptor, 1, wait < 0 ? 0 : static_cast<int>(wait)) <= 0) return std::nullopt;
    std::array<std::uint8_t, 4096> buffer;
    sockaddr_storage storage{};
    socklen_t length = sizeof storage;
    const auto size =
        ::recvfrom(fd_, buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&storage), &length);
    if (size < 0) return std::nullopt;
    return Datagram{Endpoint::from_sockaddr(reinterpret_cast<sockaddr*>(&storage)),
                    {buffer.begin(), buffer.begin() + size}};
  }

 private:
  int fd_;
  Endpoint local_;
};

}  // namespace w2s::test
