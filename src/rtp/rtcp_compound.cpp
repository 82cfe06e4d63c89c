#include "w2s/rtp/rtcp.hpp"

#include "rtcp_packet_types.hpp"

namespace w2s::rtp {
namespace {

std::optional<RtcpPacket> sender_report(std::size_t count, ByteView body) {
  if (body.size() < 24 + 24 * count) return std::nullopt;
  const std::uint64_t seconds = load_be32(&body[4]);
  const SenderInfo info{seconds << 32 | load_be32(&body[8]), load_be32(&body[12]), load_be32(&body[16]),
                        load_be32(&body[20])};
  return SenderReport{{load_be32(&body[0])}, info, ReportBlocks(body.subspan(24, 24 * count))};
}

std::optional<RtcpPacket> receiver_report(std::size_t count, ByteView body) {
  if (body.size() < 4 + 24 * count) return std::nullopt;
  return ReceiverReport{{load_be32(&body[0])}, ReportBlocks(body.subspan(4, 24 * count))};
}

std::optional<RtcpPacket> goodbye(std::size_t count, ByteView body) {
  if (body.size() < 4 * count) return std::nullopt;
  return Goodbye{body.first(4 * count)};
}

// Sender, media source and feedback control information (RFC 4585 6.1).
std::optional<RtcpPacket> feedback(std::uint8_t type, std::size_t format, ByteView body) {
  if (body.size() < 8) return std::nullopt;
  const Ssrc sender{load_be32(&body[0])};
  const Ssrc media{load_be32(&body[4])};
  const auto control = body.subspan(8);
  if (type == type_transport_feedback && format == 1) return Nack{sender, media, control};
  if (type != type_payload_feedback) return std::nullopt;
  if (format == format_picture_loss_indication) return PictureLossIndication{sender, media};
  if (format == format_full_intra_request) return FullIntraRequest{sender, control};
  return std::nullopt;
}

// `packet` is one whole packet of a compound, its padding removed.
std::optional<RtcpPacket> interpret(ByteView packet) {
  const std::size_t count = packet[0] & 0x1f;
  const auto body = packet.subspan(4);
  switch (packet[1]) {
    case type_sender_report: return sender_report(count, body);
    case type_receiver_report: return receiver_report(count, body);
    case type_source_description: return SourceDescription{body};
    case type_goodbye: return goodbye(count, body);
    case type_transport_feedback:
    case type_payload_feedback: return feedback(packet[1], count, body);
    default: return std::nullopt;
  }
}

std::size_t packet_size(ByteView packets) {
  return 4 + std::size_t{4} * load_be16(&packets[2]);
}

std::size_t padding_of(ByteView packet) {
  return (packet[0] & 0x20) != 0 ? packet.back() : 0;
}

}  // namespace

ReportBlock ReportBlocks::operator[](std::size_t i) const {
  const auto* at = &bytes_[24 * i];
  const auto lost = load_be32(at + 4);
  // Sign-extends the 24 bits.
  const auto cumulative = static_cast<std::int32_t>(lost << 8) >> 8;
  return {{load_be32(at)},    static_cast<std::uint8_t>(lost >> 24),
          cumulative,         load_be32(at + 8),
          load_be32(at + 12), load_be32(at + 16),
          load_be32(at + 20)};
}

std::optional<std::string_view> SourceDescription::cname(Ssrc source) const {
  auto rest = chunks;
  while (rest.size() >= 4) {
    const bool wanted = load_be32(&rest[0]) == source.value;
    std::size_t at = 4;
    while (at < rest.size() && rest[at] != sdes_end) {
      if (rest.size() - at < 2 || rest.size() - at - 2 < rest[at + 1]) return std::nullopt;
      const std::size_t length = rest[at + 1];
      if (wanted && rest[at] == sdes_cname) return as_text(rest.subspan(at + 2, length));
      at += 2 + length;
    }
    // RFC 3550 6.5: one zero byte or more, up to the next 32-bit boundary.
    const auto next = (at / 4 + 1) * 4;
    if (next >= rest.size()) break;
    rest = rest.subspan(next);
  }
  return std::nullopt;
}

Nack::Entry Nack::operator[](std::size_t i) const {
  return {{load_be16(&entries[4 * i])}, load_be16(&entries[4 * i + 2])};
}

FullIntraRequest::Entry FullIntraRequest::operator[](std::size_t i) const {
  return {{load_be32(&entries[8 * i])}, entries[8 * i + 4]};
}

std::optional<CompoundView> CompoundView::parse(ByteView datagram) {
  if (datagram.empty()) return std::nullopt;
  for (auto rest = datagram; !rest.empty();) {
    if (rest.size() < 4 || rest[0] >> 6 != 2) return std::nullopt;
    const auto size = packet_size(rest);
    if (size > rest.size()) return std::nullopt;
    const auto packet = rest.first(size);
    rest = rest.subspan(size);
    // RFC 3550 6.4.1: only the last packet is padded; its last byte counts the padding, a multiple of four.
    if ((packet[0] & 0x20) == 0) continue;
    const auto padding = padding_of(packet);
    if (!rest.empty() || padding == 0 || padding % 4 != 0 || padding > size - 4) return std::nullopt;
  }
  return CompoundView(datagram);
}

std::optional<RtcpPacket> CompoundView::next() {
  while (!rest_.empty()) {
    const auto packet = rest_.first(packet_size(rest_));
    rest_ = rest_.subspan(packet.size());
    if (auto known = interpret(packet.first(packet.size() - padding_of(packet)))) return known;
  }
  return std::nullopt;
}

}  // namespace w2s::rtp
