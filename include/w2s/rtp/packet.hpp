#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "w2s/base/bytes.hpp"
#include "w2s/rtp/types.hpp"

namespace w2s::rtp {

// One element of a header extension (RFC 8285).
struct ExtensionElement {
  std::uint8_t id = 0;
  ByteView data;
};

// Walks the elements of a one-byte or two-byte header extension; ends at the first one that does not fit.
class ExtensionWalk {
 public:
  ExtensionWalk(std::uint16_t profile, ByteView block);
  std::optional<ExtensionElement> next();

 private:
  enum class Form : std::uint8_t { one_byte, two_byte, other } form_;
  ByteView rest_;
};

// Length of fixed header, CSRC list and header extension: the part that SRTP leaves in clear (RFC 3711 3.1).
// nullopt: not RTP version 2, or longer than `packet`.
std::optional<std::size_t> header_length(ByteView packet);

// An RTP packet read in place (RFC 3550 5.1); it lives no longer than the bytes it was parsed from.
class PacketView {
 public:
  // nullopt when a length or the padding does not fit.
  static std::optional<PacketView> parse(ByteView packet);

  bool marker() const { return (packet_[1] & 0x80) != 0; }
  PayloadType payload_type() const { return {static_cast<std::uint8_t>(packet_[1] & 0x7f)}; }
  SeqNo sequence() const { return {load_be16(&packet_[2])}; }
  std::uint32_t timestamp() const { return load_be32(&packet_[4]); }
  Ssrc ssrc() const { return {load_be32(&packet_[8])}; }
  std::size_t csrc_count() const { return packet_[0] & 0x0f; }
  Ssrc csrc(std::size_t i) const { return {load_be32(&packet_[12 + 4 * i])}; }  // i < csrc_count()

  bool has_extension() const { return (packet_[0] & 0x10) != 0; }
  ExtensionWalk extensions() const;
  std::optional<ByteView> extension(std::uint8_t id) const;  // the first with this id

  ByteView header() const { return packet_.first(header_length_); }
  ByteView payload() const;  // without padding
  std::size_t padding() const { return padding_; }

 private:
  PacketView(ByteView packet, std::size_t header, std::size_t padding)
      : packet_(packet), header_length_(header), padding_(padding) {}
  std::size_t extension_offset() const { return 12 + 4 * csrc_count(); }

  ByteView packet_;
  std::size_t header_length_;
  std::size_t padding_;
};

// Rewriting in place, of a packet that PacketView::parse accepted.
void set_marker(MutableByteView packet, bool marker);
void set_payload_type(MutableByteView packet, PayloadType payload_type);
void set_sequence(MutableByteView packet, SeqNo sequence);
void set_timestamp(MutableByteView packet, std::uint32_t timestamp);
void set_ssrc(MutableByteView packet, Ssrc ssrc);

// Replaces the whole header extension by these elements, or by none when `elements` is empty, and moves the
// payload. One-byte form when ids (1..14) and sizes (1..16) allow it, else two-byte form (RFC 8285 4).
// `buffer` holds the packet in its first `length` bytes; the data of `elements` must not lie in it. Returns
// the new length, or 0 with nothing changed when the result does not fit the buffer or an element no form.
std::size_t replace_extensions(MutableByteView buffer, std::size_t length,
                               std::span<const ExtensionElement> elements);

// Writes a fixed header without CSRC, extension or padding. `out` has room for header_size bytes.
inline constexpr std::size_t header_size = 12;
struct Header {
  bool marker = false;
  PayloadType payload_type;
  SeqNo sequence;
  std::uint32_t timestamp = 0;
  Ssrc ssrc;
};
void write_header(MutableByteView out, const Header& header);

}  // namespace w2s::rtp
