#pragma once
#include <string_view>

#include "w2s/sip/message.hpp"

namespace w2s::sip {

// A request that follows an INVITE hop by hop on the same branch: the ACK of a non-2xx (RFC 3261 17.1.1.3)
// and CANCEL (9.1). Request-URI, top Via, Route, From, To, Call-ID and the CSeq number are the INVITE's.
Message hop_request(const Message& invite, std::string_view method);

}  // namespace w2s::sip
