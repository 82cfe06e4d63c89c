#pragma once
#include "direction.hpp"
#include "format.hpp"
#include "local_description.hpp"
#include "media_line.hpp"
#include "transport_attributes.hpp"

namespace w2s::sdp {

struct RemoteStream : StreamDescription {
  Endpoint rtp;  // phone only
  Endpoint rtcp;
};

struct RemoteDescription {
  std::string version;  // of its o= line
  std::vector<MediaLine> lines;
  RemoteStream audio;
  std::optional<RemoteStream> video;
  SecureTransport transport;  // web only
  bool bundled = false;
  bool rtcp_mux = false;
};

// The kind of leg that the first acceptable audio m-line asks for.
Result<leg::Kind> kind_of_offer(const Session& session);
Result<RemoteDescription> read_offer(const Session& session, leg::Kind kind);
Result<RemoteDescription> read_answer(const Session& session, leg::Kind kind, const LocalDescription& ours);

}  // namespace w2s::sdp
