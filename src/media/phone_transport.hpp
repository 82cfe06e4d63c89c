#pragma once
#include <optional>

#include "media/latch.hpp"
#include "media/leg_context.hpp"
#include "media/packet.hpp"
#include "media/port_pool.hpp"

namespace w2s::media {

// The way of one stream to a phone: its port pair, who is believed to be the phone, and where our packets go.
class PhoneTransport {
 public:
  PhoneTransport(LegContext& context, const LegId& leg, leg::MediaType type, PortPair ports);

  const PortPair& ports() const { return ports_; }
  leg::OpenedStream describe(rtp::Ssrc ssrc) const;  // what the m-line says
  void apply(const leg::StreamPlan& plan);

  Latch::Verdict on_rtp(const Endpoint& source, rtp::Ssrc ssrc, rtp::SeqNo sequence);
  bool has_heard_phone() const { return latch_.believed().has_value(); }
  // RTCP changes no address, so a stranger's can do no more than lie about loss; still only the peer's host
  // is heard.
  bool is_rtcp_source(const Endpoint& source) const;

  bool can_send() const { return rtp_target_.has_value(); }
  void send_rtp(const Packet& packet) const { ports_.rtp.send_to(*rtp_target_, packet.bytes()); }
  void send_rtcp(const Packet& packet) const;

 private:
  void retarget();

  LegContext& context_;
  const LegId leg_;
  const leg::MediaType type_;
  PortPair ports_;
  Latch latch_;
  Endpoint announced_rtp_;  // as its newest SDP says
  Endpoint announced_rtcp_;
  bool sends_ = false;
  std::optional<Endpoint> rtp_target_;  // nullopt: held, unknown, or a place where we may not send
  std::optional<Endpoint> rtcp_target_;
  std::optional<IpAddress> refused_;  // the address last refused, so that it is logged once
};

// RFC 3264 5.1 and RFC 2543 hold: a port or address of zero means "send me nothing".
inline bool is_target(const Endpoint& endpoint) {
  return endpoint.port != 0 && !endpoint.ip.is_unspecified();
}

}  // namespace w2s::media
