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

// A TCP or TLS client of the test: writes what it is told, collects what comes, notices the end.
class StreamClient {
  using tcp = boost::asio::ip::tcp;
  using Ssl = boost::asio::ssl::stream<tcp::socket&>;

  // What the socket's handlers share: they may run once more after the client is gone.
  struct Link : std::enable_shared_from_this<Link> {
    explicit Link(boost::asio::io_context& io) : socket(io) {}

    template <class Call>
    void with_stream(Call call) {
      ssl ? call(*ssl) : call(socket);
    }
    void start() {
      ready = true;
      if (!out.empty()) write_next();
      read();
    }
    void read() {
      with_stream([this](auto& stream) {
        stream.async_read_some(boost::asio::buffer(buffer),
                               [self = shared_from_this()](auto error, auto size) {
                                 if (error == boost::asio::error::operation_aborted) return;
                                 self->closed = bool(error);
                                 if (error) return;
                                 self->received.append(self->buffer.data(), size);
                                 if (self->reading) self->read();
                               });
      });
    }
    void write_next() {
      with_stream([this](auto& stream) {
        boost::asio::async_write(stream, boost::asio::buffer(out.front()),
                                 [self = shared_from_this()](auto error, auto) {
                                   if (error) return;
                                   self->out.pop_front();
                                   if (!self->out.empty()) self->write_next();
                                 });
      });
    }

    tcp::socket socket;
    std::unique_ptr<Ssl> ssl;
    std::array<char, 16384> buffer{};
    std::deque<std::string> out;
    std::string received;
    bool ready = false, reading = true, closed = false;
  };
  std::shared_ptr<Link> link_;

 public:
  StreamClient(boost::asio::io_context& io, const Endpoint& server) : link_(std::make_shared<Link>(io)) {
    link_->socket.connect(to_tcp(server));
    link_->start();
  }
  // `name`: asked for by SNI.
  StreamClient(boost::asio::io_context& io, const Endpoint& server, boost::asio::ssl::context& tls,
               const std::string& name = {})
      : link_(std::make_shared<Link>(io)) {
    link_->ssl = std::make_unique<Ssl>(link_->socket, tls);
    if (!name.empty()) SSL_set_tlsext_host_name(link_->ssl->native_handle(), name.c_str());
    link_->socket.connect(to_tcp(server));
    link_->ssl->async_handshake(boost::asio::ssl::stream_base::client, [link = link_](auto error) {
      link->closed = bool(error);
      if (!error) link->start();
    });
  }
  ~StreamClient() { close(); }
  StreamClient(const StreamClient&) = delete;
  StreamClient& operator=(const StreamClient&) = delete;

  void write(std::string bytes) {
    link_->out.push_back(std::move(bytes));
    if (link_->ready && link_->out.size() == 1) link_->write_next();
  }
  void stop_reading() { link_->reading = false; }
  void close() {
    boost::system::error_code ignored;
    link_->socket.close(ignored);
  }
  bool is_ready() const { return link_->ready; }  // TLS: after the handshake
  tcp::socket& socket() { return link_->socket; }
  SSL* ssl() { return link_->ssl->native_handle(); }
  Endpoint local() { return Endpoint::from_sockaddr(socket().local_endpoint().data()); }

  std::string& received = link_->received;
  const bool& closed = link_->closed;  // by the other side

 private:
  static tcp::endpoint to_tcp(const Endpoint& e) {
    return {boost::asio::ip::make_address(e.ip.to_string()), e.port};
  }
};

}  // namespace w2s::test
