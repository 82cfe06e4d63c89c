#pragma once
#include "w2s/sip/message.hpp"

namespace w2s::proxy {

// sipML5 puts `impi` and `ha1` into Contact; they never travel on, whatever the method, direction or path
// (threats.md T19).
void strip_secrets(sip::NameAddr& contact);
void strip_secrets(sip::Message& message);  // in every Contact that has them; the others stay byte for byte


// Who a browser is, its registrar asserts, not the browser (RFC 3325 5): nothing of a browser's carries it on.
inline constexpr std::string_view asserted_identity = "P-Asserted-Identity";

}  // namespace w2s::proxy
