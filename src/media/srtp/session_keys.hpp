#pragma once
#include <array>
#include <cstdint>

#include "srtp.hpp"

namespace w2s::media {

enum class SrtpUse : std::uint8_t { rtp, rtcp };

// What one direction of SRTP or of SRTCP encrypts and authenticates with; zeroed when it goes.
struct SessionKeys {
  std::array<std::uint8_t, 32> encryption{};      // the first key_length(profile) bytes
  std::array<std::uint8_t, 20> authentication{};  // aes128_cm_sha1_80 only
  std::array<std::uint8_t, 14> salt{};            // the first salt_length(profile) bytes

  ~SessionKeys();
};

// RFC 3711 4.3.1 and 4.3.2: what a derived key is for.
enum class KeyLabel : std::uint8_t {
  rtp_encryption = 0,
  rtp_authentication = 1,
  rtp_salt = 2,
  rtcp_encryption = 3,
  rtcp_authentication = 4,
  rtcp_salt = 5,
};

// Fills `out` from the master key (RFC 3711 4.3.3). With key derivation rate 0 this happens once.
void derive_key(const SrtpKey& master, KeyLabel label, MutableByteView out);

// Throws std::invalid_argument when the key or salt has not the length of the profile.
SessionKeys derive_session_keys(SrtpProfile profile, const SrtpKey& master, SrtpUse use);

}  // namespace w2s::media
