#include "w2s/sip/target.hpp"

#include <array>

#include "w2s/base/encoding.hpp"

namespace w2s::sip {
namespace {

struct Tokens {
  std::string_view via, uri;
};
constexpr std::array<Tokens, 5> kTokens{
    {{"UDP", "udp"}, {"TCP", "tcp"}, {"TLS", "tls"}, {"WS", "ws"}, {"WSS", "wss"}}};

}  // namespace

std::string_view via_token(Transport t) {
  return kTokens[static_cast<std::size_t>(t)].via;
}
std::string_view uri_token(Transport t) {
  return kTokens[static_cast<std::size_t>(t)].uri;
}

bool parse_transport(std::string_view token, Transport& out) {
  for (std::size_t i = 0; i < kTokens.size(); ++i) {
    if (!iequals(token, kTokens[i].uri)) continue;
    out = static_cast<Transport>(i);
    return true;
  }
  return false;
}

std::ostream& operator<<(std::ostream& out, const Target& target) {
  out << uri_token(target.transport) << ' ' << target.remote << " from " << target.local;
  if (target.flow != FlowId::none) out << " flow " << static_cast<std::uint64_t>(target.flow);
  if (!target.host.empty()) out << " host " << target.host;
  return out;
}

}  // namespace w2s::sip
