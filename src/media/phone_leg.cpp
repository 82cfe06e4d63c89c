#include "media/phone_leg.hpp"

#include "w2s/rtp/demux.hpp"

#include "media/local_addresses.hpp"

namespace w2s::media {
namespace {

// RFC 3264 5.1 and RFC 2543 hold: a port or address of zero means "send me nothing".
bool is_target(const Endpoint& endpoint) {
  return endpoint.port != 0 && !endpoint.ip.is_unspecified();
}

}  // namespace

PhoneLeg::PhoneLeg(LegContext& context, leg::MediaId media, leg::Side side, PortPair ports,
                   leg::LegNumber number)
    : Leg(context, media, side, number), ports_(std::move(ports)) {}

leg::LegOpened PhoneLeg::opened() const {
  leg::LegOpened opened{};
  opened.media = media_;
  opened.side = side_;
  opened.number = number_;
  const auto ip = advertised(context_.options.public_addresses, ports_.rtp.local().ip);
  opened.rtp = {ip, ports_.rtp.local().port};
  opened.rtcp = {ip, ports_.rtcp.local().port};
  opened.ssrc = outgoing_.ssrc().value;
  opened.cname = cname_;
  return opened;
}

void PhoneLeg::on_plan(Time now) {
  if (!plan_->phone) return;
  // An old-style hold announces no address; who the peer is does not change by that.
  if (is_target(plan_->phone->rtp)) latch_.announce(plan_->phone->rtp);
  const bool sends = plan_->may_send() && is_target(plan_->phone->rtp);
  if (sends && !sends_) latch_.reopen();
  sends_ = sends;
  retarget();
  // The phone has the whole time again whenever it begins to be expected.
  if (!is_expected_to_send())
    heard_.reset();
  else if (!heard_)
    heard_ = now;
}

// Where to send follows from the newest SDP, the latch, and allow-destination.
void PhoneLeg::retarget() {
  rtp_target_.reset();
  rtcp_target_.reset();
  if (!plan_ || !plan_->phone || !is_target(plan_->phone->rtp)) return;
  const auto target = latch_.target();
  if (!target) return;
  const auto& allow = context_.options.allow;
  if (!allow.allows(*target)) {
    if (refused_ != target->ip)
      context_.log.warn_rarely("media.destination_refused", target->ip.to_string(),
                               {{"call", call_text()},
                                {"leg", name(side_)},
                                {"address", *target},
                                {"add_to_allow_destination", allow.suggestion(target->ip)}});
    refused_ = target->ip;
    return;
  }
  rtp_target_ = target;
  // Behind NAT the announced RTCP address is as wrong as that of RTP was; its RTCP then comes from where it
  // can.
  const auto& announced = plan_->phone->rtcp;
  const bool as_announced = *target == plan_->phone->rtp && is_target(announced);
  const Endpoint rtcp =
      as_announced ? announced : Endpoint{target->ip, static_cast<std::uint16_t>(target->port + 1)};
  if (rtcp.port != 0 && allow.allows(rtcp)) rtcp_target_ = rtcp;
}

void PhoneLeg::on_rtp_datagram(Time now, const Endpoint& source, Packet& packet) {
  const auto kind = rtp::classify(packet.bytes());
  if (kind == rtp::PacketKind::rtcp) return on_rtcp_datagram(now, source, packet.bytes());
  if (kind != rtp::PacketKind::rtp) return drop();
  const auto view = rtp::PacketView::parse(packet.bytes());
  if (!view) return drop();
  const auto before = latch_.believed();
  const auto verdict = latch_.on_packet(source, view->ssrc(), view->sequence());
  if (latch_.believed() != before) {
    retarget();
    on_first_packet(source);
  }
  if (verdict != Latch::Verdict::pass) return drop();
  PumpCounters::increment(context_.counters.from_phones);
  if (heard_) heard_ = now;
  on_rtp(now, packet);
}

void PhoneLeg::on_first_packet(const Endpoint& source) {
  context_.log.info("media.rtp_source_taken", {{"call", call_text()},
                                               {"leg", name(side_)},
                                               {"source", source},
                                               {"announced", plan_->phone && source == plan_->phone->rtp}});
  if (!connected_) connected();
  connected_ = true;
}

// RTCP changes no address, so a stranger's can do no more than lie about loss; still only the peer's host is
// heard.
bool PhoneLeg::is_rtcp_source(const Endpoint& source) const {
  if (!plan_ || !plan_->phone) return false;
  if (const auto& believed = latch_.believed()) return source.ip == believed->ip;
  return source == plan_->phone->rtcp;
}

void PhoneLeg::on_rtcp_datagram(Time now, const Endpoint& source, ByteView datagram) {
  if (!is_rtcp_source(source)) return drop();
  if (heard_) heard_ = now;  // a phone that suppresses silence still reports
  on_rtcp(now, datagram);
}

void PhoneLeg::send_rtp(Packet& packet, bool) {
  ports_.rtp.send_to(*rtp_target_, packet.bytes());
}

void PhoneLeg::send_rtcp(Packet& packet) {
  if (rtcp_target_) ports_.rtcp.send_to(*rtcp_target_, packet.bytes());
}

// A phone that rings plays what it likes, and one that holds or is held is silent by right: on hold it may
// play music and need not.
bool PhoneLeg::is_expected_to_send() const {
  return plan_->answered && is_target(plan_->phone->rtp) && plan_->peer_direction == leg::Direction::sendrecv;
}

void PhoneLeg::on_tick(Time now) {
  if (!heard_ || timed_out_ || now - *heard_ < context_.options.media_timeout) return;
  timed_out_ = true;
  fail(leg::Failure::media_timeout, "");
}

std::string PhoneLeg::stuck_at() const {
  return counts_.received == 0 ? "no RTP from the phone" : "";
}

}  // namespace w2s::media
