#pragma once
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

}  // namespace w2s::sip
