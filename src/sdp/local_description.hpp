#pragma once
#include "direction.hpp"
#include "format.hpp"
#include "media_line.hpp"
#include "transport_attributes.hpp"

namespace w2s::sdp {

// What a description, ours or the peer's, says of one stream.
struct StreamDescription {
  std::size_t line = 0;  // index into the `lines` of the description
  Formats formats;       // of ours empty: refused
  leg::Direction direction = leg::Direction::sendrecv;
  std::optional<std::uint8_t> mid_extension;  // web only
  Feedback feedback;  // video only: what the one who describes it may be asked for a key frame with
};

// What our description says, apart from the addresses and keys of LegOpened. All m-lines but those of the
// streams are refused.
struct LocalDescription {
  std::vector<MediaLine> lines;
  StreamDescription audio;
  std::optional<StreamDescription> video;
  Setup setup = Setup::absent;  // the rest: web only
  bool bundled = false;
  bool rtcp_mux = false;
};

Session build(const LocalDescription& description, leg::Kind kind, const leg::LegOpened& local,
              Origin origin);

}  // namespace w2s::sdp
