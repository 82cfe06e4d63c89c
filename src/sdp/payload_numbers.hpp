#pragma once
#include "format.hpp"

namespace w2s::sdp {

// RFC 3264 8.3.2: a payload number once bound to a codec keeps it for the whole session. Remembers the
// numbers that our descriptions and the peer's offers have used and chooses those of our offers.
class PayloadNumbers {
 public:
  void remember(const Formats& formats);
  Formats assign(const std::vector<leg::Codec>& codecs) const;

 private:
  Formats bound_;  // newest first; each number once
};

}  // namespace w2s::sdp
