#pragma once
#include <memory>
#include <string>

#include <openssl/ssl.h>

#include "w2s/transport/sip_transports.hpp"

#include "byte_stream.hpp"

namespace w2s::transport {

// The TLS settings of all listeners and of all connections that we open: TLS 1.2 and newer, AEAD suites only
// (threats.md T23), no session cache and no renegotiation.
class TlsContext {
 public:
  explicit TlsContext(const TlsOptions& options);  // throws std::runtime_error naming the file at fault

  std::unique_ptr<ByteStream> accept(tcp::socket socket) const;
  // `host` goes into SNI unless it is an address, and must be in the certificate when peers are verified.
  std::unique_ptr<ByteStream> connect(tcp::socket socket, const std::string& host) const;

 private:
  struct FreeContext {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  std::unique_ptr<SSL_CTX, FreeContext> context_;
  bool verify_peer_;
};

}  // namespace w2s::transport
