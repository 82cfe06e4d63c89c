#pragma once
#include <cstdint>
#include <optional>

#include "w2s/base/time.hpp"
#include "w2s/rtp/rtcp.hpp"
#include "w2s/rtp/types.hpp"

namespace w2s::rtp {

// What one incoming SSRC delivered (RFC 3550 A.1, A.3, A.8). It counts from its first packet: whether a
// source is believed at all is decided before (SRTP authentication, latching), so there is no probation here.
class ReceptionStatistics {
 public:
  ReceptionStatistics(Ssrc source, std::uint32_t clock_rate) : source_(source), clock_rate_(clock_rate) {}

  void on_packet(Time now, SeqNo sequence, std::uint32_t timestamp);
  void on_sender_report(Time now, const SenderInfo& info);
  // The block for our next report; starts a new interval for fraction_lost.
  ReportBlock make_report_block(Time now);

  Ssrc source() const { return source_; }
  std::uint32_t extended_highest() const { return cycles_ + highest_.value; }
  std::uint32_t received() const { return received_; }
  std::uint32_t expected() const;
  std::int64_t lost() const;  // negative when more duplicates came than packets were lost
  std::uint32_t jitter() const { return jitter_ >> 4; }  // in timestamp units

 private:
  void restart(SeqNo sequence);
  bool count(SeqNo sequence);
  void update_jitter(Time now, std::uint32_t timestamp);

  Ssrc source_;
  std::uint32_t clock_rate_;
  bool started_ = false;
  std::uint32_t base_ = 0;
  SeqNo highest_;
  std::uint32_t cycles_ = 0;
  std::optional<SeqNo> restart_at_;
  std::uint32_t received_ = 0;
  std::uint32_t expected_before_ = 0;
  std::uint32_t received_before_ = 0;
  std::optional<Time> first_arrival_;
  std::uint32_t transit_ = 0;
  std::uint32_t jitter_ = 0;  // scaled by 16
  std::uint32_t last_sender_report_ = 0;
  std::optional<Time> sender_report_arrival_;
};

}  // namespace w2s::rtp
