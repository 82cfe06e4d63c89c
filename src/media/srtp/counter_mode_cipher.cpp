#include "counter_mode_cipher.hpp"

#include <algorithm>
#include <stdexcept>

#include <openssl/crypto.h>

namespace w2s::media {
namespace {

constexpr std::size_t tag_size = tag_length(SrtpProfile::aes128_cm_sha1_80);

}  // namespace

CounterModeCipher::CounterModeCipher(const SessionKeys& keys)
    : context_(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free), salt_(keys.salt), hmac_(keys.authentication) {
  if (!context_ ||
      EVP_EncryptInit_ex2(context_.get(), EVP_aes_128_ctr(), keys.encryption.data(), nullptr, nullptr) != 1)
    throw std::runtime_error("OpenSSL has no AES in counter mode");
}

CounterModeCipher::~CounterModeCipher() {
  OPENSSL_cleanse(salt_.data(), salt_.size());
}

bool CounterModeCipher::apply_keystream(const CipherInput& input) {
  const auto secret = input.packet.subspan(input.clear);
  if (secret.empty()) return true;
  // RFC 3711 4.1.1: IV = salt * 2^16 XOR SSRC * 2^64 XOR index * 2^16; the last two bytes count blocks.
  std::array<std::uint8_t, 16> iv{};
  store_be32(&iv[4], input.ssrc);
  store_be16(&iv[8], static_cast<std::uint16_t>(input.index >> 32));
  store_be32(&iv[10], static_cast<std::uint32_t>(input.index));
  for (std::size_t i = 0; i < salt_.size(); ++i) iv[i] = static_cast<std::uint8_t>(iv[i] ^ salt_[i]);
  int written = 0;
  return EVP_EncryptInit_ex2(context_.get(), nullptr, nullptr, iv.data(), nullptr) == 1 &&
         EVP_EncryptUpdate(context_.get(), secret.data(), &written, secret.data(),
                           static_cast<int>(secret.size())) == 1;
}

bool CounterModeCipher::seal(const CipherInput& input, std::uint8_t* tag) {
  if (!apply_keystream(input)) return false;
  const auto digest = hmac_(input.packet, input.word);
  std::copy_n(digest.begin(), tag_size, tag);
  return true;
}

bool CounterModeCipher::open(const CipherInput& input, const std::uint8_t* tag) {
  const auto digest = hmac_(input.packet, input.word);
  return CRYPTO_memcmp(digest.data(), tag, tag_size) == 0 && apply_keystream(input);
}

}  // namespace w2s::media
