#pragma once
#include <array>
#include <memory>
#include <netinet/in.h>
#include <sys/socket.h>
#include <vector>

#include "w2s/media/session.hpp"

#include "media/ice/pair_list.hpp"
#include "media/packet.hpp"
#include "media/udp_socket.hpp"

namespace w2s::media {

// The UDP port that all browsers of a pump share: one socket per address family (or one for the configured
// address), read and written in batches, because the system calls are most of what a packet costs.
class BrowserPort {
 public:
  static constexpr unsigned batch = 32;

  // Throws std::system_error naming the address that cannot be bound. Port 0 takes any free one.
  BrowserPort(const Options& options, std::uint16_t port);

  std::uint16_t port() const { return port_; }
  std::vector<int> descriptors() const;
  bool owns(int fd) const;
  // The addresses on which this port can be reached, loopback left out.
  std::vector<IpAddress> addresses() const;
  bool has_family_of(const IpAddress& ip) const;

  struct Received {
    ice::Path path;
    Packet packet;
  };
  // What waits on `fd`, at most one batch; valid until the next call.
  std::span<Received> receive(int fd);

  // At once; for what is rare (STUN, DTLS, RTCP).
  void send(const ice::Path& path, ByteView datagram);
  // With the next flush(); the octets must stay in place until then.
  void queue(const ice::Path& path, ByteView datagram);
  void flush();

 private:
  // A datagram's address and the local address it came to or leaves from, as the kernel wants them.
  struct Envelope {
    sockaddr_storage remote;
    alignas(cmsghdr) std::array<std::uint8_t, CMSG_SPACE(sizeof(in6_pktinfo))> control;
    iovec octets;
  };
  struct SendQueue {
    std::array<Envelope, batch> envelopes;
    std::array<mmsghdr, batch> headers;
    unsigned count = 0;
  };
  struct Socket {
    UdpSocket udp;
    std::unique_ptr<SendQueue> queue = std::make_unique<SendQueue>();
  };
  struct ReceiveBuffers {
    std::array<std::array<std::uint8_t, Packet::capacity>, batch> octets;
    std::array<Envelope, batch> envelopes;
    std::array<mmsghdr, batch> headers;
    std::array<Received, batch> received;
  };

  void bind(const Endpoint& local, int buffer, bool required);
  Socket* socket_for(const IpAddress& remote);
  static msghdr address(Envelope& envelope, const Socket& socket, const ice::Path& path, ByteView datagram);
  static void flush(Socket& socket);

  std::vector<Socket> sockets_;
  std::uint16_t port_ = 0;
  std::unique_ptr<ReceiveBuffers> buffers_ = std::make_unique<ReceiveBuffers>();
};

}  // namespace w2s::media
