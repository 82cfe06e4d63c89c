#pragma once
#include "w2s/proxy/binding_table.hpp"

namespace w2s::proxy {

// RFC 5627. Whether `uri`, an AoR or a temporary GRUU of this binding's, means this binding: it does without
// a `gr` value, which else names the instance.
bool is_gruu_for(const Binding& binding, const sip::Uri& uri);
// A GRUU that the registrar gave this browser: it stays as it is in Contact, because it is reachable by
// itself.
bool is_own_gruu(const Binding& binding, const sip::Uri& uri);
// Takes `pub-gruu` and `temp-gruu` out of the Contact that a registrar stored.
Gruus gruus_in(const sip::NameAddr& stored);

}  // namespace w2s::proxy
