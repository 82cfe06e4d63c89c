#pragma once
#include <memory>
#include <string>

struct evp_pkey_st;
struct x509_st;

namespace w2s::media::dtls {

// A self-signed P-256 certificate made at start-up (RFC 8827 6.5), never the TLS one.
class Certificate {
 public:
  Certificate();  // throws std::runtime_error when OpenSSL cannot make one
  ~Certificate();

  // "sha-256 AB:CD:…" for a=fingerprint (RFC 8122 5).
  const std::string& fingerprint() const { return fingerprint_; }
  evp_pkey_st* key() const { return key_.get(); }
  x509_st* x509() const { return x509_.get(); }

 private:
  struct Free {
    void operator()(evp_pkey_st* key) const;
    void operator()(x509_st* x509) const;
  };
  std::unique_ptr<evp_pkey_st, Free> key_;
  std::unique_ptr<x509_st, Free> x509_;
  std::string fingerprint_;
};

// Does `certificate` have the signalled fingerprint, "sha-256 AB:…" (or sha-384, sha-512)? The weak hashes of
// RFC 8122 (sha-1, md5) never match.
bool matches(x509_st* certificate, const std::string& fingerprint);

}  // namespace w2s::media::dtls
