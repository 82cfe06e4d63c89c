#pragma once
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>

#include "w2s/transport/sip_transports.hpp"

namespace w2s::transport {

// The sockets of one configured listener; they share one port. `*` is, for UDP, each local unicast address,
// so that an answer leaves from the address that was asked; for the others, any address of both families.
// Throw std::runtime_error naming the listener.
std::vector<boost::asio::ip::udp::socket> bind_udp(boost::asio::any_io_executor executor,
                                                   const ListenerOptions& options);
std::vector<boost::asio::ip::tcp::acceptor> bind_tcp(boost::asio::any_io_executor executor,
                                                     const ListenerOptions& options);

}  // namespace w2s::transport
