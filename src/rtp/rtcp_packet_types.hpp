#pragma once
#include <cstdint>

namespace w2s::rtp {

// RFC 3550 12.1, RFC 4585 6.1
enum RtcpPacketType : std::uint8_t {
  type_sender_report = 200,
  type_receiver_report = 201,
  type_source_description = 202,
  type_goodbye = 203,
  type_transport_feedback = 205,
  type_payload_feedback = 206,
};

// FMT of payload-specific feedback.
inline constexpr std::uint8_t format_picture_loss_indication = 1;  // RFC 4585 6.3.1
inline constexpr std::uint8_t format_full_intra_request = 4;       // RFC 5104 4.3.1

inline constexpr std::uint8_t sdes_end = 0;  // RFC 3550 6.5
inline constexpr std::uint8_t sdes_cname = 1;

}  // namespace w2s::rtp
