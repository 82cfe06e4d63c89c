#pragma once
#include "session.hpp"

// RFC 8866 6.7 and RFC 3264 6.1: media directions as two booleans.
namespace w2s::sdp {

constexpr bool sends(leg::Direction d) {
  return d == leg::Direction::sendrecv || d == leg::Direction::sendonly;
}
constexpr bool receives(leg::Direction d) {
  return d == leg::Direction::sendrecv || d == leg::Direction::recvonly;
}
constexpr leg::Direction make_direction(bool send, bool receive) {
  if (send) return receive ? leg::Direction::sendrecv : leg::Direction::sendonly;
  return receive ? leg::Direction::recvonly : leg::Direction::inactive;
}
// What `mine` may be at most towards a peer that says `theirs`.
constexpr leg::Direction limited_by(leg::Direction mine, leg::Direction theirs) {
  return make_direction(sends(mine) && receives(theirs), receives(mine) && sends(theirs));
}

leg::Direction direction_of(const Session& session, const Media& media);  // sendrecv unless it says otherwise

}  // namespace w2s::sdp
