#include "w2s/rtp/dtmf_receiver.hpp"

#include <algorithm>

#include "timestamp_units.hpp"

namespace w2s::rtp {
namespace {

// Senders repeat themselves every 20 to 50 ms (RFC 4733 2.5.1.2); three of these missing is an end (2.5.2.2).
constexpr Duration silence_of_an_end = 200ms;
// After so long a timestamp says no more about older and newer: at 48 kHz it comes round within a day.
constexpr Duration memory = 10s;
// A segment is full, or nearly: not every sender counts to the last unit (RFC 4733 2.5.1.3).
constexpr std::uint32_t longest_segment = 0xffff;
constexpr std::uint32_t shortest_full_segment = 0xf000;

}  // namespace

void DtmfReceiver::tell(const KeyPress& press) {
  if (news_count_ < news_.size()) news_[news_count_++] = press;
}

std::span<const KeyPress> DtmfReceiver::on_packet(Time now, const PacketView& packet,
                                                  std::uint32_t clock_rate) {
  news_count_ = 0;
  auto payload = packet.payload();
  Report report{{}, packet.timestamp(), std::max(clock_rate, 1U), packet.marker()};
  for (std::size_t i = 0; i < most_events; ++i) {
    const auto event = parse_telephone_event(payload);
    if (!event) break;
    report.event = *event;
    on_report(now, packet.ssrc(), report);
    payload = payload.subspan(telephone_event_size);
    report.start += event->duration;
    report.marker = false;
  }
  return std::span(news_).first(news_count_);
}

bool DtmfReceiver::is_old(Time now, Ssrc source, const Report& report) const {
  return current_ && current_->source == source && now - current_->heard < memory &&
         static_cast<std::int32_t>(report.start - current_->start) < 0;
}

bool DtmfReceiver::is_same_start(Ssrc source, const Report& report) const {
  return current_ && current_->source == source && current_->start == report.start &&
         current_->press.event == report.event.event;
}

// A later start that is no new press: the next segment, or a sender that lets the timestamp run while the key
// is held down. Both have no marker and come before any end.
bool DtmfReceiver::continues(Ssrc source, const Report& report) {
  if (!current_ || current_->source != source || current_->press.ended || report.marker ||
      current_->press.event != report.event.event)
    return false;
  const auto step = report.start - current_->start;
  if (step >= shortest_full_segment && step <= longest_segment) {
    current_->before_segment += in_time(step, report.clock_rate);
    current_->segment_units = 0;
    return true;
  }
  return report.event.duration > current_->segment_units && step <= report.event.duration;
}

void DtmfReceiver::update(Time now, const Report& report) {
  auto& press = current_->press;
  current_->heard = now;
  current_->start = report.start;
  current_->segment_units = std::max<std::uint32_t>(current_->segment_units, report.event.duration);
  if (press.ended) return;  // a repeated end
  const auto duration = current_->before_segment + in_time(report.event.duration, report.clock_rate);
  if (duration <= press.duration && !report.event.end) return;
  press.duration = std::max(press.duration, duration);
  press.ended = report.event.end;
  tell(press);
}

void DtmfReceiver::begin(Time now, Ssrc source, const Report& report) {
  if (current_ && !current_->press.ended) {
    current_->press.ended = true;
    tell(current_->press);
  }
  current_ = Current{};
  current_->source = source;
  current_->press.number = ++presses_;
  current_->press.event = report.event.event;
  current_->press.volume = report.event.volume;
  current_->press.duration = Duration{-1};  // so that even a first packet of no duration is news
  update(now, report);
}

void DtmfReceiver::on_report(Time now, Ssrc source, const Report& report) {
  if (is_old(now, source, report)) return;
  if (is_same_start(source, report) || continues(source, report))
    update(now, report);
  else
    begin(now, source, report);
}

std::optional<KeyPress> DtmfReceiver::on_time(Time now) {
  if (!current_ || now - current_->heard < silence_of_an_end) return std::nullopt;
  return release();
}

std::optional<KeyPress> DtmfReceiver::release() {
  if (!current_ || current_->press.ended) return std::nullopt;
  current_->press.ended = true;
  return current_->press;
}

}  // namespace w2s::rtp
