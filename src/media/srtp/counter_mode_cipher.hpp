#pragma once
#include <array>

#include <openssl/evp.h>

#include "hmac_sha1.hpp"
#include "packet_cipher.hpp"

namespace w2s::media {

// AES-128 in counter mode with HMAC-SHA1 cut to 80 bits (RFC 3711 4.1.1, 4.2.1).
class CounterModeCipher final : public PacketCipher {
 public:
  explicit CounterModeCipher(const SessionKeys& keys);
  ~CounterModeCipher() override;

  bool seal(const CipherInput& input, std::uint8_t* tag) override;
  bool open(const CipherInput& input, const std::uint8_t* tag) override;

 private:
  bool apply_keystream(const CipherInput& input);

  std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context_;
  std::array<std::uint8_t, 14> salt_;
  HmacSha1 hmac_;
};

}  // namespace w2s::media
