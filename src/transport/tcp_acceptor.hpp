#pragma once
#include <functional>
#include <memory>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "w2s/base/log.hpp"

namespace w2s::transport {

// Accepts connections for ever. When the process is out of descriptors it waits a moment instead of spinning.
class TcpAcceptor : public std::enable_shared_from_this<TcpAcceptor> {
 public:
  using OnAccept = std::function<void(boost::asio::ip::tcp::socket)>;

  TcpAcceptor(boost::asio::ip::tcp::acceptor acceptor, Log& log, OnAccept on_accept);
  void start();
  void close();  // `on_accept` is not called any more

 private:
  void accept();
  void pause(const std::string& why);

  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer timer_;
  Log& log_;
  OnAccept on_accept_;
  bool pausing_ = false;
};

}  // namespace w2s::transport
