#pragma once
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "w2s/base/address.hpp"
#include "w2s/base/bytes.hpp"
#include "w2s/base/result.hpp"

namespace w2s::transport {

using tcp = boost::asio::ip::tcp;

// What one non-blocking attempt did. With error would_block, `wait` says what the socket must become before
// the next attempt: TLS may have to write in order to read, and the other way round.
struct IoResult {
  std::size_t bytes = 0;
  error_code error;
  tcp::socket::wait_type wait = tcp::socket::wait_read;

  bool would_block() const { return error == boost::asio::error::would_block; }
};

// A TCP connection as bytes, clear or encrypted. It keeps no buffer while nothing is on its way: 10,000 idle
// browsers cost what their sockets and TLS keys cost (threats.md T7).
class ByteStream {
 public:
  using WaitHandler = boost::asio::any_completion_handler<void(error_code)>;

  explicit ByteStream(tcp::socket socket) : socket_(std::move(socket)) {}
  virtual ~ByteStream() = default;
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;

  tcp::socket& socket() { return socket_; }
  void wait(tcp::socket::wait_type type, WaitHandler handler);
  void close();  // at once; waits end with operation_aborted

  // Once connected; repeated until it no longer would block.
  virtual IoResult handshake() { return {}; }
  virtual IoResult read(MutableByteView into);  // the peer's end of stream is error::eof
  // Bytes have come that are not read yet and that the socket does not show any more.
  virtual bool holds_bytes() const { return false; }
  virtual IoResult write(ByteView from);        // may take less than all
  // The reason of a failure, for those who run the gateway.
  virtual std::string explain(const error_code& error) const { return error.message(); }
  // The handshake failed with `error` because the peer speaks HTTP without TLS.
  virtual bool is_clear_http(const error_code&) const { return false; }
  // The peer's certificate was verified and is `host`'s (RFC 5922).
  virtual bool proves(std::string_view) const { return false; }
  // The peer will send no more than what is here already: a message written now may be lost.
  bool peer_has_closed();
  // Says goodbye in this direction (close_notify, FIN); the other one can still be read to its end.
  virtual void shut_down();

 private:
  tcp::socket socket_;
};

}  // namespace w2s::transport
