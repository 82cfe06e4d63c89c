#pragma once
#include "w2s/sip/message.hpp"

namespace w2s::sip {

inline constexpr std::size_t kHeaderIds = static_cast<std::size_t>(HeaderId::www_authenticate) + 1;

// A comma separates values (RFC 3261 7.3.1). Authorization and the challenges use commas inside one value.
bool is_list_header(HeaderId id);
// May stand once in a message: two of them would leave it to chance which one counts.
bool is_single_header(HeaderId id);

}  // namespace w2s::sip
