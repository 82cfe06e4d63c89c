#pragma once
#include "direction.hpp"
#include "format.hpp"
#include "local_description.hpp"
#include "media_line.hpp"
#include "transport_attributes.hpp"

namespace w2s::sdp {

// What the peer's last description says about the one audio m-line that carries the call.
struct RemoteDescription {
  std::vector<MediaLine> lines;
  std::size_t audio = 0;  // index into `lines`
  Formats formats;
  leg::Direction direction = leg::Direction::sendrecv;
  SecureTransport transport;  // web only
  Endpoint rtp;               // phone only
  Endpoint rtcp;
  bool bundled = false;
  bool rtcp_mux = false;
  std::optional<std::uint8_t> mid_extension;
};

// The kind of leg that the first acceptable audio m-line asks for.
Result<leg::Kind> kind_of_offer(const Session& session);
Result<RemoteDescription> read_offer(const Session& session, leg::Kind kind);
Result<RemoteDescription> read_answer(const Session& session, leg::Kind kind, const LocalDescription& ours);

}  // namespace w2s::sdp
