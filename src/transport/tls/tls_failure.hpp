#pragma once
#include <string>
#include <string_view>

#include <openssl/x509.h>

#include "byte_stream.hpp"

namespace w2s::transport {

// Why TLS failed, in words that somebody who runs a gateway can act on. "It" is the peer.

error_code tls_error(unsigned long code);  // of OpenSSL's queue, as it is

std::string explain_tls_error(const error_code& error);
bool is_clear_http(const error_code& error);

// What is wrong with the certificate that X509_verify_cert stands at; `host`: the name that it was held to.
std::string explain_certificate(X509_STORE_CTX* store, std::string_view host);

}  // namespace w2s::transport
