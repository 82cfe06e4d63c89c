#pragma once
#include <memory>

#include <openssl/ssl.h>

#include "byte_stream.hpp"

namespace w2s::transport {

// TLS straight on the non-blocking socket: OpenSSL reads and writes it through a BIO of ours, so that there
// are no buffers between them and a broken connection raises no SIGPIPE.
class TlsStream final : public ByteStream {
 public:
  TlsStream(tcp::socket socket, SSL* ssl);  // takes `ssl`

  SSL* ssl() { return ssl_.get(); }
  IoResult handshake() override;
  IoResult read(MutableByteView into) override;
  IoResult write(ByteView from) override;
  void shut_down() override;

 private:
  struct FreeSsl {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  IoResult outcome(int returned, std::size_t bytes);

  std::unique_ptr<SSL, FreeSsl> ssl_;
};

}  // namespace w2s::transport
