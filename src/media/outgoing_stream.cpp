#include "media/outgoing_stream.hpp"

#include <algorithm>

namespace w2s::media {
namespace {

constexpr std::string_view telephone_event = "telephone-event";

// The telephone-event that goes with the audio: events share its timestamps (RFC 4733 2.1), so that of the
// same clock rate if there is one (Opus has 48000, but Firefox offers 8000 alone).
std::optional<leg::Payload> choose_telephone_event(const std::vector<leg::Payload>& payloads) {
  std::optional<leg::Payload> chosen;
  std::uint32_t audio_clock = 0;
  for (const auto& payload : payloads) {
    if (payload.codec.name != telephone_event) {
      if (audio_clock == 0) audio_clock = payload.codec.clock_rate;
    }
  }
  for (const auto& payload : payloads) {
    if (payload.codec.name != telephone_event) continue;
    if (!chosen || payload.codec.clock_rate == audio_clock) chosen = payload;
    if (chosen->codec.clock_rate == audio_clock) break;
  }
  return chosen;
}

}  // namespace

void OutgoingStream::apply(const leg::StreamPlan& plan) {
  telephone_event_ = choose_telephone_event(plan.payloads);
  // A peer that wants to hear nothing hears no rest of a press either.
  if (!telephone_event_ || !plan.wants_media()) dtmf_.reset();
  if (!telephone_event_) return;
  // A press under way goes on under the new number and clock.
  if (dtmf_)
    dtmf_->set_clock_rate(telephone_event_->codec.clock_rate);
  else
    dtmf_.emplace(telephone_event_->codec.clock_rate);
}

bool OutgoingStream::adopt(Time now, const Packet& packet, std::uint32_t clock_rate) {
  if (dtmf_ && dtmf_->active()) {
    replace(now, packet.bytes());
    return false;
  }
  rewriter_.set_clock_rate(clock_rate);
  statistics_.set_clock_rate(clock_rate);
  return rewriter_.rewrite(now, packet.bytes());
}

void OutgoingStream::on_sent(Time now, ByteView packet) {
  const auto view = rtp::PacketView::parse(packet);
  if (view) statistics_.on_sent(now, view->timestamp(), view->payload().size());
}

bool OutgoingStream::press(Time now, char digit, Duration duration) {
  return dtmf_ && dtmf_->press(now, digit, duration);
}

std::optional<Packet> OutgoingStream::write_dtmf(Time now, MutableByteView buffer) {
  if (!dtmf_ || buffer.size() < dtmf_packet_size) return std::nullopt;
  const auto due = dtmf_->on_time(now, {rewriter_.timestamp_at(now), rewriter_.clock_rate()});
  if (!due) return std::nullopt;
  rtp::write_header(buffer, {due->marker,
                             {telephone_event_->send},
                             rewriter_.insert_sequence(now),
                             due->timestamp,
                             rewriter_.ssrc()});
  const auto event = rtp::serialize(due->event);
  std::ranges::copy(event, buffer.begin() + rtp::header_size);
  return Packet{buffer, dtmf_packet_size};
}

std::size_t OutgoingStream::write_report(Time now, std::uint64_t ntp_now,
                                         std::span<const rtp::ReportBlock> blocks, std::string_view cname,
                                         MutableByteView out) {
  return rtp::write_report(out,
                           {rewriter_.ssrc(), statistics_.make_sender_info(now, ntp_now), blocks, cname});
}

}  // namespace w2s::media
