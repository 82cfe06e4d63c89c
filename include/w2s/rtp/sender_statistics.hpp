#pragma once
#include <cstdint>
#include <optional>

#include "w2s/base/time.hpp"
#include "w2s/rtp/rtcp.hpp"

namespace w2s::rtp {

// What we sent with one SSRC, for our sender reports (RFC 3550 6.4.1).
class SenderStatistics {
 public:
  explicit SenderStatistics(std::uint32_t clock_rate) : clock_rate_(clock_rate) {}

  void on_sent(Time now, std::uint32_t timestamp, std::size_t payload_octets);
  // nullopt when nothing was sent since the last call: then a receiver report is due instead (RFC 3550 6.4).
  std::optional<SenderInfo> make_sender_info(Time now, std::uint64_t ntp_now);
  void set_clock_rate(std::uint32_t clock_rate) { clock_rate_ = clock_rate; }

 private:
  std::uint32_t clock_rate_;
  std::uint32_t packets_ = 0;
  std::uint32_t octets_ = 0;
  std::uint32_t last_timestamp_ = 0;
  Time last_sent_{};
  bool sent_since_report_ = false;
};

}  // namespace w2s::rtp
