#pragma once
#include <string>
#include <string_view>
#include <vector>

#include <openssl/x509.h>

#include "w2s/base/address.hpp"

namespace w2s::transport {

// Whom a certificate is for. Names are in lower case, without a trailing dot.
struct CertificateNames {
  std::vector<std::string> sip_domains;  // hosts of the sip: URIs among its alternative names
  std::vector<std::string> dns;          // may be wildcards
  std::vector<IpAddress> addresses;
  std::string common_name;  // only of a certificate without alternative names: otherwise it names nobody

  std::string to_string() const;  // for messages: "a.example, 192.0.2.1"
};

CertificateNames names_of(const X509* certificate);

std::string comparable_name(std::string_view host);  // lower case, without a trailing dot

// RFC 5922 7.2: is the holder of this certificate `host`, a domain of SIP or an address? Names must be equal
// as a whole; a wildcard stands for nobody.
bool is_identity(const CertificateNames& names, std::string_view host);

// How well a certificate serves a client that asks for `host` by SNI: browsers match as RFC 6125 6.4 says,
// where
// `*` stands for exactly one label, the leftmost.
enum class Fit { none, wildcard, exact };
Fit fit(const CertificateNames& names, std::string_view host);

}  // namespace w2s::transport
