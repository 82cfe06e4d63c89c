#include "tls/tls_stream.hpp"

#include <new>
#include <sys/socket.h>

#include <openssl/bio.h>
#include <openssl/err.h>

#include "tls/tls_failure.hpp"

namespace w2s::transport {
namespace {

// Of one call into OpenSSL. It handles post-handshake messages (KeyUpdate, refused renegotiation) by itself
// until the socket is empty, and a peer that always sends more would never let it return.
constexpr int receives_per_call = 4;

TlsStream::Wire& wire_of(BIO* bio) {
  return *static_cast<TlsStream::Wire*>(BIO_get_data(bio));
}

bool must_retry() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

int bio_read(BIO* bio, char* into, int size) {
  BIO_clear_retry_flags(bio);
  auto& wire = wire_of(bio);
  // OpenSSL asks when its own buffer has no whole record: what is refused here, the socket still shows.
  if (wire.receives_left == 0) {
    BIO_set_retry_read(bio);
    return -1;
  }
  --wire.receives_left;
  const auto count = ::recv(wire.socket, into, static_cast<std::size_t>(size), MSG_DONTWAIT);
  if (count < 0 && must_retry()) BIO_set_retry_read(bio);
  if (count == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return static_cast<int>(count);
}

int bio_write(BIO* bio, const char* from, int size) {
  BIO_clear_retry_flags(bio);
  const auto count =
      ::send(wire_of(bio).socket, from, static_cast<std::size_t>(size), MSG_DONTWAIT | MSG_NOSIGNAL);
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

TlsStream::TlsStream(tcp::socket stream_socket, const TlsIdentity& identity)
    : ByteStream(std::move(stream_socket)),
      wire_{socket().native_handle(), receives_per_call},
      ssl_(SSL_new(identity.context.get())) {
  BIO* bio = BIO_new(socket_method());
  if (!ssl_ || bio == nullptr) {
    BIO_free(bio);
    throw std::bad_alloc();
  }
  BIO_set_data(bio, &wire_);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_app_data(ssl_.get(), this);
}

TlsStream::TlsStream(tcp::socket stream_socket, std::shared_ptr<const TlsIdentities> identities)
    : TlsStream(std::move(stream_socket), *identities->front()) {
  identities_ = std::move(identities);
  verify_with(*identities_->front());
  SSL_set_accept_state(ssl_.get());
}

TlsStream::TlsStream(tcp::socket stream_socket, const TlsIdentity& identity, std::string host)
    : TlsStream(std::move(stream_socket), identity) {
  host_ = std::move(host);
  SSL_set_connect_state(ssl_.get());
  // RFC 6066 3: names only, never addresses.
  if (!host_.empty() && !IpAddress::parse(host_)) SSL_set_tlsext_host_name(ssl_.get(), host_.c_str());
  verify_with(identity);
}

TlsStream& TlsStream::of(const SSL* ssl) {
  return *static_cast<TlsStream*>(SSL_get_app_data(ssl));
}

void TlsStream::verify_with(const TlsIdentity& identity) {
  const int mode = identity.verify_peer ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT : SSL_VERIFY_NONE;
  SSL_set_verify(ssl_.get(), mode, identity.verify_peer ? &TlsStream::on_certificate : nullptr);
}

int TlsStream::on_server_name(SSL* ssl, int*, void*) {
  auto& stream = of(ssl);
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (name == nullptr || !stream.identities_) return SSL_TLSEXT_ERR_NOACK;
  const TlsIdentity* best = stream.identities_->front().get();
  auto best_fit = Fit::none;
  for (const auto& identity : *stream.identities_) {
    const auto its_fit = fit(identity->names, name);
    if (its_fit <= best_fit) continue;
    best = identity.get();
    best_fit = its_fit;
  }
  SSL_set_SSL_CTX(ssl, best->context.get());
  stream.verify_with(*best);
  return SSL_TLSEXT_ERR_OK;
}

// Once for each certificate of the chain, the peer's own last.
int TlsStream::on_certificate(int ok, X509_STORE_CTX* store) {
  const auto* ssl =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto& stream = of(ssl);
  // RFC 5922 7.3: the name the request was resolved from, not what DNS made of it, must be in the
  // certificate.
  const bool is_peers = X509_STORE_CTX_get_error_depth(store) == 0;
  if (ok == 1 && is_peers && SSL_is_server(ssl) == 0 &&
      !is_identity(names_of(X509_STORE_CTX_get_current_cert(store)), stream.host_)) {
    X509_STORE_CTX_set_error(store, X509_V_ERR_HOSTNAME_MISMATCH);
    ok = 0;
  }
  if (ok != 1) stream.certificate_problem_ = explain_certificate(store, stream.host_);
  return ok;
}

std::string TlsStream::explain(const error_code& error) const {
  return certificate_problem_.empty() ? explain_tls_error(error) : certificate_problem_;
}

bool TlsStream::is_clear_http(const error_code& error) const {
  return transport::is_clear_http(error);
}

bool TlsStream::proves(std::string_view host) const {
  const auto* certificate = SSL_get0_peer_certificate(ssl_.get());
  return (SSL_get_verify_mode(ssl_.get()) & SSL_VERIFY_PEER) != 0 && certificate != nullptr &&
         SSL_get_verify_result(ssl_.get()) == X509_V_OK && is_identity(names_of(certificate), host);
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

void TlsStream::begin_call() {
  ERR_clear_error();
  wire_.receives_left = receives_per_call;
}

IoResult TlsStream::handshake() {
  begin_call();
  const auto result = outcome(SSL_do_handshake(ssl_.get()), 0);
  if (!result.would_block()) identities_.reset();
  return result;
}

IoResult TlsStream::read(MutableByteView into) {
  std::size_t count = 0;
  begin_call();
  const int returned = SSL_read_ex(ssl_.get(), into.data(), into.size(), &count);
  return outcome(returned, count);
}

IoResult TlsStream::write(ByteView from) {
  std::size_t count = 0;
  begin_call();
  const int returned = SSL_write_ex(ssl_.get(), from.data(), from.size(), &count);
  return outcome(returned, count);
}

void TlsStream::shut_down() {
  begin_call();
  if (SSL_is_init_finished(ssl_.get()) == 1) SSL_shutdown(ssl_.get());
  ERR_clear_error();
  ByteStream::shut_down();
}

}  // namespace w2s::transport
