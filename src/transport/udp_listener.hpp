#pragma once
#include <memory>
#include <string_view>

#include <boost/asio/ip/udp.hpp>

#include "answer_budget.hpp"
#include "delivery.hpp"

namespace w2s::transport {

// One bound UDP socket: a datagram is a message (RFC 3261 18.3) or a keep-alive.
class UdpListener : public std::enable_shared_from_this<UdpListener> {
 public:
  UdpListener(boost::asio::ip::udp::socket socket, std::shared_ptr<Delivery> delivery,
              sip::ParseLimits limits);

  void start();
  void close();
  const Endpoint& local() const { return local_; }
  // A full socket buffer loses the datagram, as the network would; true then, too.
  bool send(std::string_view bytes, const Endpoint& remote);

 private:
  void wait();
  void receive();
  void take(std::string_view datagram, const Endpoint& remote);

  boost::asio::ip::udp::socket socket_;
  std::shared_ptr<Delivery> delivery_;
  sip::ParseLimits limits_;
  Endpoint local_;
  AnswerBudget budget_;
};

}  // namespace w2s::transport
