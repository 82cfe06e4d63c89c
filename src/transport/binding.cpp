#include "binding.hpp"

#include <stdexcept>

#include <boost/asio/ip/v6_only.hpp>

#include "w2s/net/local_addresses.hpp"

namespace w2s::transport {
namespace asio = boost::asio;
namespace {

using udp = asio::ip::udp;
using tcp = asio::ip::tcp;

constexpr int receive_buffer = 1 << 20;  // of UDP: a burst while the thread is busy

template <class Protocol>
typename Protocol::endpoint to_asio(const IpAddress& ip, std::uint16_t port) {
  if (ip.is_v4()) return {asio::ip::address_v4(ip.v4_value()), port};
  return {asio::ip::address_v6(ip.bytes()), port};
}

template <class Socket, class Protocol>
error_code bind_one(Socket& socket, const typename Protocol::endpoint& local) {
  error_code error;
  socket.open(local.protocol(), error);
  if (error) return error;
  if (local.address().is_v6()) socket.set_option(asio::ip::v6_only(true), error);
  if constexpr (std::is_same_v<Protocol, tcp>) {
    socket.set_option(typename Socket::reuse_address(true), error);
  } else {
    error_code ignored;
    socket.set_option(typename Socket::receive_buffer_size(receive_buffer), ignored);
  }
  socket.bind(local, error);
  if constexpr (std::is_same_v<Protocol, tcp>)
    if (!error) socket.listen(asio::socket_base::max_listen_connections, error);
  return error;
}

// An address that an interface lost meanwhile, or a family that this kernel does not have.
bool may_be_skipped(const error_code& error) {
  return error == asio::error::address_family_not_supported || error.value() == EADDRNOTAVAIL;
}

template <class Socket, class Protocol>
error_code bind_all(const asio::any_io_executor& executor, const std::vector<IpAddress>& addresses,
                    std::uint16_t port, std::vector<Socket>& bound) {
  error_code last;
  for (const auto& ip : addresses) {
    Socket socket(executor);
    const auto error = bind_one<Socket, Protocol>(socket, to_asio<Protocol>(ip, port));
    if (error) last = error;
    if (error && addresses.size() > 1 && may_be_skipped(error)) continue;
    if (error) return error;
    if (port == 0) port = socket.local_endpoint().port();
    bound.push_back(std::move(socket));
  }
  return bound.empty() ? last : error_code();
}

template <class Socket, class Protocol>
std::vector<Socket> bind_listener(const asio::any_io_executor& executor, const ListenerOptions& options,
                                  const std::vector<IpAddress>& addresses) {
  error_code error;
  // The port that the system chose for the first address may be taken on another one.
  for (int tries = options.port == 0 ? 20 : 1; tries > 0; --tries) {
    std::vector<Socket> bound;
    error = bind_all<Socket, Protocol>(executor, addresses, options.port, bound);
    if (!error && !bound.empty()) return bound;
  }
  const auto host = options.address ? options.address->to_uri_host() : "*";
  throw std::runtime_error("cannot listen on " + std::string(sip::uri_token(options.transport)) + " " + host +
                           ":" + std::to_string(options.port) + ": " + error.message());
}

}  // namespace

std::vector<udp::socket> bind_udp(asio::any_io_executor executor, const ListenerOptions& options) {
  const auto addresses = options.address ? std::vector{*options.address} : net::local_addresses();
  return bind_listener<udp::socket, udp>(executor, options, addresses);
}

std::vector<tcp::acceptor> bind_tcp(asio::any_io_executor executor, const ListenerOptions& options) {
  const auto addresses =
      options.address ? std::vector{*options.address} : std::vector{IpAddress(), IpAddress::v6({})};
  return bind_listener<tcp::acceptor, tcp>(executor, options, addresses);
}

}  // namespace w2s::transport
