#include "tls/tls_stream.hpp"

#include <new>
#include <sys/socket.h>

#include <openssl/bio.h>
#include <openssl/err.h>

namespace w2s::transport {
namespace {

// OpenSSL's packed error codes as they are; what it says of a failed handshake is what an operator can act
// on.
class TlsCategory final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "tls"; }
  std::string message(int value) const override {
    const char* reason = ERR_reason_error_string(static_cast<unsigned long>(value));
    return reason != nullptr ? reason : "TLS error " + std::to_string(value);
  }
};

error_code tls_error(unsigned long code) {
  static const TlsCategory category;
  return {static_cast<int>(code), category};
}

// The BIO knows its socket by number, kept in the BIO's data pointer.
int socket_of(BIO* bio) {
  return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
}

bool must_retry() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

int bio_read(BIO* bio, char* into, int size) {
  BIO_clear_retry_flags(bio);
  const auto count = ::recv(socket_of(bio), into, static_cast<std::size_t>(size), MSG_DONTWAIT);
  if (count < 0 && must_retry()) BIO_set_retry_read(bio);
  if (count == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return static_cast<int>(count);
}

int bio_write(BIO* bio, const char* from, int size) {
  BIO_clear_retry_flags(bio);
  const auto count =
      ::send(socket_of(bio), from, static_cast<std::size_t>(size), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (count < 0 && must_retry()) BIO_set_retry_write(bio);
  return static_cast<int>(count);
}

long bio_control(BIO* bio, int command, long, void*) {
  switch (command) {
    case BIO_CTRL_FLUSH: return 1;
    case BIO_CTRL_EOF: return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
    default: return 0;
  }
}

BIO_METHOD* socket_method() {
  static const auto free_method = [](BIO_METHOD* m) { BIO_meth_free(m); };
  static const std::unique_ptr<BIO_METHOD, decltype(free_method)> method = [] {
    auto* m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket without SIGPIPE");
    if (m == nullptr) throw std::bad_alloc();
    BIO_meth_set_read(m, &bio_read);
    BIO_meth_set_write(m, &bio_write);
    BIO_meth_set_ctrl(m, &bio_control);
    return std::unique_ptr<BIO_METHOD, decltype(free_method)>(m, free_method);
  }();
  return method.get();
}

}  // namespace

TlsStream::TlsStream(tcp::socket stream_socket, SSL* ssl) : ByteStream(std::move(stream_socket)), ssl_(ssl) {
  BIO* bio = BIO_new(socket_method());
  if (ssl == nullptr || bio == nullptr) {
    BIO_free(bio);
    throw std::bad_alloc();
  }
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(socket().native_handle())));
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl, bio, bio);
}

// Called right after an SSL function, before anything else touches OpenSSL's error queue or errno.
IoResult TlsStream::outcome(int returned, std::size_t bytes) {
  if (returned > 0) return {bytes, {}, tcp::socket::wait_read};
  const int system_error = errno;
  switch (SSL_get_error(ssl_.get(), returned)) {
    case SSL_ERROR_WANT_READ: return {0, boost::asio::error::would_block, tcp::socket::wait_read};
    case SSL_ERROR_WANT_WRITE: return {0, boost::asio::error::would_block, tcp::socket::wait_write};
    case SSL_ERROR_ZERO_RETURN: return {0, boost::asio::error::eof, tcp::socket::wait_read};
    case SSL_ERROR_SYSCALL: {
      const error_code error(system_error, boost::system::system_category());
      return {0, error ? error : error_code(boost::asio::error::eof), tcp::socket::wait_read};
    }
    default: {
      const auto error = tls_error(ERR_get_error());
      ERR_clear_error();
      return {0, error ? error : error_code(boost::asio::error::connection_aborted), tcp::socket::wait_read};
    }
  }
}

IoResult TlsStream::handshake() {
  ERR_clear_error();
  return outcome(SSL_do_handshake(ssl_.get()), 0);
}

IoResult TlsStream::read(MutableByteView into) {
  std::size_t count = 0;
  ERR_clear_error();
  const int returned = SSL_read_ex(ssl_.get(), into.data(), into.size(), &count);
  return outcome(returned, count);
}

IoResult TlsStream::write(ByteView from) {
  std::size_t count = 0;
  ERR_clear_error();
  const int returned = SSL_write_ex(ssl_.get(), from.data(), from.size(), &count);
  return outcome(returned, count);
}

void TlsStream::shut_down() {
  ERR_clear_error();
  if (SSL_is_init_finished(ssl_.get()) == 1) SSL_shutdown(ssl_.get());
  ERR_clear_error();
  ByteStream::shut_down();
}

}  // namespace w2s::transport
