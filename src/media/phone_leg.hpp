#pragma once
#include <array>
#include <optional>

#include "media/leg.hpp"
#include "media/phone_transport.hpp"

namespace w2s::media {

// A SIP phone: plain RTP and RTCP on a port pair of its own for each stream.
class PhoneLeg final : public Leg {
 public:
  PhoneLeg(LegContext& context, const LegId& id, PortPair audio);

  leg::LegOpened opened() const override;
  void add_video(PortPair ports);  // to a leg that has none
  void remove_video();
  // nullptr: none were reserved for this stream.
  const PortPair* ports(leg::MediaType type) const;

  // What came on the ports of a stream.
  void on_rtp_datagram(Time now, leg::MediaType type, const Endpoint& source, Packet& packet);
  void on_rtcp_datagram(Time now, leg::MediaType type, const Endpoint& source, ByteView datagram);

 private:
  void on_plan(Time now) override;
  void on_tick(Time now) override;
  bool can_send(leg::MediaType type) const override;
  void send_rtp(leg::MediaType type, Packet& packet, bool transient) override;
  void send_rtcp(leg::MediaType type, Packet& packet) override;
  std::string stuck_at(const Stream& stream) const override;

  void add(leg::MediaType type, PortPair ports);
  const PhoneTransport* transport(leg::MediaType type) const;
  PhoneTransport* transport(leg::MediaType type);
  bool is_expected_to_send() const;

  std::array<std::optional<PhoneTransport>, 2> transports_;  // by leg::MediaType
  bool connected_ = false;
  std::optional<Time> heard_;  // when the phone last gave a sign of life while it should be sending
  bool timed_out_ = false;
};

}  // namespace w2s::media
