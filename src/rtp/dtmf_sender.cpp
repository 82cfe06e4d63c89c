#include <algorithm>

#include "w2s/rtp/telephone_event.hpp"

#include "timestamp_units.hpp"

namespace w2s::rtp {
namespace {

constexpr Duration step = 20ms;
constexpr Duration shortest_press = 40ms;
// RFC 4733 2.5.1.4: the final packet is sent three times, so that one loss does not prolong the event.
constexpr int end_packets = 3;
// Between two presses, so that the same key twice is two presses to whoever decodes tones (ITU-T Q.24: 40
// ms).
constexpr Duration pause = 40ms;
constexpr std::size_t most_waiting = 32;
constexpr std::uint16_t longest_in_units = 0xffff;

}  // namespace

DtmfSender::DtmfSender(std::uint32_t clock_rate) : clock_rate_(std::max(clock_rate, 1U)) {}

bool DtmfSender::press(Time now, char digit, Duration duration) {
  const auto event = event_of_digit(digit);
  if (!event || presses_.size() >= most_waiting) return false;
  // RFC 4733 2.5.1.3: a longer event would have to be sent in segments, which no key press is worth.
  const Duration longest =
      std::chrono::nanoseconds(longest_in_units * std::int64_t{1'000'000'000} / clock_rate_);
  if (presses_.empty()) due_ = std::max(now, due_);
  presses_.push_back({*event, std::min(std::max(duration, shortest_press), longest)});
  return true;
}

TelephoneEvent DtmfSender::event_after(Duration elapsed, bool end) const {
  TelephoneEvent event;
  event.event = presses_.front().event;
  event.end = end;
  event.duration = static_cast<std::uint16_t>(in_units(elapsed, clock_rate_));
  return event;
}

void DtmfSender::finish_press() {
  presses_.pop_front();
  steps_ = 0;
  end_packets_ = 0;
  due_ += pause;
}

std::optional<DtmfSender::Packet> DtmfSender::on_time(Time now, std::uint32_t timestamp_now) {
  if (presses_.empty() || now < due_) return std::nullopt;
  Packet packet;
  packet.marker = steps_ == 0 && end_packets_ == 0;
  if (packet.marker) timestamp_ = timestamp_now;
  packet.timestamp = timestamp_;
  due_ += step;

  const auto duration = presses_.front().duration;
  const auto elapsed = step * (steps_ + 1);
  if (elapsed < duration) {
    packet.event = event_after(elapsed, false);
    ++steps_;
  } else {
    packet.event = event_after(duration, true);
    if (++end_packets_ == end_packets) finish_press();
  }
  return packet;
}

std::optional<Time> DtmfSender::next_time() const {
  if (presses_.empty()) return std::nullopt;
  return due_;
}

}  // namespace w2s::rtp
