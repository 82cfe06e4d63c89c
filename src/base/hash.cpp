#include "w2s/base/hash.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <cstdlib>

#include "w2s/base/encoding.hpp"

namespace w2s {

std::string hex_digest(HashAlgorithm algorithm, std::string_view input) {
  const EVP_MD* md = nullptr;
  switch (algorithm) {
    case HashAlgorithm::md5: md = EVP_md5(); break;
    case HashAlgorithm::sha256: md = EVP_sha256(); break;
    case HashAlgorithm::sha512_256: md = EVP_sha512_256(); break;
  }
  std::uint8_t out[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  // Fails only without memory or where the system forbids MD5; neither leaves an answer to give.
  if (EVP_Digest(input.data(), input.size(), out, &length, md, nullptr) != 1) std::abort();
  return hex({out, length});
}

std::string base64_sha1(std::string_view input) {
  std::uint8_t digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  if (EVP_Digest(input.data(), input.size(), digest, &length, EVP_sha1(), nullptr) != 1) std::abort();
  std::string text(4 * ((length + 2) / 3) + 1, '\0');  // OpenSSL ends it with a NUL
  text.resize(static_cast<std::size_t>(
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), digest, static_cast<int>(length))));
  return text;
}

bool equal_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace w2s
