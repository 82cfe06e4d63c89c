#pragma once
#include "format.hpp"

namespace w2s::sdp {

// RFC 3264 8.3.2: a payload number once bound to a codec keeps it for the whole session. Remembers the
// numbers that our descriptions and the peer's offers have used in one stream and chooses those of our offers.
class PayloadNumbers {
 public:
  void remember(const Formats& formats);
  // `elsewhere`: what the numbers of the other stream mean. New numbers are none of them, since in a BUNDLE
  // group each may mean one thing only (RFC 9143 9.1).
  Formats assign(const std::vector<leg::Codec>& codecs, const Formats& elsewhere) const;
  const Formats& bound() const { return bound_; }

 private:
  Formats bound_;  // newest first; each number once
};

}  // namespace w2s::sdp
