#pragma once
#include "direction.hpp"
#include "format.hpp"
#include "media_line.hpp"
#include "transport_attributes.hpp"

namespace w2s::sdp {

// What our description says of one stream.
struct LocalStream {
  std::size_t line = 0;  // index into LocalDescription::lines
  Formats formats;       // empty: refused
  leg::Direction direction = leg::Direction::sendrecv;
  std::optional<std::uint8_t> mid_extension;  // web only
  Feedback feedback;                          // video only: what we would be asked for a key frame with
};

// What our description says, apart from the addresses and keys of LegOpened. All m-lines but those of the
// streams are refused.
struct LocalDescription {
  std::vector<MediaLine> lines;
  LocalStream audio;
  std::optional<LocalStream> video;
  Setup setup = Setup::absent;  // the rest: web only
  bool bundled = false;
  bool rtcp_mux = false;
};

Session build(const LocalDescription& description, leg::Kind kind, const leg::LegOpened& local,
              Origin origin);

}  // namespace w2s::sdp
