#include "w2s/base/hash.hpp"
#include "w2s/sip/transaction_table.hpp"

namespace w2s::sip {

namespace {

constexpr std::size_t tag_length = 16;  // 64 bits; RFC 3261 19.3 asks for 32

// What every retransmission of the request repeats, hashed with the secret: '\n' stands in no header value.
std::string stateless_tag(const Message& request, std::string_view secret) {
  const auto via = request.top_via();
  std::string input(secret);
  for (const auto id : {HeaderId::call_id, HeaderId::cseq, HeaderId::from}) {
    input += '\n';
    input += request.get(id).value_or("");
  }
  input += '\n';
  input += via ? via->branch() : "";
  return hex_digest(HashAlgorithm::sha256, input).substr(0, tag_length);
}

}  // namespace

Message stateless_response(const Message& request, int status, std::string_view reason,
                           std::string_view secret) {
  return make_response(request, status, stateless_tag(request, secret), reason);
}

}  // namespace w2s::sip
