#pragma once
#include <memory>
#include <string>

#include <openssl/ssl.h>

#include "byte_stream.hpp"
#include "tls/tls_identity.hpp"

namespace w2s::transport {

// TLS straight on the non-blocking socket: OpenSSL reads and writes it through a BIO of ours, so that there
// are no buffers between them and a broken connection raises no SIGPIPE.
class TlsStream final : public ByteStream {
 public:
  // As the server: the certificate is chosen by SNI.
  TlsStream(tcp::socket socket, std::shared_ptr<const TlsIdentities> identities);
  // As the client, who wants `host` (a name or an address).
  TlsStream(tcp::socket socket, const TlsIdentity& identity, std::string host);

  IoResult handshake() override;
  IoResult read(MutableByteView into) override;
  bool holds_bytes() const override { return SSL_has_pending(ssl_.get()) == 1; }
  IoResult write(ByteView from) override;
  void shut_down() override;
  std::string explain(const error_code& error) const override;
  bool is_clear_http(const error_code& error) const override;
  bool proves(std::string_view host) const override;

  // Of OpenSSL, for every context of a server (SSL_CTX_set_tlsext_servername_callback).
  static int on_server_name(SSL* ssl, int* alert, void*);

  // What the BIO works on.
  struct Wire {
    int socket;
    int receives_left;  // of this call into OpenSSL
  };

 private:
  struct FreeSsl {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  TlsStream(tcp::socket socket, const TlsIdentity& identity);

  static TlsStream& of(const SSL* ssl);
  static int on_certificate(int ok, X509_STORE_CTX* store);
  void verify_with(const TlsIdentity& identity);
  void begin_call();
  IoResult outcome(int returned, std::size_t bytes);

  Wire wire_;
  std::unique_ptr<SSL, FreeSsl> ssl_;
  std::shared_ptr<const TlsIdentities> identities_;  // of a server, until the handshake is done
  std::string host_;                                 // of a client
  std::string certificate_problem_;
};

}  // namespace w2s::transport
