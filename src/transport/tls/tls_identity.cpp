#include "tls/tls_identity.hpp"

#include <ctime>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "tls/certificate.hpp"

namespace w2s::transport {
namespace {

using Problem = std::string;  // empty: none

// The first error is the cause, those that OpenSSL put on top of it say less.
Problem cannot(const std::string& what) {
  const auto error = ERR_peek_error();
  const char* reason = ERR_reason_error_string(error);
  const auto is = [&](int library, int why) { return ERR_GET_LIB(error) == library && ERR_GET_REASON(error) == why; };
  if (is(ERR_LIB_PEM, PEM_R_NO_START_LINE) || is(ERR_LIB_OSSL_DECODER, ERR_R_UNSUPPORTED)) reason = "there is none in PEM format";
  ERR_clear_error();
  return what + ": " + (reason != nullptr ? reason : "unknown error");
}

Problem set_protocol(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  // The suites of TLS 1.3 are AEAD, all of them.
  if (SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") != 1)
    return cannot("cannot choose TLS cipher suites");
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 0);
  // Idle connections give their record buffers back, and a write may continue from another copy of the same
  // bytes.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 1);
  return {};
}

// A daemon has nobody to ask.
int no_passphrase(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

Problem use_key_file(SSL_CTX* context, const TlsOptions& options) {
  const auto& file = options.private_key_file;
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new_file(file.c_str(), "r"), &BIO_free);
  bool asked = false;
  const std::unique_ptr<EVP_PKEY, FreeKey> key(
      bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, &no_passphrase, &asked) : nullptr);
  if (asked) {
    ERR_clear_error();
    return "the private key in " + file + " is locked with a passphrase; store it without";
  }
  if (!key) return cannot("cannot use the private key in " + file);
  // The second call finds a key of another kind, which the first takes for one whose certificate is still to come.
  if (SSL_CTX_use_PrivateKey(context, key.get()) == 1 && SSL_CTX_check_private_key(context) == 1) return {};
  ERR_clear_error();
  return "the private key in " + file + " does not belong to the certificate in " + options.certificate_file;
}

Problem use_files(SSL_CTX* context, const TlsOptions& options) {
  if (SSL_CTX_use_certificate_chain_file(context, options.certificate_file.c_str()) != 1)
    return cannot("cannot use the certificate chain in " + options.certificate_file);
  return use_key_file(context, options);
}

Problem use_generated(SSL_CTX* context) {
  const auto identity = make_self_signed();
  if (SSL_CTX_use_certificate(context, identity.certificate.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context, identity.key.get()) != 1)
    return cannot("cannot use the generated certificate");
  return {};
}

// The system's authorities are read only by those who will ask them.
Problem set_trust(SSL_CTX* context, const TlsOptions& options) {
  if (options.ca_file.empty()) {
    if (options.verify_peer) SSL_CTX_set_default_verify_paths(context);
    return {};
  }
  if (SSL_CTX_load_verify_locations(context, options.ca_file.c_str(), nullptr) != 1)
    return cannot("cannot use the certificate authorities in " + options.ca_file);
  // Tells a client with several certificates which of them to show.
  if (options.verify_peer)
    SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(options.ca_file.c_str()));
  return {};
}

std::string validity_warning(const X509* certificate, const std::string& file) {
  const auto* from = X509_get0_notBefore(certificate);
  const auto* until = X509_get0_notAfter(certificate);
  if (X509_cmp_current_time(until) < 0)
    return "the certificate in " + file + " expired on " + date_of(until) + "; peers will refuse it";
  if (X509_cmp_current_time(from) > 0)
    return "the certificate in " + file + " is not valid before " + date_of(from) + "; is the clock right?";
  return {};
}

}  // namespace

LoadedIdentity load_identity(const TlsOptions& options) {
  ERR_clear_error();
  auto identity = std::make_shared<TlsIdentity>();
  identity->verify_peer = options.verify_peer;
  identity->context.reset(SSL_CTX_new(TLS_method()));
  auto* context = identity->context.get();
  if (context == nullptr) return {nullptr, cannot("cannot start TLS"), {}};
  const bool generate = options.certificate_file.empty();
  auto problem = set_protocol(context);
  if (problem.empty()) problem = generate ? use_generated(context) : use_files(context, options);
  if (problem.empty()) problem = set_trust(context, options);
  if (!problem.empty()) return {nullptr, problem, {}};
  const auto* certificate = SSL_CTX_get0_certificate(context);
  identity->names = names_of(certificate);
  return {std::move(identity), {}, validity_warning(certificate, options.certificate_file)};
}

TlsFindings check_files(const TlsOptions& options) {
  auto loaded = load_identity(options);
  return {std::move(loaded.problem), std::move(loaded.warning)};
}

std::string date_of(const ASN1_TIME* time) {
  std::tm when{};
  char text[16];
  if (ASN1_TIME_to_tm(time, &when) != 1 || std::strftime(text, sizeof text, "%Y-%m-%d", &when) == 0)
    return "an unreadable date";
  return text;
}

}  // namespace w2s::transport
