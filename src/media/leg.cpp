#include "media/leg.hpp"

#include <chrono>

namespace w2s::media {
namespace {

// The streams of a browser share their transport and its keys, and one key must not meet the same SSRC and
// sequence number twice (RFC 3711 9.1).
rtp::Ssrc another_ssrc(rtp::Ssrc taken, Rng& rng) {
  rtp::Ssrc ssrc = taken;
  while (ssrc == taken) ssrc = {rng.u32()};
  return ssrc;
}

}  // namespace

Leg::Leg(LegContext& context, const LegId& id)
    : context_(context),
      id_(id),
      cname_(context.rng.alphanumeric(16)),  // RFC 7022 4.2: short-term persistent, at least 96 random bits
      audio_(context, id, leg::MediaType::audio, *this, {context.rng.u32()}, cname_),
      video_(context, id, leg::MediaType::video, *this, another_ssrc(audio_.ssrc(), context.rng), cname_) {}

leg::LegOpened Leg::describe() const {
  leg::LegOpened opened{};
  opened.media = id_.media;
  opened.side = id_.side;
  opened.number = id_.number;
  opened.cname = cname_;
  return opened;
}

void Leg::apply(Time now, const leg::LegPlan& plan) {
  plan_ = plan;
  audio_.apply(&plan_->audio);
  video_.apply(plan_->video ? &*plan_->video : nullptr);
  on_plan(now);
}

void Leg::connect(Leg& other) {
  other_ = &other;
  audio_.connect(other.audio_);
  video_.connect(other.video_);
}

void Leg::disconnect() {
  other_ = nullptr;
  audio_.disconnect();
  video_.disconnect();
}

void Leg::release_keys(Time now) {
  if (const auto press = keys_.release(); press && other_ != nullptr) pass_key(now, *press);
}

void Leg::on_rtp(Time now, Stream& stream, Packet& packet) {
  const auto view = rtp::PacketView::parse(packet.bytes());
  if (!view) return stream.drop();
  if (stream.on_rtp(now, *view, packet) == Relay::Outcome::event) on_events(now, *view);
}

// The peer's keys go to the other leg as events of our own making, each complete and of that leg's number and
// clock; by SIP INFO where no events were negotiated.
void Leg::on_events(Time now, const rtp::PacketView& view) {
  for (const auto& press : keys_.on_packet(now, view, audio_.clock_rate(view.payload_type())))
    pass_key(now, press);
}

void Leg::pass_key(Time now, const rtp::KeyPress& press) {
  auto& out = other_->audio_.outgoing();
  if (out.takes_events()) {
    if (!out.follow(now, press))
      context_.log.info("media.key_press_dropped", {{"call", id_.call()}, {"leg", name(id_.side)}});
    return other_->audio_.send_dtmf(now);
  }
  const auto digit = rtp::digit_of_event(press.event);
  if (!press.ended || !digit) return;
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(press.duration).count();
  context_.report(
      leg::KeyPressed{id_.media, other_->id_.side, *digit, static_cast<std::uint32_t>(milliseconds)});
}

bool Leg::press(Time now, char digit, Duration duration) {
  return plan_ && plan_->audio.wants_media() && audio_.can_send() &&
         audio_.outgoing().press(now, digit, duration);
}

void Leg::on_time(Time now) {
  on_tick(now);
  if (const auto press = keys_.on_time(now); press && other_ != nullptr) pass_key(now, *press);
  audio_.on_time(now);
  video_.on_time(now);
}

void Leg::connected() {
  context_.report(leg::LegConnected{id_.media, id_.side});
}

void Leg::fail(leg::Failure failure, std::string detail) {
  context_.report(leg::LegFailed{id_.media, id_.side, failure, std::move(detail), id_.number});
}

void Leg::log_summary() const {
  for (const auto* stream : {&audio_, &video_}) stream->log_summary(stuck_at(*stream));
}

}  // namespace w2s::media
