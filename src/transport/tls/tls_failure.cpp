#include "tls/tls_failure.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "tls/tls_identity.hpp"

namespace w2s::transport {
namespace {

// OpenSSL's packed error codes as they are.
class TlsCategory final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "tls"; }
  std::string message(int value) const override {
    const char* reason = ERR_reason_error_string(static_cast<unsigned long>(value));
    return reason != nullptr ? reason : "TLS error " + std::to_string(value);
  }
};

const TlsCategory category;

// 0: no error of libssl.
int reason_of(const error_code& error) {
  const auto code = static_cast<unsigned long>(error.value());
  return error.category() == category && ERR_GET_LIB(code) == ERR_LIB_SSL ? ERR_GET_REASON(code) : 0;
}

std::string explain_alert(int alert) {
  const std::string name = SSL_alert_desc_string_long(alert);
  switch (alert) {
    case SSL_AD_UNKNOWN_CA:
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_CERTIFICATE_UNKNOWN:
    case SSL_AD_CERTIFICATE_EXPIRED:
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
      return "it does not accept our certificate (alert \"" + name + "\"); see ssl-certificates";
    case SSL_AD_CERTIFICATE_REQUIRED:
      return "it wants a certificate of ours that it trusts (alert \"" + name + "\"); see ssl-certificates";
    case SSL_AD_HANDSHAKE_FAILURE:
    case SSL_AD_PROTOCOL_VERSION:
      return "it has no protocol version or cipher in common with us (alert \"" + name +
             "\"); we speak TLS 1.2 and newer with AEAD ciphers";
    default: return "it ended the handshake (alert \"" + name + "\")";
  }
}

std::string name_of_issuer(const X509* certificate) {
  char name[256];
  X509_NAME_oneline(X509_get_issuer_name(certificate), name, sizeof name);
  return name;
}

std::string explain_names(const X509* certificate, std::string_view host) {
  const auto names = names_of(certificate);
  auto text = "its certificate is for " + names.to_string() + ", not for " + std::string(host);
  if (fit(names, host) == Fit::wildcard) text += " (in SIP a wildcard stands for nobody: RFC 5922 7.2)";
  return text;
}

}  // namespace

error_code tls_error(unsigned long code) {
  return {static_cast<int>(code), category};
}

bool is_clear_http(const error_code& error) {
  return reason_of(error) == SSL_R_HTTP_REQUEST;
}

std::string explain_tls_error(const error_code& error) {
  const int reason = reason_of(error);
  if (reason > SSL_AD_REASON_OFFSET) return explain_alert(reason - SSL_AD_REASON_OFFSET);
  switch (reason) {
    case SSL_R_HTTP_REQUEST:
      return "it speaks HTTP without TLS on a port with TLS: a page must use wss:// here, not ws://";
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_UNKNOWN_PROTOCOL:
    case SSL_R_BAD_RECORD_TYPE: return "what it sends is not TLS; is the port one without TLS?";
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
      return "no shared cipher: it offers none of ECDHE with AES-GCM or ChaCha20-Poly1305 for our "
             "certificate";
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW: return "it speaks only versions of TLS before 1.2";
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      return "it showed no certificate, and ssl-certificates says that peers are verified";
    default: return error.message();
  }
}

std::string explain_certificate(X509_STORE_CTX* store, std::string_view host) {
  const auto* certificate = X509_STORE_CTX_get_current_cert(store);
  const int error = X509_STORE_CTX_get_error(store);
  const std::string reason = X509_verify_cert_error_string(error);
  if (certificate == nullptr) return reason;
  const std::string whose =
      X509_STORE_CTX_get_error_depth(store) == 0 ? "its certificate" : "a certificate of its chain";
  switch (error) {
    case X509_V_ERR_HOSTNAME_MISMATCH: return explain_names(certificate, host);
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return whose + " expired on " + date_of(X509_get0_notAfter(certificate));
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return whose + " is not valid before " + date_of(X509_get0_notBefore(certificate));
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return whose + " is signed by \"" + name_of_issuer(certificate) +
             "\", which is not among our authorities (ssl-certificates, third field): " + reason;
    default: return whose + " cannot be trusted: " + reason;
  }
}

}  // namespace w2s::transport
