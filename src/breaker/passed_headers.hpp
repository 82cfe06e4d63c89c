#pragma once
#include "w2s/sip/message.hpp"

namespace w2s::breaker {

// Which way a message crosses the b2bua. `from_trusted`: its sender may assert identities (RFC 3325 section 2): the
// browser's registrar or the outbound proxy.
struct Crossing {
  bool from_browser = false;
  bool to_browser = false;
  bool from_trusted = false;
};

// Copies the headers that may cross (docs/life-of-a-call.md, "What crosses the breaker"). Everything not listed there
// stays on its leg: hop-by-hop headers, credentials, and what each leg negotiates for itself.
void copy_passed_headers(const sip::Message& from, sip::Message& to, const Crossing& crossing);
// Copies the body with the headers that describe it; none is copied without a body.
void copy_body(const sip::Message& from, sip::Message& to);

}  // namespace w2s::breaker
