#pragma once
#include <string>
#include <string_view>

#include "w2s/sip/message.hpp"

namespace w2s::sip {

// RFC 3261 17.1.3: a response belongs to the client transaction with its top Via's branch and its CSeq
// method.
std::string client_key(std::string_view branch, std::string_view method);

// Only a branch that begins with the magic cookie, and does not end there, identifies a transaction by
// itself.
bool has_unique_branch(const Via& via);

// RFC 3261 17.2.3: a request belongs to the server transaction with its top Via's branch and sent-by and its
// method; or, from a client of RFC 2543, with all that such a client repeats. `method` is INVITE for an ACK,
// and for a CANCEL that looks for its INVITE.
std::string server_key(const Message& request, const Via& via, std::string_view method);

}  // namespace w2s::sip
