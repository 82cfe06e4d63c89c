#include "tls/certificate.hpp"

#include <stdexcept>

#include <openssl/bn.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

namespace w2s::transport {
namespace {

constexpr long one_day = 24 * 60 * 60;

void require(bool ok) {
  if (!ok) throw std::runtime_error("cannot generate a TLS certificate");
}

void set_random_serial(X509* certificate) {
  const std::unique_ptr<BIGNUM, decltype(&BN_free)> serial(BN_new(), &BN_free);
  // RFC 5280 4.1.2.2: positive, at most 20 octets.
  require(serial && BN_rand(serial.get(), 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1);
  require(BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate)) != nullptr);
}

void set_names(X509* certificate) {
  auto* name = X509_get_subject_name(certificate);
  const auto* common_name = reinterpret_cast<const unsigned char*>("webrtc2sip");
  require(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common_name, -1, -1, 0) == 1);
  require(X509_set_issuer_name(certificate, name) == 1);
  // Browsers look at the alternative names only; these serve a try-out on the same machine.
  const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> names(
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1"),
      &X509_EXTENSION_free);
  require(names && X509_add_ext(certificate, names.get(), -1) == 1);
}

}  // namespace

Identity make_self_signed() {
  Identity identity;
  identity.key.reset(EVP_EC_gen("P-256"));
  identity.certificate.reset(X509_new());
  auto* certificate = identity.certificate.get();
  require(identity.key && certificate != nullptr && X509_set_version(certificate, X509_VERSION_3) == 1);
  set_random_serial(certificate);
  set_names(certificate);
  require(X509_gmtime_adj(X509_getm_notBefore(certificate), -one_day) != nullptr);
  require(X509_gmtime_adj(X509_getm_notAfter(certificate), 365 * one_day) != nullptr);
  require(X509_set_pubkey(certificate, identity.key.get()) == 1);
  require(X509_sign(certificate, identity.key.get(), EVP_sha256()) > 0);
  return identity;
}

}  // namespace w2s::transport
