#include "media/dtls/records.hpp"

namespace w2s::media::dtls {

std::optional<Record> next_record(ByteView& datagram) {
  // type, version, epoch, sequence_number (48 bits), length.
  constexpr std::size_t header = 13;
  constexpr std::uint8_t dtls_major = 0xfe;
  if (datagram.size() < header || datagram[1] != dtls_major) return std::nullopt;
  const std::size_t length = load_be16(&datagram[11]);
  if (length > datagram.size() - header) return std::nullopt;
  const Record record{datagram[0], load_be16(&datagram[3]), datagram.first(header + length),
                      datagram.subspan(header, length)};
  datagram = datagram.subspan(header + length);
  return record;
}

}  // namespace w2s::media::dtls
