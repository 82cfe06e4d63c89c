#include "session_keys.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>

#include <openssl/crypto.h>
#include <openssl/evp.h>

namespace w2s::media {

SrtpKey::~SrtpKey() {
  OPENSSL_cleanse(key.data(), key.size());
  OPENSSL_cleanse(salt.data(), salt.size());
}

SessionKeys::~SessionKeys() {
  OPENSSL_cleanse(encryption.data(), encryption.size());
  OPENSSL_cleanse(authentication.data(), authentication.size());
  OPENSSL_cleanse(salt.data(), salt.size());
}

void derive_key(const SrtpKey& master, KeyLabel label, MutableByteView out) {
  // RFC 3711 4.3.1 and 4.3.3: the IV is (label * 2^48 XOR master salt) * 2^16. The 96-bit salt of the AEAD
  // profiles stands in the high bits of a 112-bit one (RFC 7714 11).
  std::array<std::uint8_t, 16> iv{};
  std::copy_n(master.salt.begin(), std::min<std::size_t>(master.salt.size(), 14), iv.begin());
  iv[7] = static_cast<std::uint8_t>(iv[7] ^ static_cast<std::uint8_t>(label));

  const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(EVP_CIPHER_CTX_new(),
                                                                                &EVP_CIPHER_CTX_free);
  // The AES-256 profile derives with AES-256 too (RFC 7714 11, RFC 6188 3).
  const auto* cipher = master.key.size() == 32 ? EVP_aes_256_ctr() : EVP_aes_128_ctr();
  std::fill(out.begin(), out.end(), std::uint8_t{0});
  int written = 0;
  if (!context || EVP_EncryptInit_ex2(context.get(), cipher, master.key.data(), iv.data(), nullptr) != 1 ||
      EVP_EncryptUpdate(context.get(), out.data(), &written, out.data(), static_cast<int>(out.size())) != 1)
    throw std::runtime_error("OpenSSL has no AES in counter mode");
}

SessionKeys derive_session_keys(SrtpProfile profile, const SrtpKey& master, SrtpUse use) {
  if (master.key.size() != key_length(profile) || master.salt.size() != salt_length(profile))
    throw std::invalid_argument("SRTP master key or salt has not the length of its profile");
  const bool rtp = use == SrtpUse::rtp;
  SessionKeys keys;
  derive_key(master, rtp ? KeyLabel::rtp_encryption : KeyLabel::rtcp_encryption,
             MutableByteView(keys.encryption).first(key_length(profile)));
  derive_key(master, rtp ? KeyLabel::rtp_salt : KeyLabel::rtcp_salt,
             MutableByteView(keys.salt).first(salt_length(profile)));
  if (profile == SrtpProfile::aes128_cm_sha1_80)
    derive_key(master, rtp ? KeyLabel::rtp_authentication : KeyLabel::rtcp_authentication,
               keys.authentication);
  return keys;
}

}  // namespace w2s::media
