#include "w2s/rtp/reception_statistics.hpp"

#include <algorithm>

#include "timestamp_units.hpp"

namespace w2s::rtp {
namespace {

// RFC 3550 A.1
constexpr int max_dropout = 3000;
constexpr int max_misorder = 100;

}  // namespace

void ReceptionStatistics::restart(SeqNo sequence) {
  started_ = true;
  base_ = sequence.value;
  highest_ = sequence;
  cycles_ = 0;
  restart_at_.reset();
  received_ = 0;
  expected_before_ = 0;
  received_before_ = 0;
}

// RFC 3550 A.1; false for a packet that does not belong to the sequence (yet).
bool ReceptionStatistics::count(SeqNo sequence) {
  if (!started_) restart(sequence);
  const auto step = static_cast<std::uint16_t>(sequence.value - highest_.value);
  if (step < max_dropout) {
    if (sequence.value < highest_.value) cycles_ += 0x10000;
    highest_ = sequence;
  } else if (step <= 0x10000 - max_misorder) {
    // A very large jump: the next packet in a row says that the source has started anew.
    if (restart_at_ != sequence) {
      restart_at_ = sequence + 1;
      return false;
    }
    restart(sequence);
  }
  ++received_;
  return true;
}

void ReceptionStatistics::on_packet(Time now, SeqNo sequence, std::uint32_t timestamp) {
  if (count(sequence)) update_jitter(now, timestamp);
}

// RFC 3550 A.8: the smoothed difference of transit times, in timestamp units.
void ReceptionStatistics::update_jitter(Time now, std::uint32_t timestamp) {
  const bool first = !first_arrival_;
  if (first) first_arrival_ = now;
  const auto arrival = static_cast<std::uint32_t>(in_units(now - *first_arrival_, clock_rate_));
  const auto transit = arrival - timestamp;
  const auto difference = static_cast<std::int32_t>(transit - transit_);
  transit_ = transit;
  if (first) return;
  // A source whose timestamps jump must not leave a difference that takes minutes to fade.
  const auto size = std::min<std::uint32_t>(
      difference < 0 ? 0U - static_cast<std::uint32_t>(difference) : static_cast<std::uint32_t>(difference),
      clock_rate_);
  jitter_ += size - ((jitter_ + 8) >> 4);
}

void ReceptionStatistics::on_sender_report(Time now, const SenderInfo& info) {
  last_sender_report_ = static_cast<std::uint32_t>(info.ntp_time >> 16);
  sender_report_arrival_ = now;
}

std::uint32_t ReceptionStatistics::expected() const {
  return started_ ? extended_highest() - base_ + 1 : 0;
}

std::int64_t ReceptionStatistics::lost() const {
  return std::int64_t{expected()} - received_;
}

ReportBlock ReceptionStatistics::make_report_block(Time now) {
  ReportBlock block;
  block.source = source_;
  block.cumulative_lost = static_cast<std::int32_t>(std::clamp<std::int64_t>(lost(), -0x800000, 0x7fffff));
  block.extended_highest = extended_highest();
  block.jitter = jitter();

  // RFC 3550 A.3: of this interval only.
  const auto expected_now = expected();
  const std::int64_t expected_here = expected_now - expected_before_;
  const std::int64_t lost_here = expected_here - (received_ - received_before_);
  expected_before_ = expected_now;
  received_before_ = received_;
  if (expected_here > 0 && lost_here > 0)
    block.fraction_lost =
        static_cast<std::uint8_t>(std::min<std::int64_t>((lost_here << 8) / expected_here, 255));

  if (sender_report_arrival_) {
    block.last_sender_report = last_sender_report_;
    block.delay_since_last_sender_report =
        static_cast<std::uint32_t>(in_units(now - *sender_report_arrival_, 65536));
  }
  return block;
}

}  // namespace w2s::rtp
