#pragma once
#include <array>
#include <deque>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>

#include "w2s/base/address.hpp"

namespace w2s::test {

inline boost::asio::ip::tcp::endpoint to_tcp(const Endpoint& e) {
  return {boost::asio::ip::make_address(e.ip.to_string()), e.port};
}

// A TCP or TLS client of the test: writes what it is told, collects what comes, notices the end.
class StreamClient {
 public:
  using Ssl = boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>;

  StreamClient(boost::asio::io_context& io, const Endpoint& server) : socket_(io) { open(server); }
  StreamClient(boost::asio::io_context& io, const Endpoint& server, boost::asio::ssl::context& tls)
      : socket_(io), ssl_(std::make_unique<Ssl>(socket_, tls)) {
    open(server);
  }

  void write(std::string bytes) {
    out_.push_back(std::move(bytes));
    if (ready_ && out_.size() == 1) write_next();
  }
  void stop_reading() { reading_ = false; }
  void close() {
    boost::system::error_code ignored;
    socket_.close(ignored);
  }

  std::string received;
  bool closed = false;  // by the other side
  bool ready() const { return ready_; }
  boost::asio::ip::tcp::socket& socket() { return socket_; }
  Ssl& ssl() { return *ssl_; }
  Endpoint local() { return Endpoint::from_sockaddr(socket_.local_endpoint().data()); }

 private:
  void open(const Endpoint& server) {
    socket_.connect(to_tcp(server));
    if (!ssl_) return start();
    ssl_->async_handshake(boost::asio::ssl::stream_base::client,
                          [this](auto error) { error ? end() : start(); });
  }
  void start() {
    ready_ = true;
    if (!out_.empty()) write_next();
    read();
  }
  void end() { closed = true; }

  template <class Call>
  void with_stream(Call call) {
    ssl_ ? call(*ssl_) : call(socket_);
  }
  void read() {
    with_stream([this](auto& stream) {
      stream.async_read_some(boost::asio::buffer(buffer_), [this](auto error, std::size_t size) {
        if (error == boost::asio::error::operation_aborted) return;
        if (error) return end();
        received.append(buffer_.data(), size);
        if (reading_) read();
      });
    });
  }
  void write_next() {
    with_stream([this](auto& stream) {
      boost::asio::async_write(stream, boost::asio::buffer(out_.front()), [this](auto error, std::size_t) {
        if (error) return;
        out_.pop_front();
        if (!out_.empty()) write_next();
      });
    });
  }

  boost::asio::ip::tcp::socket socket_;
  std::unique_ptr<Ssl> ssl_;
  std::array<char, 16384> buffer_{};
  std::deque<std::string> out_;
  bool ready_ = false;
  bool reading_ = true;
};

}  // namespace w2s::test
