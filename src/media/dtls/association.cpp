#include "media/dtls/association.hpp"

#include <algorithm>
#include <array>
#include <new>
#include <sys/time.h>
#include <utility>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/srtp.h>
#include <openssl/ssl.h>

namespace w2s::media::dtls {
namespace {

// RFC 6347 4.2.4.1 recommends one second to start with and allows less where the delay is known to be short:
// ICE has just measured it. Doubled with every retransmission up to the limit.
unsigned retransmission_timer(SSL*, unsigned previous_us) {
  constexpr unsigned first_us = 400'000;
  constexpr unsigned limit_us = 4'000'000;
  return previous_us == 0 ? first_us : std::min(2 * previous_us, limit_us);
}

std::optional<SrtpProfile> selected_profile(SSL* ssl) {
  const SRTP_PROTECTION_PROFILE* selected = SSL_get_selected_srtp_profile(ssl);
  if (selected == nullptr) return std::nullopt;
  switch (selected->id) {
    case SRTP_AEAD_AES_128_GCM: return SrtpProfile::aead_aes_128_gcm;
    case SRTP_AEAD_AES_256_GCM: return SrtpProfile::aead_aes_256_gcm;
    case SRTP_AES128_CM_SHA1_80: return SrtpProfile::aes128_cm_sha1_80;
    default: return std::nullopt;
  }
}

std::string last_error() {
  const auto code = ERR_peek_last_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "handshake failed" : reason;
}

}  // namespace

const char* name(SrtpProfile profile) {
  switch (profile) {
    case SrtpProfile::aead_aes_128_gcm: return "AEAD_AES_128_GCM";
    case SrtpProfile::aead_aes_256_gcm: return "AEAD_AES_256_GCM";
    case SrtpProfile::aes128_cm_sha1_80: return "AES_CM_128_HMAC_SHA1_80";
  }
  return "?";
}

Association::Association(const Context& context, Role role, std::string fingerprint,
                         std::function<void(ByteView)> transmit)
    : context_(context),
      role_(role),
      fingerprint_(std::move(fingerprint)),
      io_{{}, [send = std::move(transmit)](ByteView datagram) {
            // Our own alert about a forged record would end the handshake of the honest peer behind it.
            auto rest = datagram;
            const auto first = next_record(rest);
            if (first && !first->is_plain_alert()) send(datagram);
          }} {
  begin();
}

Association::~Association() = default;

void Association::Free::operator()(ssl_st* ssl) const {
  SSL_free(ssl);
}

void Association::begin() {
  broken_ = false;
  ssl_.reset(SSL_new(context_.get()));
  BIO* bio = ssl_ ? new_datagram_bio(io_) : nullptr;
  if (bio == nullptr) throw std::bad_alloc();
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_mtu(ssl_.get(),
              DatagramIo::mtu);  // without it and with SSL_OP_NO_QUERY_MTU the handshake stalls silently
  DTLS_set_timer_cb(ssl_.get(), retransmission_timer);
  if (role_ == Role::passive) {
    SSL_set_accept_state(ssl_.get());
  } else {
    SSL_set_connect_state(ssl_.get());
    continue_handshake();
  }
}

void Association::on_datagram(ByteView datagram) {
  // Record by record, so that one which must not be heard does not take its neighbours with it.
  while (const auto record = next_record(datagram)) {
    if (record->is_plain_alert()) {
      on_plain_alert(*record);
      continue;
    }
    if (record->is_cut_off()) continue;
    io_.incoming = record->bytes;
    if (state_ == State::handshaking) {
      if (!broken_) continue_handshake();
    } else {
      absorb();
    }
    io_.incoming = {};
  }
}

void Association::on_time() {
  if (state_ != State::handshaking) return;
  if (broken_) {
    begin();
    return;
  }
  ERR_clear_error();
  if (DTLSv1_handle_timeout(ssl_.get()) < 0) on_handshake_error(-1);
}

std::optional<Duration> Association::next_timeout() const {
  if (state_ != State::handshaking) return std::nullopt;
  if (broken_) return Duration::zero();
  timeval left{};
  if (DTLSv1_get_timeout(ssl_.get(), &left) != 1) return std::nullopt;
  return std::chrono::seconds(left.tv_sec) + std::chrono::microseconds(left.tv_usec);
}

std::optional<SrtpKeys> Association::take_keys() {
  return std::exchange(keys_, std::nullopt);
}

void Association::continue_handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1)
    on_handshake_done();
  else
    on_handshake_error(result);
}

// The peer has proved that it owns the key of its certificate; only now a wrong certificate is the peer's own
// doing.
void Association::on_handshake_done() {
  X509* certificate = SSL_get0_peer_certificate(ssl_.get());
  if (certificate == nullptr || !matches(certificate, fingerprint_)) {
    state_ = State::wrong_fingerprint;
    return;
  }
  // A handshake without a common profile succeeds like any other.
  keys_ = export_keys();
  state_ = keys_ ? State::connected : State::no_srtp_profile;
}

void Association::on_handshake_error(int result) {
  const int error = SSL_get_error(ssl_.get(), result);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return;
  trouble_ = last_error();
  ERR_clear_error();
  // A record that anybody could have forged must not end a call: forget this attempt and listen for another.
  // The active side waits for on_time, or every bad record would draw a ClientHello.
  if (role_ == Role::passive)
    begin();
  else
    broken_ = true;
}

void Association::on_plain_alert(const Record& record) {
  if (state_ != State::handshaking || record.payload.size() != 2) return;
  trouble_ = std::string("peer's alert: ") + SSL_alert_desc_string_long(record.payload[1]);
}

// After the handshake only the peer's retransmission of its last flight matters: reading it makes OpenSSL
// repeat ours.
void Association::absorb() {
  std::array<std::uint8_t, 256> ignored;
  ERR_clear_error();
  while (SSL_read(ssl_.get(), ignored.data(), ignored.size()) > 0) {
  }
  ERR_clear_error();
}

std::optional<SrtpKeys> Association::export_keys() const {
  const auto profile = selected_profile(ssl_.get());
  if (!profile) return std::nullopt;
  // RFC 5764 4.2: client key, server key, client salt, server salt.
  const auto key = key_length(*profile);
  const auto salt = salt_length(*profile);
  static constexpr std::string_view label = "EXTRACTOR-dtls_srtp";
  std::array<std::uint8_t, 2 * (32 + 14)> material{};
  if (SSL_export_keying_material(ssl_.get(), material.data(), 2 * (key + salt), label.data(), label.size(),
                                 nullptr, 0, 0) != 1)
    return std::nullopt;
  const auto part = [&](std::size_t offset, std::size_t length) {
    const auto* first = material.data() + offset;
    return Bytes(first, first + length);
  };
  SrtpKeys keys{*profile, {part(0, key), part(2 * key, salt)}, {part(key, key), part(2 * key + salt, salt)}};
  OPENSSL_cleanse(material.data(), material.size());
  if (role_ == Role::passive) std::swap(keys.ours, keys.theirs);
  return keys;
}

}  // namespace w2s::media::dtls
