#include "w2s/rtp/sender_statistics.hpp"

#include "timestamp_units.hpp"

namespace w2s::rtp {

void SenderStatistics::on_sent(Time now, std::uint32_t timestamp, std::size_t payload_octets) {
  // The packets of one video frame or telephone event share the timestamp of its start, so only the first of
  // them tells when that was.
  if (packets_ == 0 || timestamp != last_timestamp_) last_sent_ = now;
  last_timestamp_ = timestamp;
  ++packets_;
  octets_ += static_cast<std::uint32_t>(payload_octets);
  sent_since_report_ = true;
}

std::optional<SenderInfo> SenderStatistics::make_sender_info(Time now, std::uint64_t ntp_now) {
  if (!sent_since_report_) return std::nullopt;
  sent_since_report_ = false;
  // RFC 3550 6.4.1: the timestamp of the moment of the NTP time, not of the last packet.
  const auto elapsed = static_cast<std::uint32_t>(in_units(now - last_sent_, clock_rate_));
  return SenderInfo{ntp_now, last_timestamp_ + elapsed, packets_, octets_};
}

}  // namespace w2s::rtp
