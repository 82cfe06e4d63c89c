#include "media/dtls/certificate.hpp"

#include <algorithm>
#include <stdexcept>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include "w2s/base/encoding.hpp"

namespace w2s::media::dtls {
namespace {

void require(bool ok) {
  if (!ok) throw std::runtime_error("OpenSSL cannot make the DTLS certificate");
}

// Firefox refuses a certificate whose issuer and serial it has seen with another key, so both are random.
void name_at_random(X509* x509) {
  std::uint8_t random[16];
  require(RAND_bytes(random, sizeof random) == 1);
  random[0] &= 0x7f;  // RFC 5280 4.1.2.2: positive, at most 20 octets
  BIGNUM* number = BN_bin2bn(random, sizeof random, nullptr);
  require(number != nullptr && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x509)) != nullptr);
  BN_free(number);

  const auto text = "webrtc2sip-" + hex({random, 4});
  X509_NAME* name = X509_get_subject_name(x509);
  require(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                     reinterpret_cast<const unsigned char*>(text.c_str()), -1, -1, 0) == 1);
  require(X509_set_issuer_name(x509, name) == 1);
}

std::string digest(X509* x509, const EVP_MD* hash) {
  std::uint8_t out[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  require(X509_digest(x509, hash, out, &length) == 1);
  auto text = hex({out, length}, ':');
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c; });
  return text;
}

const EVP_MD* hash_named(const std::string& lower_case) {
  if (lower_case == "sha-256") return EVP_sha256();
  if (lower_case == "sha-384") return EVP_sha384();
  if (lower_case == "sha-512") return EVP_sha512();
  return nullptr;
}

}  // namespace

Certificate::Certificate() : key_(EVP_EC_gen("P-256")), x509_(X509_new()) {
  require(key_ != nullptr && x509_ != nullptr);
  require(X509_set_version(x509_.get(), X509_VERSION_3) == 1);
  name_at_random(x509_.get());
  // A day back for peers whose clock is behind; the fingerprint, not the date, is what is trusted.
  require(X509_gmtime_adj(X509_getm_notBefore(x509_.get()), -24 * 3600) != nullptr);
  require(X509_gmtime_adj(X509_getm_notAfter(x509_.get()), 365L * 24 * 3600) != nullptr);
  require(X509_set_pubkey(x509_.get(), key_.get()) == 1);
  require(X509_sign(x509_.get(), key_.get(), EVP_sha256()) > 0);
  fingerprint_ = "sha-256 " + digest(x509_.get(), EVP_sha256());
}

Certificate::~Certificate() = default;

void Certificate::Free::operator()(evp_pkey_st* key) const {
  EVP_PKEY_free(key);
}
void Certificate::Free::operator()(x509_st* x509) const {
  X509_free(x509);
}

bool matches(x509_st* certificate, const std::string& fingerprint) {
  const auto space = fingerprint.find(' ');
  if (space == std::string::npos) return false;
  const EVP_MD* hash = hash_named(to_lower(fingerprint.substr(0, space)));
  if (hash == nullptr) return false;
  return iequals(digest(certificate, hash), trim(std::string_view(fingerprint).substr(space)));
}

}  // namespace w2s::media::dtls
