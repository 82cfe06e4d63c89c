#include "media/stream.hpp"

#include <array>

namespace w2s::media {

Stream::Stream(LegContext& context, const LegId& leg, leg::MediaType type, StreamTransport& transport,
               rtp::Ssrc ssrc, const std::string& cname)
    : context_(context),
      leg_(leg),
      type_(type),
      transport_(transport),
      cname_(cname),
      outgoing_(ssrc, context.rng) {}

void Stream::apply(const leg::StreamPlan* plan) {
  plan_ = plan;
  if (plan_ == nullptr) return;
  was_planned_ = true;
  outgoing_.apply(*plan_);
}

void Stream::connect(Stream& other) {
  if (!planned() || !other.planned()) return disconnect();
  other_ = &other;
  // An encoder that pauses on hold goes on with differences to pictures that were never sent.
  const std::pair directions(plan_->peer_direction, other.plan_->peer_direction);
  if (directions_ && *directions_ != directions) key_frame_missing_ = type_ == leg::MediaType::video;
  directions_ = directions;
  const bool was_open = relay_.open();
  relay_.connect(*plan_, *other.plan_);
  if (was_open && !relay_.open()) other.outgoing_.pause();
}

void Stream::disconnect() {
  // Whoever comes next knows nothing of the video so far.
  if (other_ != nullptr) key_frame_missing_ = type_ == leg::MediaType::video;
  other_ = nullptr;
  outgoing_.pause();
}

Relay::Outcome Stream::on_rtp(Time now, const rtp::PacketView& view, Packet& packet) {
  receive(now, view);
  auto outcome = Relay::Outcome::not_connected;
  if (other_ != nullptr && other_->can_send()) outcome = relay_.pass(now, view, packet, other_->outgoing_);
  switch (outcome) {
    case Relay::Outcome::send:
      ++counts_.forwarded;
      other_->send(now, packet, false);
      if (key_frame_missing_) request_key_frame(now);
      break;
    case Relay::Outcome::event:
      ++counts_.forwarded;
      other_->outgoing_.replace(now, packet.bytes());
      break;
    case Relay::Outcome::no_codec:
      ++counts_.no_codec;
      drop();
      break;
    case Relay::Outcome::superseded: drop(); break;
    case Relay::Outcome::not_connected:
    case Relay::Outcome::held: miss(); break;
  }
  return outcome;
}

void Stream::receive(Time now, const rtp::PacketView& view) {
  if (++counts_.received == 1)
    context_.log.info("media.first_packet_received", {{"call", leg_.call()},
                                                      {"leg", name(leg_.side)},
                                                      {"payload_type", view.payload_type().value},
                                                      {"ssrc", view.ssrc().value},
                                                      {"media", name(type_)}});
  const auto rate = clock_rate(view.payload_type());
  if (rate == 0) return;
  if (!incoming_ || incoming_->source() != view.ssrc()) incoming_.emplace(view.ssrc(), rate);
  incoming_->on_packet(now, view.sequence(), view.timestamp());
}

void Stream::send(Time now, Packet& packet, bool transient) {
  shape_extensions(packet);
  outgoing_.on_sent(now, packet.bytes());
  if (++counts_.sent == 1)
    context_.log.info("media.first_packet_sent",
                      {{"call", leg_.call()}, {"leg", name(leg_.side)}, {"media", name(type_)}});
  transport_.send_rtp(type_, packet, transient);
}

// Header extensions are negotiated per leg: none of the other leg's mean anything here.
void Stream::shape_extensions(Packet& packet) const {
  std::array<rtp::ExtensionElement, 1> mid;
  std::size_t count = 0;
  if (plan_->mid_extension && !plan_->mid.empty())
    mid[count++] = {*plan_->mid_extension, as_bytes(plan_->mid)};
  const bool has_extension = (packet.buffer[0] & 0x10) != 0;
  if (count == 0 && !has_extension) return;
  const auto length = rtp::replace_extensions(packet.buffer, packet.length, std::span(mid).first(count));
  if (length != 0) packet.length = length;
}

void Stream::on_time(Time now) {
  send_dtmf(now);
  send_report(now);
}

void Stream::send_dtmf(Time now) {
  const auto due = outgoing_.next_dtmf();
  if (!due || now < *due) return;
  std::array<std::uint8_t, 256> buffer;
  while (auto packet = outgoing_.write_dtmf(now, buffer)) {
    if (can_send()) send(now, *packet, true);
  }
}

void Stream::drop() {
  ++counts_.dropped;
  PumpCounters::increment(context_.counters.dropped);
}

void Stream::miss() {
  key_frame_missing_ = type_ == leg::MediaType::video;
  drop();
}

void Stream::log_summary(std::string stuck_at) const {
  if (!was_planned_ && type_ != leg::MediaType::audio) return;
  if (stuck_at.empty() && counts_.received > 0 && counts_.forwarded == 0 && counts_.no_codec > 0)
    stuck_at = "codec";
  context_.log.info("media.closed", {{"call", leg_.call()},
                                     {"leg", name(leg_.side)},
                                     {"received", counts_.received},
                                     {"forwarded", counts_.forwarded},
                                     {"sent", counts_.sent},
                                     {"dropped", counts_.dropped},
                                     {"lost", incoming_ ? incoming_->lost() : 0},
                                     {"stuck_at", stuck_at.empty() ? "none" : stuck_at},
                                     {"media", name(type_)}});
}

}  // namespace w2s::media
