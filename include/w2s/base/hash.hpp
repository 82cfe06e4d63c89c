#pragma once
#include <string>
#include <string_view>

namespace w2s {

// The hashes of SIP digest authentication (RFC 8760), over OpenSSL.
enum class HashAlgorithm { md5, sha256, sha512_256 };

std::string hex_digest(HashAlgorithm algorithm, std::string_view input);  // lower case

// Time does not depend on where the inputs differ; for secrets.
bool equal_constant_time(std::string_view a, std::string_view b);

}  // namespace w2s
