#include "hmac_sha1.hpp"

#include <cassert>

#include <openssl/crypto.h>

// OpenSSL 3 deprecates SHA1_* in favour of EVP_MD, but an EVP_MD_CTX can be copied only through an
// allocation. These calls reach the same assembler code and their state is a plain struct.
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

namespace w2s::media {
namespace {

SHA_CTX state_after_pad(ByteView key, std::uint8_t pad) {
  std::array<std::uint8_t, SHA_CBLOCK> block;
  block.fill(pad);
  for (std::size_t i = 0; i < key.size(); ++i) block[i] = static_cast<std::uint8_t>(block[i] ^ key[i]);
  SHA_CTX state;
  SHA1_Init(&state);
  SHA1_Update(&state, block.data(), block.size());
  OPENSSL_cleanse(block.data(), block.size());
  return state;
}

}  // namespace

HmacSha1::HmacSha1(ByteView key) {
  assert(key.size() <= SHA_CBLOCK);
  inner_ = state_after_pad(key, 0x36);
  outer_ = state_after_pad(key, 0x5c);
}

HmacSha1::~HmacSha1() {
  OPENSSL_cleanse(&inner_, sizeof inner_);
  OPENSSL_cleanse(&outer_, sizeof outer_);
}

std::array<std::uint8_t, HmacSha1::size> HmacSha1::operator()(ByteView message, std::uint32_t word) const {
  std::array<std::uint8_t, size> digest;
  std::array<std::uint8_t, 4> trailer;
  store_be32(trailer.data(), word);
  SHA_CTX state = inner_;
  SHA1_Update(&state, message.data(), message.size());
  SHA1_Update(&state, trailer.data(), trailer.size());
  SHA1_Final(digest.data(), &state);
  state = outer_;
  SHA1_Update(&state, digest.data(), digest.size());
  SHA1_Final(digest.data(), &state);
  return digest;
}

}  // namespace w2s::media
