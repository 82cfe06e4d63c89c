#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "w2s/base/hash.hpp"

namespace w2s::sip {

// What `response` of an Authorization is made of (RFC 7616 3.4.1).
struct DigestInput {
  HashAlgorithm algorithm = HashAlgorithm::md5;
  std::string_view ha1, nonce, method, uri;
  bool qop_auth = false;  // false: RFC 2069's form, without nc and cnonce
  std::string_view nonce_count, cnonce;
};
std::string digest_response(const DigestInput& input);

}  // namespace w2s::sip
