#include "media/pump/browser_port.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "media/local_addresses.hpp"

namespace w2s::media {
namespace {

// All browsers of a pump share this buffer: 50 ms of a thousand calls, whatever rtp-buffsize says for a
// single one. The kernel cuts it down to net.core.rmem_max.
constexpr int least_buffer = 4 << 20;

// The address that a datagram came to, or `bound` when the socket is bound to one.
IpAddress destination_of(msghdr& header, const IpAddress& bound) {
  for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
    if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
      in_pktinfo info;
      std::memcpy(&info, CMSG_DATA(c), sizeof info);
      return IpAddress::v4(ntohl(info.ipi_addr.s_addr));
    }
    if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info;
      std::memcpy(&info, CMSG_DATA(c), sizeof info);
      std::array<std::uint8_t, 16> octets;
      std::memcpy(octets.data(), &info.ipi6_addr, octets.size());
      return IpAddress::v6(octets);
    }
  }
  return bound;
}

template <class Info>
void write_control(msghdr& header, void* control, int level, int type, const Info& info) {
  header.msg_control = control;
  header.msg_controllen = CMSG_SPACE(sizeof info);
  std::memset(control, 0, CMSG_SPACE(sizeof info));
  cmsghdr* c = CMSG_FIRSTHDR(&header);
  c->cmsg_level = level;
  c->cmsg_type = type;
  c->cmsg_len = CMSG_LEN(sizeof info);
  std::memcpy(CMSG_DATA(c), &info, sizeof info);
}

// Lets the answer leave from the address that was asked; a browser drops one from anywhere else.
void write_source(msghdr& header, void* control, const IpAddress& local) {
  if (local.is_v4()) {
    in_pktinfo info{};
    info.ipi_spec_dst.s_addr = htonl(local.v4_value());
    write_control(header, control, IPPROTO_IP, IP_PKTINFO, info);
  } else {
    in6_pktinfo info{};
    std::memcpy(&info.ipi6_addr, local.bytes().data(), local.bytes().size());
    write_control(header, control, IPPROTO_IPV6, IPV6_PKTINFO, info);
  }
}

}  // namespace

BrowserPort::BrowserPort(const Options& options, std::uint16_t port) : port_(port) {
  const int buffer = std::max(options.socket_buffer, least_buffer);
  if (!options.ice_any_address) {
    bind({options.ice_address, port_}, buffer, true);
    return;
  }
  bind({IpAddress(), port_}, buffer, true);
  bind({IpAddress::v6({}), port_}, buffer, false);
}

void BrowserPort::bind(const Endpoint& local, int buffer, bool required) {
  std::error_code error;
  Socket socket;
  socket.udp = UdpSocket::bind(local, buffer, error);
  // A host without IPv6 has no IPv6 browsers.
  if (!required &&
      (error == std::errc::address_family_not_supported || error == std::errc::address_not_available))
    return;
  if (error) throw std::system_error(error, "cannot bind the browser media port udp " + local.to_string());
  port_ = socket.udp.local().port;
  sockets_.push_back(std::move(socket));
}

std::vector<int> BrowserPort::descriptors() const {
  std::vector<int> out;
  for (const auto& socket : sockets_) out.push_back(socket.udp.fd());
  return out;
}

bool BrowserPort::owns(int fd) const {
  return std::ranges::any_of(sockets_, [&](const Socket& s) { return s.udp.fd() == fd; });
}

std::vector<IpAddress> BrowserPort::addresses() const {
  if (const auto& bound = sockets_.front().udp.local().ip; !bound.is_unspecified()) return {bound};
  auto out = local_unicast_addresses();
  std::erase_if(out, [&](const IpAddress& ip) { return !has_family_of(ip); });
  return out;
}

bool BrowserPort::has_family_of(const IpAddress& ip) const {
  return std::ranges::any_of(sockets_,
                             [&](const Socket& s) { return s.udp.local().ip.is_v4() == ip.is_v4(); });
}

