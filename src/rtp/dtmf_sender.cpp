#include "w2s/rtp/dtmf_sender.hpp"

#include <algorithm>

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

void DtmfSender::set_clock_rate(std::uint32_t clock_rate) {
  clock_rate_ = std::max(clock_rate, 1U);
  longest_segment_ = in_time(longest_in_units, clock_rate_);
}

bool DtmfSender::press(Time now, char digit, Duration duration) {
  const auto event = event_of_digit(digit);
  if (!event) return false;
  KeyPress press;
  press.event = *event;
  press.duration = duration;
  press.ended = true;
  return add(now, press);
}

bool DtmfSender::follow(Time now, const KeyPress& press) {
  const auto known = std::ranges::find(presses_, press.number, &KeyPress::number);
  if (known == presses_.end()) return add(now, press);
  known->duration = std::max({known->duration, press.duration, press.ended ? shortest_press : Duration{}});
  known->ended = press.ended;
  return true;
}

bool DtmfSender::add(Time now, const KeyPress& press) {
  if (presses_.size() >= most_waiting) return false;
  if (presses_.empty()) due_ = std::max(now, due_);
  presses_.push_back(press);
  if (press.ended) presses_.back().duration = std::max(press.duration, shortest_press);
  return true;
}

void DtmfSender::begin(const Position& position) {
  begun_ = true;
  steps_ = 0;
  end_packets_ = 0;
  timestamp_ = position.timestamp;
  before_segment_ = {};
}

DtmfSender::Packet DtmfSender::make_packet(Duration duration, bool end) const {
  const auto& press = presses_.front();
  const auto units = in_units(duration - before_segment_, clock_rate_);
  Packet packet;
  packet.marker = steps_ == 0 && end_packets_ == 0 && before_segment_ == Duration{};
  packet.timestamp = timestamp_;
  packet.event = {press.event, end, press.volume,
                  static_cast<std::uint16_t>(std::min<std::int64_t>(units, longest_in_units))};
  return packet;
}

// RFC 4733 2.5.1.3: an event that outgrows the field goes on in a new segment, which has no marker.
DtmfSender::Packet DtmfSender::close_segment(const Position& position) {
  const auto packet = make_packet(before_segment_ + longest_segment_, false);
  before_segment_ += longest_segment_;
  timestamp_ += static_cast<std::uint32_t>(in_units(longest_segment_, position.clock_rate));
  return packet;
}

void DtmfSender::finish_press() {
  presses_.pop_front();
  begun_ = false;
  due_ += pause;
}

std::optional<DtmfSender::Packet> DtmfSender::on_time(Time now, const Position& position) {
  if (presses_.empty() || now < due_) return std::nullopt;
  if (!begun_) begin(position);
  const auto& press = presses_.front();
  // Of a key that is still held down no more is told than its source has said.
  const Duration elapsed = std::min<Duration>(step * (steps_ + 1), std::max(press.duration, step));
  if (elapsed - before_segment_ > longest_segment_) return close_segment(position);

  due_ += step;
  if (!press.ended || elapsed < press.duration) {
    const auto packet = make_packet(elapsed, false);
    ++steps_;
    return packet;
  }
  const auto packet = make_packet(press.duration, true);
  if (++end_packets_ == end_packets) finish_press();
  return packet;
}

std::optional<Time> DtmfSender::next_time() const {
  if (presses_.empty()) return std::nullopt;
  return due_;
}

}  // namespace w2s::rtp
