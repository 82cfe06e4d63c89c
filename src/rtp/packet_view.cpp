#include "w2s/rtp/packet.hpp"

namespace w2s::rtp {
namespace {

constexpr std::uint16_t one_byte_profile = 0xbede;  // RFC 8285 4.2
constexpr std::uint16_t two_byte_profile =
    0x1000;  // RFC 8285 4.3; the low four bits belong to the application

}  // namespace

ExtensionWalk::ExtensionWalk(std::uint16_t profile, ByteView block) : form_(Form::other), rest_(block) {
  if (profile == one_byte_profile) form_ = Form::one_byte;
  if ((profile & 0xfff0) == two_byte_profile) form_ = Form::two_byte;
}

std::optional<ExtensionElement> ExtensionWalk::next() {
  if (form_ == Form::other) return std::nullopt;
  while (!rest_.empty() && rest_[0] == 0) rest_ = rest_.subspan(1);  // padding
  const std::size_t head = form_ == Form::one_byte ? 1 : 2;
  if (rest_.size() < head) return std::nullopt;

  ExtensionElement element;
  std::size_t size = 0;
  if (form_ == Form::one_byte) {
    element.id = rest_[0] >> 4;
    size = (rest_[0] & 0x0fU) + 1;
    // RFC 8285 4.2: id 0 with a length, and id 15, end the whole extension.
    if (element.id == 0 || element.id == 15) size = rest_.size();
  } else {
    element.id = rest_[0];
    size = rest_[1];
  }
  if (size > rest_.size() - head) {
    rest_ = {};
    return std::nullopt;
  }
  element.data = rest_.subspan(head, size);
  rest_ = rest_.subspan(head + size);
  return element;
}

std::optional<std::size_t> header_length(ByteView packet) {
  if (packet.size() < header_size || packet[0] >> 6 != 2) return std::nullopt;
  std::size_t length = header_size + 4 * (packet[0] & 0x0fU);
  if ((packet[0] & 0x10) != 0) {
    if (packet.size() < length + 4) return std::nullopt;
    length += 4 + std::size_t{4} * load_be16(&packet[length + 2]);
  }
  if (packet.size() < length) return std::nullopt;
  return length;
}

std::optional<PacketView> PacketView::parse(ByteView packet) {
  const auto header = header_length(packet);
  if (!header) return std::nullopt;
  std::size_t padding = 0;
  if ((packet[0] & 0x20) != 0) {
    // RFC 3550 5.1: the last byte counts the padding, itself included.
    padding = packet.back();
    if (padding == 0 || padding > packet.size() - *header) return std::nullopt;
  }
  return PacketView(packet, *header, padding);
}

ExtensionWalk PacketView::extensions() const {
  if (!has_extension()) return {0, {}};
  const auto at = extension_offset();
  return {load_be16(&packet_[at]), packet_.subspan(at + 4, header_length_ - at - 4)};
}

std::optional<ByteView> PacketView::extension(std::uint8_t id) const {
  auto walk = extensions();
  while (const auto element = walk.next())
    if (element->id == id) return element->data;
  return std::nullopt;
}

ByteView PacketView::payload() const {
  return packet_.subspan(header_length_, packet_.size() - header_length_ - padding_);
}

}  // namespace w2s::rtp
