#pragma once
#include "exchange.hpp"

// What our next description says, from what was agreed before and what the other leg can do.
namespace w2s::sdp {

// `exchange` has the peer's offer. `video_open`: the leg has a place where video can be received.
LocalDescription describe_answer(const Exchange& exchange, const std::vector<leg::Codec>& codecs,
                                 leg::Directions directions, bool video_open);

// RFC 3264 8: an offer in a session keeps the m-lines. `next` has the payload numbers of all exchanges before it;
// `before` is the last complete one, nullptr: none yet.
LocalDescription describe_offer(leg::Kind kind, const Exchange& next, const Exchange* before,
                                const std::vector<leg::Codec>& codecs, leg::Directions directions, bool video_open);

// What was agreed last, as an offer (RFC 4028 7.4): what was refused is not offered again.
LocalDescription describe_refresh(leg::Kind kind, const Exchange* before);

}  // namespace w2s::sdp
