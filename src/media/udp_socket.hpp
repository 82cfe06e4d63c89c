#pragma once
#include <optional>
#include <system_error>
#include <utility>

#include "w2s/base/address.hpp"
#include "w2s/base/bytes.hpp"

namespace w2s::media {

// A bound, non-blocking UDP socket; closed when it goes.
class UdpSocket {
 public:
  UdpSocket() = default;
  ~UdpSocket() { reset(); }
  UdpSocket(UdpSocket&& other) noexcept : fd_(std::exchange(other.fd_, -1)), local_(other.local_) {}
  UdpSocket& operator=(UdpSocket&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(local_, other.local_);
    return *this;
  }

  // An unspecified address binds all of its family, with the address that each datagram came to (IP_PKTINFO).
  // `buffer`: octets for SO_RCVBUF and SO_SNDBUF, 0 leaves the system's default.
  static UdpSocket bind(const Endpoint& local, int buffer, std::error_code& error);

  int fd() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  const Endpoint& local() const { return local_; }
  // False: the kernel did not take it. Loss is ordinary on UDP; nobody waits.
  bool send_to(const Endpoint& remote, ByteView datagram) const;

 private:
  void reset();

  int fd_ = -1;
  Endpoint local_;
};

// The local address from which the kernel would send to `remote`; nullopt: no route.
std::optional<IpAddress> local_address_toward(const IpAddress& remote);

}  // namespace w2s::media
