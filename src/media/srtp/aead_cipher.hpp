#pragma once
#include <array>

#include <openssl/evp.h>

#include "packet_cipher.hpp"

namespace w2s::media {

// AES-GCM with a 16-byte tag (RFC 7714).
class AeadCipher final : public PacketCipher {
 public:
  AeadCipher(SrtpProfile profile, const SessionKeys& keys, SrtpUse use, CipherDirection direction);
  ~AeadCipher() override;

  bool seal(const CipherInput& input, std::uint8_t* tag) override;
  bool open(const CipherInput& input, const std::uint8_t* tag) override;

 private:
  std::array<std::uint8_t, 12> nonce(const CipherInput& input) const;
  bool process(const CipherInput& input, int encrypt);

  std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context_;
  std::array<std::uint8_t, 12> salt_{};
  SrtpUse use_;
};

}  // namespace w2s::media
