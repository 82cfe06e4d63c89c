#include "media/leg.hpp"

#include <array>
#include <chrono>

namespace w2s::media {

Leg::Leg(LegContext& context, leg::MediaId media, leg::Side side, leg::LegNumber number)
    : context_(context),
      media_(media),
      side_(side),
      number_(number),
      cname_(context.rng.alphanumeric(16)),  // RFC 7022 4.2: short-term persistent, at least 96 random bits
      outgoing_({context.rng.u32()}, context.rng) {}

void Leg::apply(Time now, const leg::LegPlan& plan) {
  plan_ = plan;
  outgoing_.apply(plan);
  on_plan(now);
}

void Leg::connect(Leg& other) {
  other_ = &other;
  const bool was_open = relay_.open();
  relay_.connect(*plan_, *other.plan_);
  if (was_open && !relay_.open()) other.outgoing_.pause();
}

void Leg::disconnect() {
  other_ = nullptr;
  outgoing_.pause();
}

void Leg::release_keys(Time now) {
  if (const auto press = keys_.release(); press && other_ != nullptr) pass_key(now, *press);
}

void Leg::on_rtp(Time now, Packet& packet) {
  const auto view = rtp::PacketView::parse(packet.bytes());
  if (!view) return drop();
  receive(now, *view);
  if (other_ == nullptr || !other_->can_send()) return drop();
  switch (relay_.pass(now, *view, packet, other_->outgoing_)) {
    case Relay::Outcome::send:
      ++counts_.forwarded;
      other_->send(now, packet, false);
      return;
    case Relay::Outcome::event: return on_events(now, *view, packet.bytes());
    case Relay::Outcome::no_codec: ++counts_.no_codec; break;
    case Relay::Outcome::not_connected:
    case Relay::Outcome::held:
    case Relay::Outcome::superseded: break;
  }
  drop();
}

// The peer's keys go to the other leg as events of our own making, each complete and of that leg's number and
// clock; by SIP INFO where no events were negotiated.
void Leg::on_events(Time now, const rtp::PacketView& view, ByteView packet) {
  ++counts_.forwarded;
  other_->outgoing_.replace(now, packet);
  for (const auto& press : keys_.on_packet(now, view, relay_.clock_rate(view.payload_type())))
    pass_key(now, press);
}

void Leg::pass_key(Time now, const rtp::KeyPress& press) {
  if (other_->outgoing_.takes_events()) {
    if (!other_->outgoing_.follow(now, press))
      context_.log.info("media.key_press_dropped", {{"call", call_text()}, {"leg", name(side_)}});
    return other_->send_dtmf(now);
  }
  const auto digit = rtp::digit_of_event(press.event);
  if (!press.ended || !digit) return;
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(press.duration).count();
  context_.report(leg::KeyPressed{media_, other_->side_, *digit, static_cast<std::uint32_t>(milliseconds)});
}

void Leg::receive(Time now, const rtp::PacketView& view) {
  if (++counts_.received == 1)
    context_.log.info("media.first_packet_received", {{"call", call_text()},
                                                      {"leg", name(side_)},
                                                      {"payload_type", view.payload_type().value},
                                                      {"ssrc", view.ssrc().value}});
  const auto clock_rate = relay_.clock_rate(view.payload_type());
  if (clock_rate == 0) return;
  if (!incoming_ || incoming_->source() != view.ssrc()) incoming_.emplace(view.ssrc(), clock_rate);
  incoming_->on_packet(now, view.sequence(), view.timestamp());
}

void Leg::on_rtcp(Time now, ByteView compound) {
  // RTCP ends here: the other leg's peer hears what we received and sent, never this peer's numbers about us.
  // A BYE ends nothing either, calls are ended by SIP.
  auto packets = rtp::CompoundView::parse(compound);
  if (!packets) return drop();
  while (const auto packet = packets->next()) {
    const auto* report = std::get_if<rtp::SenderReport>(&*packet);
    if (report != nullptr && incoming_ && incoming_->source() == report->sender)
      incoming_->on_sender_report(now, report->info);
  }
}

void Leg::send(Time now, Packet& packet, bool transient) {
  shape_extensions(packet);
  outgoing_.on_sent(now, packet.bytes());
  if (++counts_.sent == 1)
    context_.log.info("media.first_packet_sent", {{"call", call_text()}, {"leg", name(side_)}});
  send_rtp(packet, transient);
}

// Header extensions are negotiated per leg: none of the other leg's mean anything here.
void Leg::shape_extensions(Packet& packet) const {
  std::array<rtp::ExtensionElement, 1> mid;
  std::size_t count = 0;
  if (plan_->web && plan_->web->mid_extension && !plan_->web->mid.empty())
    mid[count++] = {*plan_->web->mid_extension, as_bytes(plan_->web->mid)};
  const bool has_extension = (packet.buffer[0] & 0x10) != 0;
  if (count == 0 && !has_extension) return;
  const auto length = rtp::replace_extensions(packet.buffer, packet.length, std::span(mid).first(count));
  if (length != 0) packet.length = length;
}

bool Leg::press(Time now, char digit, Duration duration) {
  return plan_ && plan_->wants_media() && can_send() && outgoing_.press(now, digit, duration);
}

void Leg::on_time(Time now) {
  on_tick(now);
  if (const auto press = keys_.on_time(now); press && other_ != nullptr) pass_key(now, *press);
  send_dtmf(now);
  send_report(now);
}

void Leg::send_dtmf(Time now) {
  const auto due = outgoing_.next_dtmf();
  if (!due || now < *due) return;
  std::array<std::uint8_t, 256> buffer;
  while (auto packet = outgoing_.write_dtmf(now, buffer)) {
    if (can_send()) send(now, *packet, true);
  }
}

// RFC 3550 6.2: five seconds on average between half and one and a half times that, the first after half of
// it.
Duration Leg::report_interval() {
  constexpr auto average = std::chrono::milliseconds(5000);
  return average / 2 + std::chrono::milliseconds(context_.rng.u32() % average.count());
}

void Leg::send_report(Time now) {
  if (!can_send() || (!incoming_ && counts_.sent == 0)) return;
  if (!next_report_) next_report_ = now + report_interval() / 2;
  if (now < *next_report_) return;
  next_report_ = now + report_interval();

  // A source that has sent nothing since our last report gets no block (RFC 3550 6.4).
  std::array<rtp::ReportBlock, 1> block;
  std::size_t blocks = 0;
  if (incoming_ && counts_.received != reported_received_)
    block[blocks++] = incoming_->make_report_block(now);
  reported_received_ = counts_.received;

  const auto unix_time = std::chrono::system_clock::now().time_since_epoch();
  const auto ntp_now = rtp::ntp_time(
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(unix_time).count()));
  std::array<std::uint8_t, 256> buffer;
  Packet packet{buffer, 0};
  packet.length = outgoing_.write_report(now, ntp_now, std::span(block).first(blocks), cname_, buffer);
  if (packet.length != 0) send_rtcp(packet);
}

void Leg::drop() {
  ++counts_.dropped;
  PumpCounters::increment(context_.counters.dropped);
}

void Leg::connected() {
  context_.report(leg::LegConnected{media_, side_});
}

void Leg::fail(leg::Failure failure, std::string detail) {
  context_.report(leg::LegFailed{media_, side_, failure, std::move(detail), number_});
}

void Leg::log_summary() const {
  auto stage = stuck_at();
  if (stage.empty() && counts_.received > 0 && counts_.forwarded == 0 && counts_.no_codec > 0)
    stage = "codec";
  context_.log.info("media.closed", {{"call", call_text()},
                                     {"leg", name(side_)},
                                     {"received", counts_.received},
                                     {"forwarded", counts_.forwarded},
                                     {"sent", counts_.sent},
                                     {"dropped", counts_.dropped},
                                     {"lost", incoming_ ? incoming_->lost() : 0},
                                     {"stuck_at", stage.empty() ? "none" : stage}});
}

}  // namespace w2s::media
