#include "udp_listener.hpp"

#include <array>
#include <sys/socket.h>

namespace w2s::transport {
namespace {

// One for the thread: a datagram is used up before the next one is read.
MutableByteView datagram_room() {
  thread_local std::array<std::uint8_t, 65'536> room;
  return room;
}

bool is_keep_alive(std::string_view datagram) {
  constexpr std::string_view fillers("\r\n\0", 3);
  return datagram.size() <= 4 && datagram.find_first_not_of(fillers) == std::string_view::npos;
}

}  // namespace

UdpListener::UdpListener(boost::asio::ip::udp::socket socket, std::shared_ptr<Delivery> delivery,
                         sip::ParseLimits limits)
    : socket_(std::move(socket)),
      delivery_(std::move(delivery)),
      limits_(limits),
      local_(Endpoint::from_sockaddr(socket_.local_endpoint().data())) {}

void UdpListener::start() {
  wait();
}

void UdpListener::close() {
  error_code ignored;
  socket_.close(ignored);
}

void UdpListener::wait() {
  socket_.async_wait(boost::asio::ip::udp::socket::wait_read, [self = shared_from_this()](error_code) {
    if (!self->socket_.is_open()) return;
    self->receive();
    if (self->socket_.is_open()) self->wait();
  });
}

void UdpListener::receive() {
  // Several for each wake-up, but not for ever: connections wait as well.
  for (int datagrams = 0; datagrams < 64 && socket_.is_open(); ++datagrams) {
    const auto room = datagram_room();
    sockaddr_storage from;
    socklen_t length = sizeof from;
    const auto size = ::recvfrom(socket_.native_handle(), room.data(), room.size(), MSG_DONTWAIT,
                                 reinterpret_cast<sockaddr*>(&from), &length);
    if (size < 0) return;
    take(as_text(room.first(static_cast<std::size_t>(size))),
         Endpoint::from_sockaddr(reinterpret_cast<const sockaddr*>(&from)));
  }
}

void UdpListener::take(std::string_view datagram, const Endpoint& remote) {
  if (remote.port == 0) return;  // nobody can be there
  if (is_keep_alive(datagram)) {
    // RFC 5626 has CRLF keep-alives for streams only, but phones behind NAT send them; the answer is the
    // smaller one.
    if (datagram == "\r\n\r\n") send("\r\n", remote);
    return;
  }
  const sip::Target source{sip::Transport::udp, remote, local_, sip::FlowId::none, {}};
  const auto refusal =
      delivery_->received(sip::parse(datagram, sip::Framing::datagram, limits_), source, datagram);
  // threats.md T10: at most twice what came.
  if (refusal.empty() || refusal.size() > 2 * datagram.size() || !budget_.take(remote.ip, Clock::now()))
    return;
  delivery_->sending(source, refusal);
  send(refusal, remote);
}

bool UdpListener::send(std::string_view bytes, const Endpoint& remote) {
  if (!socket_.is_open()) return false;
  sockaddr_storage to;
  const auto length = remote.to_sockaddr(to);
  const auto sent = ::sendto(socket_.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                             reinterpret_cast<const sockaddr*>(&to), length);
  return sent >= 0 || errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS;
}

}  // namespace w2s::transport
