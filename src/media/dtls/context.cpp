#include "media/dtls/context.hpp"

#include <stdexcept>

#include <openssl/srtp.h>
#include <openssl/ssl.h>

namespace w2s::media::dtls {
namespace {

void require(bool ok) {
  if (!ok) throw std::runtime_error("OpenSSL refuses the DTLS settings");
}

// Any certificate may take part in the handshake: its fingerprint is compared when the peer has proved that
// it owns the key, so that a forged Certificate message cannot fail a call.
int accept_any(int, X509_STORE_CTX*) {
  return 1;
}

}  // namespace

Context::Context() : context_(SSL_CTX_new(DTLS_method())) {
  SSL_CTX* context = context_.get();
  require(context != nullptr);
  // RFC 8827 6.5: at least DTLS 1.2. OpenSSL 3.0 has no newer one.
  require(SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION) == 1);
  require(SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL:!eNULL") == 1);
  require(SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384") == 1);  // X25519 costs 15 % less than P-256
  // The server's order decides (RFC 5764 4.1.1); returns 0 on success.
  require(SSL_CTX_set_tlsext_use_srtp(
              context, "SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM:SRTP_AES128_CM_SHA1_80") == 0);
  require(SSL_CTX_use_certificate(context, certificate_.x509()) == 1);
  require(SSL_CTX_use_PrivateKey(context, certificate_.key()) == 1);
  SSL_CTX_set_options(context, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_max_cert_list(context, 16 * 1024);  // bounds what a peer may make us reassemble
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, accept_any);
}

Context::~Context() = default;

void Context::Free::operator()(ssl_ctx_st* context) const {
  SSL_CTX_free(context);
}

}  // namespace w2s::media::dtls
