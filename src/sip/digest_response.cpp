#include "digest_response.hpp"

#include <initializer_list>

namespace w2s::sip {

namespace {

std::string joined(std::initializer_list<std::string_view> parts) {
  std::string out;
  for (const auto& part : parts) {
    if (&part != parts.begin()) out += ':';
    out += part;
  }
  return out;
}

}  // namespace

std::string digest_response(const DigestInput& in) {
  const auto ha2 = hex_digest(in.algorithm, joined({in.method, in.uri}));
  if (!in.qop_auth) return hex_digest(in.algorithm, joined({in.ha1, in.nonce, ha2}));
  return hex_digest(in.algorithm, joined({in.ha1, in.nonce, in.nonce_count, in.cnonce, "auth", ha2}));
}

}  // namespace w2s::sip
