#pragma once
#include "w2s/leg/leg.hpp"

#include "media/packet.hpp"

namespace w2s::media {

// How the packets of a leg's streams reach its peer.
class StreamTransport {
 public:
  virtual bool can_send(leg::MediaType stream) const = 0;
  // Only when it can. `transient`: the packet's buffer is gone when this returns.
  virtual void send_rtp(leg::MediaType stream, Packet& packet, bool transient) = 0;
  virtual void send_rtcp(leg::MediaType stream, Packet& packet) = 0;

 protected:
  ~StreamTransport() = default;
};

}  // namespace w2s::media
