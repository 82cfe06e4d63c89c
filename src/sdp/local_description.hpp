#pragma once
#include "direction.hpp"
#include "format.hpp"
#include "media_line.hpp"
#include "transport_attributes.hpp"

namespace w2s::sdp {

// What our description says, apart from the addresses and keys of LegOpened. All m-lines but `audio` are
// refused.
struct LocalDescription {
  std::vector<MediaLine> lines;
  std::size_t audio = 0;  // index into `lines`
  Formats formats;        // empty: audio is refused too
  leg::Direction direction = leg::Direction::sendrecv;
  Setup setup = Setup::absent;  // the rest: web only
  bool bundled = false;
  bool rtcp_mux = false;
  std::optional<std::uint8_t> mid_extension;
};

Session build(const LocalDescription& description, leg::Kind kind, const leg::LegOpened& local,
              Origin origin);

}  // namespace w2s::sdp
