#include "tls/tls_context.hpp"

#include <stdexcept>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "tls/certificate.hpp"
#include "tls/tls_stream.hpp"

namespace w2s::transport {
namespace {

[[noreturn]] void fail(const std::string& what) {
  char reason[256];
  ERR_error_string_n(ERR_get_error(), reason, sizeof reason);
  ERR_clear_error();
  throw std::runtime_error(what + ": " + reason);
}

void set_protocol(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  // The suites of TLS 1.3 are AEAD, all of them.
  if (SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") != 1)
    fail("cannot choose TLS cipher suites");
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 0);
  // Idle connections give their record buffers back, and a write may continue from another copy of the same
  // bytes.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 1);
}

void use_files(SSL_CTX* context, const TlsOptions& options) {
  if (SSL_CTX_use_certificate_chain_file(context, options.certificate_file.c_str()) != 1)
    fail("cannot use the certificate chain in " + options.certificate_file);
  if (SSL_CTX_use_PrivateKey_file(context, options.private_key_file.c_str(), SSL_FILETYPE_PEM) != 1)
    fail("cannot use the private key in " + options.private_key_file);
  if (SSL_CTX_check_private_key(context) != 1)
    fail("the private key in " + options.private_key_file + " is not that of " + options.certificate_file);
}

void use_generated(SSL_CTX* context) {
  const auto identity = make_self_signed();
  if (SSL_CTX_use_certificate(context, identity.certificate.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context, identity.key.get()) != 1)
    fail("cannot use the generated certificate");
}

void set_trust(SSL_CTX* context, const TlsOptions& options) {
  if (options.ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(context);
  } else if (SSL_CTX_load_verify_locations(context, options.ca_file.c_str(), nullptr) != 1) {
    fail("cannot use the certificate authorities in " + options.ca_file);
  }
}

}  // namespace

TlsContext::TlsContext(const TlsOptions& options)
    : context_(SSL_CTX_new(TLS_method())), verify_peer_(options.verify_peer) {
  if (!context_) fail("cannot start TLS");
  set_protocol(context_.get());
  if (options.certificate_file.empty()) {
    use_generated(context_.get());
  } else {
    use_files(context_.get(), options);
  }
  set_trust(context_.get(), options);
}

std::unique_ptr<ByteStream> TlsContext::accept(tcp::socket socket) const {
  auto stream = std::make_unique<TlsStream>(std::move(socket), SSL_new(context_.get()));
  if (verify_peer_) SSL_set_verify(stream->ssl(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_set_accept_state(stream->ssl());
  return stream;
}

std::unique_ptr<ByteStream> TlsContext::connect(tcp::socket socket, const std::string& host) const {
  auto stream = std::make_unique<TlsStream>(std::move(socket), SSL_new(context_.get()));
  SSL* ssl = stream->ssl();
  SSL_set_connect_state(ssl);
  const auto ip = IpAddress::parse(host);
  if (!host.empty() && !ip) SSL_set_tlsext_host_name(ssl, host.c_str());
  if (!verify_peer_) return stream;
  SSL_set_verify(ssl, SSL_VERIFY_PEER, nullptr);
  // RFC 5922 7.3: the name the request was resolved from, not what DNS made of it, must be in the
  // certificate.
  if (ip) {
    X509_VERIFY_PARAM_set1_ip(SSL_get0_param(ssl), ip->bytes().data(), ip->is_v4() ? 4 : 16);
  } else {
    SSL_set1_host(ssl, host.c_str());
  }
  return stream;
}

}  // namespace w2s::transport
