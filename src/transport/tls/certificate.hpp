#pragma once
#include <memory>

#include <openssl/evp.h>
#include <openssl/x509.h>

namespace w2s::transport {

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeCertificate {
  void operator()(X509* certificate) const { X509_free(certificate); }
};

struct Identity {
  std::unique_ptr<EVP_PKEY, FreeKey> key;
  std::unique_ptr<X509, FreeCertificate> certificate;
};

// A P-256 key and a certificate that it signed itself, for a gateway that was given none. The serial is
// random: a browser that remembers another certificate of the same issuer and serial refuses this one.
Identity make_self_signed();

}  // namespace w2s::transport
