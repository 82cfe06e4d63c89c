#pragma once
#include <memory>
#include <string>
#include <vector>

#include <openssl/ssl.h>

#include "w2s/transport/sip_transports.hpp"

#include "tls/certificate_names.hpp"

namespace w2s::transport {

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};

// One ssl-certificates entry, ready for handshakes: TLS 1.2 and newer, AEAD suites only (threats.md T23), no
// session cache and no renegotiation.
struct TlsIdentity {
  std::unique_ptr<SSL_CTX, FreeContext> context;
  CertificateNames names;
  bool verify_peer = false;
};
using TlsIdentities = std::vector<std::shared_ptr<const TlsIdentity>>;  // the first one is the default

struct LoadedIdentity {
  std::shared_ptr<const TlsIdentity> identity;  // nullptr: `problem` says which file is at fault, and why
  std::string problem;
  std::string warning;  // it can be used, but peers will not like it
};
// Without files a certificate is generated. Never asks anybody for a passphrase.
LoadedIdentity load_identity(const TlsOptions& options);

std::string date_of(const ASN1_TIME* time);  // "2026-01-31"

}  // namespace w2s::transport
