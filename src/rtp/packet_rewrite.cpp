#include <algorithm>
#include <cstring>

#include "w2s/rtp/packet.hpp"

namespace w2s::rtp {
namespace {

enum class Form { none, one_byte, two_byte, impossible };

Form form_for(std::span<const ExtensionElement> elements) {
  auto form = elements.empty() ? Form::none : Form::one_byte;
  for (const auto& e : elements) {
    if (e.id == 0 || e.data.size() > 255) return Form::impossible;
    if (e.id > 14 || e.data.empty() || e.data.size() > 16) form = Form::two_byte;
  }
  return form;
}

std::size_t block_size(Form form, std::span<const ExtensionElement> elements) {
  if (form == Form::none) return 0;
  std::size_t size = 0;
  for (const auto& e : elements) size += (form == Form::one_byte ? 1 : 2) + e.data.size();
  return 4 + (size + 3) / 4 * 4;
}

void write_block(Form form, std::span<const ExtensionElement> elements, MutableByteView out) {
  store_be16(&out[0], form == Form::one_byte ? 0xbede : 0x1000);
  store_be16(&out[2], static_cast<std::uint16_t>((out.size() - 4) / 4));
  std::size_t at = 4;
  for (const auto& e : elements) {
    if (form == Form::one_byte) {
      out[at++] = static_cast<std::uint8_t>(e.id << 4 | (e.data.size() - 1));
    } else {
      out[at++] = e.id;
      out[at++] = static_cast<std::uint8_t>(e.data.size());
    }
    std::copy(e.data.begin(), e.data.end(), out.begin() + static_cast<std::ptrdiff_t>(at));
    at += e.data.size();
  }
  std::fill(out.begin() + static_cast<std::ptrdiff_t>(at), out.end(), std::uint8_t{0});
}

}  // namespace

void set_marker(MutableByteView packet, bool marker) {
  packet[1] = static_cast<std::uint8_t>((packet[1] & 0x7f) | (marker ? 0x80 : 0));
}

void set_payload_type(MutableByteView packet, PayloadType payload_type) {
  packet[1] = static_cast<std::uint8_t>((packet[1] & 0x80) | (payload_type.value & 0x7f));
}

void set_sequence(MutableByteView packet, SeqNo sequence) {
  store_be16(&packet[2], sequence.value);
}
void set_timestamp(MutableByteView packet, std::uint32_t timestamp) {
  store_be32(&packet[4], timestamp);
}
void set_ssrc(MutableByteView packet, Ssrc ssrc) {
  store_be32(&packet[8], ssrc.value);
}

std::size_t replace_extensions(MutableByteView buffer, std::size_t length,
                               std::span<const ExtensionElement> elements) {
  if (length > buffer.size()) return 0;
  const auto old_header = header_length(buffer.first(length));
  const auto form = form_for(elements);
  if (!old_header || form == Form::impossible) return 0;

  const auto block_at = header_size + 4 * (buffer[0] & 0x0fU);
  const auto block = block_size(form, elements);
  // The length field counts words in 16 bits, and no datagram is longer than its own 16 bits anyway.
  const auto new_length = length - *old_header + block_at + block;
  if (new_length > buffer.size() || block > 0xffff) return 0;

  std::memmove(&buffer[0] + block_at + block, &buffer[0] + *old_header, length - *old_header);
  if (form == Form::none) {
    buffer[0] = static_cast<std::uint8_t>(buffer[0] & ~0x10);
  } else {
    buffer[0] = static_cast<std::uint8_t>(buffer[0] | 0x10);
    write_block(form, elements, buffer.subspan(block_at, block));
  }
  return new_length;
}

void write_header(MutableByteView out, const Header& header) {
  out[0] = 0x80;
  out[1] = 0;
  set_marker(out, header.marker);
  set_payload_type(out, header.payload_type);
  set_sequence(out, header.sequence);
  set_timestamp(out, header.timestamp);
  set_ssrc(out, header.ssrc);
}

}  // namespace w2s::rtp
