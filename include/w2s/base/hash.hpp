#pragma once
#include <string>
#include <string_view>

namespace w2s {

// The hashes of SIP digest authentication (RFC 8760), over OpenSSL.
enum class HashAlgorithm { md5, sha256, sha512_256 };

std::string hex_digest(HashAlgorithm algorithm, std::string_view input);  // lower case

// SHA-1 in base64, which a WebSocket handshake asks for (RFC 6455 4.2.2).
std::string base64_sha1(std::string_view input);

// Time does not depend on where the inputs differ; for secrets.
bool equal_constant_time(std::string_view a, std::string_view b);

}  // namespace w2s
