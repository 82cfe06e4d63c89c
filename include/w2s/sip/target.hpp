#pragma once
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>

#include "w2s/base/address.hpp"

namespace w2s::sip {

enum class Transport : std::uint8_t { udp, tcp, tls, ws, wss };
constexpr bool is_reliable(Transport t) { return t != Transport::udp; }
constexpr bool is_web_socket(Transport t) { return t == Transport::ws || t == Transport::wss; }
std::string_view via_token(Transport t);   // "UDP", "WSS"
std::string_view uri_token(Transport t);   // "udp", "wss"
bool parse_transport(std::string_view token, Transport& out);  // any case

// One connection (WebSocket, TCP, TLS); UDP peers have none. Never reused within a process. 0: none.
// `internal` is no connection: it leads from the proxy to the breaker of this process and back, and no message on it
// is lost.
enum class FlowId : std::uint64_t { none = 0, internal = UINT64_MAX };

// Where a message goes or came from. `flow` wins when it is set; otherwise transport + remote, with `host` as the name
// that a TLS certificate must carry; `local` is the address of ours it goes out from (its Via sent-by), as the
// transport layer chose it.
struct Target {
  Transport transport = Transport::udp;
  Endpoint remote;
  Endpoint local;
  FlowId flow = FlowId::none;
  std::string host;
  bool tentative = false;  // TCP that is only tried (RFC 3261 18.1.1): a connection that has to be opened gets 1 s
  bool operator==(const Target&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Target& target);

}  // namespace w2s::sip