BrowserPort::Socket* BrowserPort::socket_for(const IpAddress& remote) {
  for (auto& socket : sockets_)
    if (socket.udp.local().ip.is_v4() == remote.is_v4()) return &socket;
  return nullptr;
}

std::span<BrowserPort::Received> BrowserPort::receive(int fd) {
  IpAddress bound;
  for (const auto& socket : sockets_)
    if (socket.udp.fd() == fd) bound = socket.udp.local().ip;
  auto& b = *buffers_;
  for (unsigned i = 0; i < batch; ++i) {
    auto& envelope = b.envelopes[i];
    envelope.octets = {b.octets[i].data(), b.octets[i].size()};
    auto& header = b.headers[i].msg_hdr;
    header = {};
    header.msg_name = &envelope.remote;
    header.msg_namelen = sizeof envelope.remote;
    header.msg_iov = &envelope.octets;
    header.msg_iovlen = 1;
    header.msg_control = envelope.control.data();
    header.msg_controllen = envelope.control.size();
  }
  const int count = ::recvmmsg(fd, b.headers.data(), batch, MSG_DONTWAIT, nullptr);
  std::size_t taken = 0;
  for (int i = 0; i < count; ++i) {
    const auto at = static_cast<std::size_t>(i);
    auto& header = b.headers[at].msg_hdr;
    if ((header.msg_flags & MSG_TRUNC) != 0) continue;
    b.received[taken++] = {
        {destination_of(header, bound),
         Endpoint::from_sockaddr(reinterpret_cast<const sockaddr*>(&b.envelopes[at].remote))},
        {b.octets[at], b.headers[at].msg_len}};
  }
  return std::span(b.received).first(taken);
}

msghdr BrowserPort::address(Envelope& envelope, const Socket& socket, const ice::Path& path,
                            ByteView datagram) {
  msghdr header{};
  header.msg_name = &envelope.remote;
  header.msg_namelen = path.remote.to_sockaddr(envelope.remote);
  // The system calls for sending take a pointer to mutable octets and do not write to them.
  envelope.octets = {const_cast<std::uint8_t*>(datagram.data()), datagram.size()};
  header.msg_iov = &envelope.octets;
  header.msg_iovlen = 1;
  if (socket.udp.local().ip.is_unspecified()) write_source(header, envelope.control.data(), path.local);
  return header;
}

void BrowserPort::send(const ice::Path& path, ByteView datagram) {
  const Socket* socket = socket_for(path.remote.ip);
  if (socket == nullptr) return;
  Envelope envelope;
  const msghdr header = address(envelope, *socket, path, datagram);
  // What the kernel does not take is lost like any other datagram; STUN, DTLS and RTCP are all repeated.
  [[maybe_unused]] const auto sent = ::sendmsg(socket->udp.fd(), &header, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void BrowserPort::queue(const ice::Path& path, ByteView datagram) {
  Socket* socket = socket_for(path.remote.ip);
  if (socket == nullptr) return;
  auto& waiting = *socket->queue;
  if (waiting.count == batch) flush(*socket);
  const auto at = waiting.count++;
  waiting.headers[at].msg_hdr = address(waiting.envelopes[at], *socket, path, datagram);
}

void BrowserPort::flush() {
  for (auto& socket : sockets_) flush(socket);
}

void BrowserPort::flush(Socket& socket) {
  auto& waiting = *socket.queue;
  unsigned done = 0;
  while (done < waiting.count) {
    const int sent = ::sendmmsg(socket.udp.fd(), &waiting.headers[done], waiting.count - done,
                                MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    // An error is about the first datagram (no route, buffer full): it is lost, those after it get their
    // turn.
    done += sent > 0 ? static_cast<unsigned>(sent) : 1;
  }
  waiting.count = 0;
}

}  // namespace w2s::media
