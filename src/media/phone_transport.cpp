#include "media/phone_transport.hpp"

#include <utility>

#include "media/local_addresses.hpp"

namespace w2s::media {

PhoneTransport::PhoneTransport(LegContext& context, const LegId& leg, leg::MediaType type, PortPair ports)
    : context_(context), leg_(leg), type_(type), ports_(std::move(ports)) {}

leg::OpenedStream PhoneTransport::describe(rtp::Ssrc ssrc) const {
  const auto ip = advertised(context_.options.public_addresses, ports_.rtp.local().ip);
  return {{ip, ports_.rtp.local().port}, {ip, ports_.rtcp.local().port}, ssrc.value};
}

void PhoneTransport::apply(const leg::StreamPlan& plan) {
  announced_rtp_ = plan.rtp;
  announced_rtcp_ = plan.rtcp;
  // An old-style hold announces no address; who the peer is does not change by that.
  if (is_target(announced_rtp_)) latch_.announce(announced_rtp_);
  const bool sends = plan.may_send() && is_target(announced_rtp_);
  if (sends && !sends_) latch_.reopen();
  sends_ = sends;
  retarget();
}

// Where to send follows from the newest SDP, the latch, and allow-destination.
void PhoneTransport::retarget() {
  rtp_target_.reset();
  rtcp_target_.reset();
  if (!is_target(announced_rtp_)) return;
  const auto target = latch_.target();
  if (!target) return;
  const auto& allow = context_.options.allow;
  if (!allow.allows(*target)) {
    if (refused_ != target->ip)
      context_.log.warn_rarely("media.destination_refused", target->ip.to_string(),
                               {{"call", leg_.call()},
                                {"leg", name(leg_.side)},
                                {"address", *target},
                                {"add_to_allow_destination", allow.suggestion(target->ip)}});
    refused_ = target->ip;
    return;
  }
  rtp_target_ = target;
  // Behind NAT the announced RTCP address is as wrong as that of RTP was; its RTCP then comes from where it
  // can.
  const bool as_announced = *target == announced_rtp_ && is_target(announced_rtcp_);
  const Endpoint rtcp =
      as_announced ? announced_rtcp_ : Endpoint{target->ip, static_cast<std::uint16_t>(target->port + 1)};
  if (rtcp.port != 0 && allow.allows(rtcp)) rtcp_target_ = rtcp;
}

Latch::Verdict PhoneTransport::on_rtp(const Endpoint& source, rtp::Ssrc ssrc, rtp::SeqNo sequence) {
  const auto before = latch_.believed();
  const auto verdict = latch_.on_packet(source, ssrc, sequence);
  if (latch_.believed() != before) {
    retarget();
    context_.log.info("media.rtp_source_taken", {{"call", leg_.call()},
                                                 {"leg", name(leg_.side)},
                                                 {"source", source},
                                                 {"announced", source == announced_rtp_},
                                                 {"media", name(type_)}});
  }
  return verdict;
}

bool PhoneTransport::is_rtcp_source(const Endpoint& source) const {
  if (const auto& believed = latch_.believed()) return source.ip == believed->ip;
  return source == announced_rtcp_;
}

void PhoneTransport::send_rtcp(const Packet& packet) const {
  if (rtcp_target_) ports_.rtcp.send_to(*rtcp_target_, packet.bytes());
}

}  // namespace w2s::media
