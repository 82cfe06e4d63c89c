#include "aead_cipher.hpp"

#include <algorithm>
#include <stdexcept>

#include <openssl/crypto.h>

namespace w2s::media {

AeadCipher::AeadCipher(SrtpProfile profile, const SessionKeys& keys, SrtpUse use, CipherDirection direction)
    : context_(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free), use_(use) {
  std::copy_n(keys.salt.begin(), salt_.size(), salt_.begin());
  const auto* cipher = profile == SrtpProfile::aead_aes_256_gcm ? EVP_aes_256_gcm() : EVP_aes_128_gcm();
  if (!context_ || EVP_CipherInit_ex2(context_.get(), cipher, keys.encryption.data(), nullptr,
                                      direction == CipherDirection::seal, nullptr) != 1)
    throw std::runtime_error("OpenSSL has no AES-GCM");
}

AeadCipher::~AeadCipher() {
  OPENSSL_cleanse(salt_.data(), salt_.size());
}

// RFC 7714 8.1 and 9.1: two zero bytes, SSRC and the 48-bit index, XORed with the salt. For SRTCP the upper
// 17 bits of the index are zero, which makes both figures the same.
std::array<std::uint8_t, 12> AeadCipher::nonce(const CipherInput& input) const {
  std::array<std::uint8_t, 12> out{};
  store_be32(&out[2], input.ssrc);
  store_be16(&out[6], static_cast<std::uint16_t>(input.index >> 32));
  store_be32(&out[8], static_cast<std::uint32_t>(input.index));
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::uint8_t>(out[i] ^ salt_[i]);
  return out;
}

bool AeadCipher::process(const CipherInput& input, int encrypt) {
  const auto iv = nonce(input);
  auto* context = context_.get();
  int written = 0;
  if (EVP_CipherInit_ex2(context, nullptr, nullptr, iv.data(), encrypt, nullptr) != 1) return false;
  if (EVP_CipherUpdate(context, nullptr, &written, input.packet.data(), static_cast<int>(input.clear)) != 1)
    return false;
  // RFC 7714 9.2: the word with the E flag and the index ends the associated data of SRTCP. SRTP adds
  // nothing: its roll-over counter is in the nonce.
  if (use_ == SrtpUse::rtcp) {
    std::array<std::uint8_t, 4> word;
    store_be32(word.data(), input.word);
    if (EVP_CipherUpdate(context, nullptr, &written, word.data(), static_cast<int>(word.size())) != 1)
      return false;
  }
  const auto secret = input.packet.subspan(input.clear);
  return secret.empty() || EVP_CipherUpdate(context, secret.data(), &written, secret.data(),
                                            static_cast<int>(secret.size())) == 1;
}

bool AeadCipher::seal(const CipherInput& input, std::uint8_t* tag) {
  std::uint8_t none[1];  // GCM leaves nothing for the final call to write
  int written = 0;
  return process(input, 1) && EVP_CipherFinal_ex(context_.get(), none, &written) == 1 &&
         EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_GET_TAG, 16, tag) == 1;
}

bool AeadCipher::open(const CipherInput& input, const std::uint8_t* tag) {
  std::uint8_t none[1];
  int written = 0;
  // The tag is only read; the parameter of EVP_CIPHER_CTX_ctrl serves both ways.
  return process(input, 0) &&
         EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_SET_TAG, 16, const_cast<std::uint8_t*>(tag)) ==
             1 &&
         EVP_CipherFinal_ex(context_.get(), none, &written) == 1;
}

}  // namespace w2s::media
