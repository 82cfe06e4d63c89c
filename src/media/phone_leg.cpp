#include "media/phone_leg.hpp"

#include <utility>

#include "w2s/rtp/demux.hpp"

namespace w2s::media {

using leg::MediaType;

PhoneLeg::PhoneLeg(LegContext& context, const LegId& id, PortPair audio) : Leg(context, id) {
  add(MediaType::audio, std::move(audio));
}

void PhoneLeg::add(MediaType type, PortPair ports) {
  transports_[static_cast<std::size_t>(type)].emplace(context_, id_, type, std::move(ports));
}

void PhoneLeg::add_video(PortPair ports) {
  add(MediaType::video, std::move(ports));
}

void PhoneLeg::remove_video() {
  transports_[static_cast<std::size_t>(MediaType::video)].reset();
}

leg::LegOpened PhoneLeg::opened() const {
  auto opened = describe();
  opened.audio = transport(MediaType::audio)->describe(audio_.ssrc());
  if (const auto* video = transport(MediaType::video)) opened.video = video->describe(video_.ssrc());
  return opened;
}

const PortPair* PhoneLeg::ports(MediaType type) const {
  const auto* way = transport(type);
  return way != nullptr ? &way->ports() : nullptr;
}

const PhoneTransport* PhoneLeg::transport(MediaType type) const {
  const auto& transport = transports_[static_cast<std::size_t>(type)];
  return transport ? &*transport : nullptr;
}

PhoneTransport* PhoneLeg::transport(MediaType type) {
  auto& transport = transports_[static_cast<std::size_t>(type)];
  return transport ? &*transport : nullptr;
}

void PhoneLeg::on_plan(Time now) {
  transport(MediaType::audio)->apply(plan_->audio);
  // Refused video is like that on hold: nothing is sent, and when it comes back it may do so from elsewhere.
  if (auto* video = transport(MediaType::video)) video->apply(plan_->video.value_or(leg::StreamPlan{}));
  // The phone has the whole time again whenever it begins to be expected.
  if (!is_expected_to_send())
    heard_.reset();
  else if (!heard_)
    heard_ = now;
}

void PhoneLeg::on_rtp_datagram(Time now, MediaType type, const Endpoint& source, Packet& packet) {
  const auto kind = rtp::classify(packet.bytes());
  if (kind == rtp::PacketKind::rtcp) return on_rtcp_datagram(now, type, source, packet.bytes());
  auto& stream = this->stream(type);
  if (kind != rtp::PacketKind::rtp) return stream.drop();
  if (!stream.planned()) return stream.miss();
  const auto view = rtp::PacketView::parse(packet.bytes());
  if (!view) return stream.drop();
  auto& transport = *this->transport(type);
  const auto verdict = transport.on_rtp(source, view->ssrc(), view->sequence());
  if (!connected_ && transport.has_heard_phone()) {
    connected_ = true;
    connected();
  }
  if (verdict == Latch::Verdict::adopted) return stream.miss();  // like the packets before it that proved it
  if (verdict == Latch::Verdict::drop) return stream.drop();
  PumpCounters::increment(context_.counters.from_phones);
  if (heard_) heard_ = now;
  on_rtp(now, stream, packet);
}

void PhoneLeg::on_rtcp_datagram(Time now, MediaType type, const Endpoint& source, ByteView datagram) {
  auto& stream = this->stream(type);
  if (!stream.planned() || !transport(type)->is_rtcp_source(source)) return stream.drop();
  if (heard_) heard_ = now;  // a phone that suppresses silence still reports
  const auto compound = rtp::CompoundView::parse(datagram);
  if (!compound) return stream.drop();
  stream.on_rtcp(now, *compound);
}

bool PhoneLeg::can_send(MediaType type) const {
  const auto* way = transport(type);
  return way != nullptr && way->can_send();
}

void PhoneLeg::send_rtp(MediaType type, Packet& packet, bool) {
  transport(type)->send_rtp(packet);
}

void PhoneLeg::send_rtcp(MediaType type, Packet& packet) {
  transport(type)->send_rtcp(packet);
}

// A phone that rings plays what it likes, and one that holds or is held is silent by right: on hold it may
// play music and need not. Video says nothing: its camera may be off.
bool PhoneLeg::is_expected_to_send() const {
  return plan_->answered && is_target(plan_->audio.rtp) &&
         plan_->audio.peer_direction == leg::Direction::sendrecv;
}

void PhoneLeg::on_tick(Time now) {
  if (!heard_ || timed_out_ || now - *heard_ < context_.options.media_timeout) return;
  timed_out_ = true;
  fail(leg::Failure::media_timeout, "");
}

std::string PhoneLeg::stuck_at(const Stream& stream) const {
  return stream.received() == 0 ? "no RTP from the phone" : "";
}

}  // namespace w2s::media
