#include <algorithm>

#include "w2s/rtp/rtcp.hpp"

#include "rtcp_packet_types.hpp"

namespace w2s::rtp {
namespace {

constexpr std::size_t block_size = 24;

constexpr std::size_t feedback_size = 12;  // without feedback control information
constexpr std::size_t intra_request_size = 8;

// `count`: of report blocks or chunks; of feedback the format.
void write_rtcp_header(MutableByteView packet, std::size_t count, std::uint8_t type, Ssrc sender) {
  packet[0] = static_cast<std::uint8_t>(0x80 | count);
  packet[1] = type;
  store_be16(&packet[2], static_cast<std::uint16_t>(packet.size() / 4 - 1));
  store_be32(&packet[4], sender.value);
}

void write_sender_info(std::uint8_t* out, const SenderInfo& info) {
  store_be32(out, static_cast<std::uint32_t>(info.ntp_time >> 32));
  store_be32(out + 4, static_cast<std::uint32_t>(info.ntp_time));
  store_be32(out + 8, info.rtp_timestamp);
  store_be32(out + 12, info.packets);
  store_be32(out + 16, info.octets);
}

void write_block(std::uint8_t* out, const ReportBlock& block) {
  store_be32(out, block.source.value);
  // RFC 3550 6.4.1: the loss is cut to what 24 bits hold.
  const auto lost = static_cast<std::uint32_t>(std::clamp(block.cumulative_lost, -0x800000, 0x7fffff));
  store_be32(out + 4, static_cast<std::uint32_t>(block.fraction_lost) << 24 | (lost & 0xffffff));
  store_be32(out + 8, block.extended_highest);
  store_be32(out + 12, block.jitter);
  store_be32(out + 16, block.last_sender_report);
  store_be32(out + 20, block.delay_since_last_sender_report);
}

}  // namespace

std::size_t write_report(MutableByteView out, const Report& report) {
  if (report.blocks.size() > 31 || report.cname.size() > 255) return 0;
  const std::size_t blocks_at = report.sent ? 28 : 8;
  const auto report_size = blocks_at + block_size * report.blocks.size();
  // SSRC, one CNAME item and at least one zero byte, in whole words (RFC 3550 6.5).
  const auto description_size = (4 + 4 + 2 + report.cname.size() + 1 + 3) / 4 * 4;
  const auto length = report_size + description_size;
  if (out.size() < length) return 0;

  write_rtcp_header(out.first(report_size), report.blocks.size(),
                    report.sent ? type_sender_report : type_receiver_report, report.sender);
  if (report.sent) write_sender_info(&out[8], *report.sent);
  for (std::size_t i = 0; i < report.blocks.size(); ++i)
    write_block(&out[blocks_at + block_size * i], report.blocks[i]);

  const auto description = out.subspan(report_size, description_size);
  std::fill(description.begin(), description.end(), std::uint8_t{0});
  write_rtcp_header(description, 1, type_source_description, report.sender);
  description[8] = sdes_cname;
  description[9] = static_cast<std::uint8_t>(report.cname.size());
  std::copy(report.cname.begin(), report.cname.end(), description.begin() + 10);
  return length;
}

std::size_t write_pli(MutableByteView out, const PictureLossIndication& indication) {
  if (out.size() < feedback_size) return 0;
  const auto packet = out.first(feedback_size);
  write_rtcp_header(packet, format_picture_loss_indication, type_payload_feedback, indication.sender);
  store_be32(&packet[8], indication.media.value);
  return packet.size();
}

std::size_t write_fir(MutableByteView out, Ssrc sender, const FullIntraRequest::Entry& entry) {
  constexpr auto size = feedback_size + intra_request_size;
  if (out.size() < size) return 0;
  const auto packet = out.first(size);
  write_rtcp_header(packet, format_full_intra_request, type_payload_feedback, sender);
  store_be32(&packet[8], 0);  // RFC 5104 4.3.1.2: the media source is named in the entry
  store_be32(&packet[12], entry.media.value);
  store_be32(&packet[16], std::uint32_t{entry.command} << 24);
  return packet.size();
}

std::uint64_t ntp_time(std::uint64_t unix_nanoseconds) {
  constexpr std::uint64_t from_1900_to_1970 = 2208988800;
  constexpr std::uint64_t billion = 1'000'000'000;
  const auto seconds = unix_nanoseconds / billion + from_1900_to_1970;
  return seconds << 32 | ((unix_nanoseconds % billion) << 32) / billion;
}

}  // namespace w2s::rtp
