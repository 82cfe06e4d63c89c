#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "w2s/base/bytes.hpp"

#include "replay_window.hpp"

// SRTP and SRTCP (RFC 3711) with the three protection profiles that browsers speak, over OpenSSL EVP.
namespace w2s::media {

class PacketCipher;

enum class SrtpProfile : std::uint8_t {
  aead_aes_128_gcm,   // RFC 7714 14.2, SRTP_AEAD_AES_128_GCM
  aead_aes_256_gcm,   // RFC 7714 14.2, SRTP_AEAD_AES_256_GCM
  aes128_cm_sha1_80,  // RFC 5764 4.1.2, SRTP_AES128_CM_HMAC_SHA1_80
};

constexpr std::size_t key_length(SrtpProfile p) {
  return p == SrtpProfile::aead_aes_256_gcm ? 32 : 16;
}
constexpr std::size_t salt_length(SrtpProfile p) {
  return p == SrtpProfile::aes128_cm_sha1_80 ? 14 : 12;
}
constexpr std::size_t tag_length(SrtpProfile p) {
  return p == SrtpProfile::aes128_cm_sha1_80 ? 10 : 16;
}
// The most that protect_rtp (tag) or protect_rtcp (tag, E flag and index) adds.
constexpr std::size_t overhead(SrtpProfile p) {
  return tag_length(p) + 4;
}

// Master key and master salt of one direction; zeroed when it goes.
struct SrtpKey {
  Bytes key;   // key_length(profile)
  Bytes salt;  // salt_length(profile)
  ~SrtpKey();
};

// What is kept per SSRC: the highest index and which indexes before it were used.
struct SrtpStream {
  std::uint32_t ssrc;
  ReplayWindow window;
};

// Protects what we send: one direction, any number of SSRCs.
class SrtpSender {
 public:
  // Throws std::invalid_argument when the key or salt has not the length of the profile: our own mistake,
  // never input.
  SrtpSender(SrtpProfile profile, const SrtpKey& master);
  ~SrtpSender();
  SrtpSender(SrtpSender&&) noexcept;
  SrtpSender& operator=(SrtpSender&&) noexcept;

  std::size_t overhead() const { return media::overhead(profile_); }
  // Encrypts the first `length` bytes of `buffer` in place; `buffer` must have room for overhead() more.
  // Returns the new length, or 0: malformed header, no room, key exhausted, or a sequence number that was
  // sent before (under the same key a second packet with one index would give both away; keep the protected
  // bytes to resend a packet).
  [[nodiscard]] std::size_t protect_rtp(MutableByteView buffer, std::size_t length);
  [[nodiscard]] std::size_t protect_rtcp(MutableByteView buffer, std::size_t length);

 private:
  struct RtcpCounter {
    std::uint32_t ssrc;
    std::uint32_t next_index;
  };

  SrtpProfile profile_;
  std::unique_ptr<PacketCipher> rtp_cipher_;
  std::unique_ptr<PacketCipher> rtcp_cipher_;
  std::vector<SrtpStream> rtp_streams_;
  std::vector<RtcpCounter> rtcp_counters_;
};

// Verifies and decrypts what the peer sends: one direction, at most max_streams SSRCs.
class SrtpReceiver {
 public:
  // Two streams at a time; each time that a peer ends one and begins it anew it may take another SSRC.
  static constexpr std::size_t max_streams = 64;
  enum class Verdict : std::uint8_t { ok, malformed, authentication_failed, replayed, too_many_streams };

  SrtpReceiver(SrtpProfile profile, const SrtpKey& master);  // throws as SrtpSender does
  ~SrtpReceiver();
  SrtpReceiver(SrtpReceiver&&) noexcept;
  SrtpReceiver& operator=(SrtpReceiver&&) noexcept;

  // Authenticates before anything else and decrypts the first `length` bytes of `packet` in place. On ok
  // `length` is the length of the plain packet; on any other verdict nothing but the bytes of `packet` has
  // changed.
  [[nodiscard]] Verdict unprotect_rtp(MutableByteView packet, std::size_t& length);
  [[nodiscard]] Verdict unprotect_rtcp(MutableByteView packet, std::size_t& length);

 private:
  static Verdict accept(std::vector<SrtpStream>& streams, SrtpStream* known, std::uint32_t ssrc,
                        std::uint64_t index);

  SrtpProfile profile_;
  std::unique_ptr<PacketCipher> rtp_cipher_;
  std::unique_ptr<PacketCipher> rtcp_cipher_;
  std::vector<SrtpStream> rtp_streams_;
  std::vector<SrtpStream> rtcp_streams_;
};

}  // namespace w2s::media
