#pragma once
#include <array>
#include <cstdint>

#include "w2s/leg/leg.hpp"
#include "w2s/rtp/packet.hpp"

#include "media/outgoing_stream.hpp"
#include "media/packet.hpp"

namespace w2s::media {

// One direction of a relayed stream: packets of one leg become packets of the other where both speak the same
// codec.
class Relay {
 public:
  enum class Outcome : std::uint8_t {
    send,
    event,          // a telephone event: made anew for the other leg, whose number and clock may differ
    not_connected,  // one of the legs has no plan yet
    held,           // the sender may not send or the receiver does not want to hear now
    no_codec,       // a payload that the sender was never told, or that the receiver cannot take
    superseded,     // the outgoing stream has no place for it: a straggler, or audio under a DTMF event
  };

  // Both plans are known, or one has changed.
  void connect(const leg::StreamPlan& from, const leg::StreamPlan& to);

  bool open() const { return open_; }
  // Clock rate of a payload the sender uses; 0: unknown to us.
  std::uint32_t clock_rate(rtp::PayloadType type) const { return routes_[type.value & 0x7f].clock_rate; }
  // Rewrites `packet`, of which `view` is the view, in place when it is to be sent; the view is stale then.
  [[nodiscard]] Outcome pass(Time now, const rtp::PacketView& view, Packet& packet,
                             OutgoingStream& out) const;

 private:
  static constexpr std::uint8_t nowhere = 0xff;
  struct Route {
    std::uint32_t clock_rate = 0;
    std::uint8_t to = nowhere;
    bool is_event = false;
  };

  bool connected_ = false;
  bool open_ = false;
  std::array<Route, 128> routes_{};
};

}  // namespace w2s::media
