#pragma once
// The browser's half of a DTLS-SRTP handshake: plain OpenSSL, with the faults that a test wants.
#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <openssl/srtp.h>
#include <openssl/ssl.h>

#include "media/dtls/association.hpp"
#include "media/dtls/certificate.hpp"
#include "media/dtls/datagram_bio.hpp"

namespace w2s::test {

class DtlsPeer {
 public:
  struct Options {
    bool client = true;
    std::string profiles =
        "SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_256_GCM:SRTP_AEAD_AES_128_GCM";  // empty: no use_srtp
    std::string ciphers = "ECDHE+AESGCM";
    bool with_certificate = true;
  };

  DtlsPeer() : DtlsPeer(Options{}) {}
  explicit DtlsPeer(const Options& options)
      : client_(options.client), context_(SSL_CTX_new(DTLS_method()), SSL_CTX_free) {
    SSL_CTX_set_options(context_.get(), SSL_OP_NO_QUERY_MTU);
    SSL_CTX_set_security_level(context_.get(), 0);  // so that a test may ask for what must be refused
    SSL_CTX_set_cipher_list(context_.get(), options.ciphers.c_str());
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, [](int, X509_STORE_CTX*) { return 1; });
    if (!options.profiles.empty()) SSL_CTX_set_tlsext_use_srtp(context_.get(), options.profiles.c_str());
    if (options.with_certificate) {
      SSL_CTX_use_certificate(context_.get(), certificate_.x509());
      SSL_CTX_use_PrivateKey(context_.get(), certificate_.key());
    }
    io_.transmit = [this](ByteView datagram) { outgoing_.emplace_back(datagram.begin(), datagram.end()); };
    ssl_ = {SSL_new(context_.get()), SSL_free};
    BIO* bio = media::dtls::new_datagram_bio(io_);
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_mtu(ssl_.get(), 1200);
    DTLS_set_timer_cb(ssl_.get(), [](SSL*, unsigned) { return 100'000U; });
    if (client_)
      SSL_set_connect_state(ssl_.get());
    else
      SSL_set_accept_state(ssl_.get());
  }

  const std::string& fingerprint() const { return certificate_.fingerprint(); }
  // Sends the ClientHello of a client.
  void start() { proceed(); }
  void on_datagram(ByteView datagram) {
    io_.incoming = datagram;
    proceed();
    io_.incoming = {};
  }
  // Retransmits when its timer (100 ms) has run out.
  void on_time() {
    if (!connected_ && !failed_) DTLSv1_handle_timeout(ssl_.get());
  }
  std::vector<Bytes> take_outgoing() { return std::exchange(outgoing_, {}); }

  bool connected() const { return connected_; }
  bool failed() const { return failed_; }
  std::string cipher() const { return SSL_get_cipher_name(ssl_.get()); }
  std::string profile() const {
    const auto* selected = SSL_get_selected_srtp_profile(ssl_.get());
    return selected == nullptr ? "" : selected->name;
  }

  media::dtls::SrtpKeys keys() const {
    const auto id = SSL_get_selected_srtp_profile(ssl_.get())->id;
    const auto profile = id == SRTP_AEAD_AES_128_GCM   ? media::SrtpProfile::aead_aes_128_gcm
                         : id == SRTP_AEAD_AES_256_GCM ? media::SrtpProfile::aead_aes_256_gcm
                                                       : media::SrtpProfile::aes128_cm_sha1_80;
    const auto key = media::key_length(profile);
    const auto salt = media::salt_length(profile);
    Bytes m(2 * (key + salt));
    SSL_export_keying_material(ssl_.get(), m.data(), m.size(), "EXTRACTOR-dtls_srtp", 19, nullptr, 0, 0);
    const auto part = [&](std::size_t at, std::size_t n) {
      return Bytes(m.begin() + static_cast<std::ptrdiff_t>(at),
                   m.begin() + static_cast<std::ptrdiff_t>(at + n));
    };
    media::dtls::SrtpKeys keys{
        profile, {part(0, key), part(2 * key, salt)}, {part(key, key), part(2 * key + salt, salt)}};
    if (!client_) std::swap(keys.ours, keys.theirs);
    return keys;
  }

 private:
  void proceed() {
    if (connected_ || failed_) {
      std::array<std::uint8_t, 64> ignored;
      while (!failed_ && SSL_read(ssl_.get(), ignored.data(), ignored.size()) > 0) {
      }
      return;
    }
    const int result = SSL_do_handshake(ssl_.get());
    connected_ = result == 1;
    if (!connected_) failed_ = SSL_get_error(ssl_.get(), result) == SSL_ERROR_SSL;
  }

  bool client_;
  media::dtls::Certificate certificate_;
  media::dtls::DatagramIo io_;
  std::vector<Bytes> outgoing_;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_{nullptr, SSL_free};
  bool connected_ = false;
  bool failed_ = false;
};

}  // namespace w2s::test
