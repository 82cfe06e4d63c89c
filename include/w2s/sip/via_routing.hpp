#pragma once
#include <optional>

#include "w2s/sip/message.hpp"
#include "w2s/sip/target.hpp"

namespace w2s::sip {

// Writes into the top Via of a received request where it really came from: `received` when sent-by is not that address
// (RFC 3261 18.2.1), and `rport` when the client asked for it (RFC 3581 4). A `received` or `rport` that the sender made up
// is overwritten.
void add_received(Message& request, const Target& source);

// Where a response to a request from `source` goes, `via` being the request's top Via: the connection, else the source
// address, with its port if the client asked for `rport`, else with the port of sent-by (RFC 3261 18.2.2, RFC 3581 4).
// `maddr` is not honoured: it would let a stranger aim our responses at others.
Target response_target(const Via& via, const Target& source);

// Where it goes when that connection is gone: over another one to the source address, at the port of sent-by (RFC 3261
// 18.2.2). A TLS peer must prove the name in sent-by, as for a request that we send there. nullopt: nowhere; a browser
// cannot be connected to (RFC 7118 5).
std::optional<Target> reconnect_target(const Via& via, const Target& source);

}  // namespace w2s::sip
