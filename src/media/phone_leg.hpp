#pragma once
#include <memory>
#include <optional>

#include "media/latch.hpp"
#include "media/leg.hpp"
#include "media/port_pool.hpp"

namespace w2s::media {

// A SIP phone: plain RTP and RTCP on a port pair of its own.
class PhoneLeg final : public Leg {
 public:
  PhoneLeg(LegContext& context, leg::MediaId media, leg::Side side, PortPair ports,
           leg::LegNumber number = leg::LegNumber::first);

  leg::LegOpened opened() const override;
  const PortPair& ports() const { return ports_; }

  void on_rtp_datagram(Time now, const Endpoint& source, Packet& packet);
  void on_rtcp_datagram(Time now, const Endpoint& source, ByteView datagram);

 private:
  void on_plan(Time now) override;
  void on_tick(Time now) override;
  bool can_send() const override { return rtp_target_.has_value(); }
  void send_rtp(Packet& packet, bool transient) override;
  void send_rtcp(Packet& packet) override;
  std::string stuck_at() const override;

  void retarget();
  bool is_rtcp_source(const Endpoint& source) const;
  bool is_expected_to_send() const;
  void on_first_packet(const Endpoint& source);

  PortPair ports_;
  Latch latch_;
  std::optional<Endpoint> rtp_target_;  // nullopt: held, unknown, or a place where we may not send
  std::optional<Endpoint> rtcp_target_;
  std::optional<IpAddress> refused_;  // the address last refused, so that it is logged once
  bool sends_ = false;                // as its newest SDP says
  bool connected_ = false;
  std::optional<Time> heard_;  // when the phone last gave a sign of life while it should be sending
  bool timed_out_ = false;
};

}  // namespace w2s::media
