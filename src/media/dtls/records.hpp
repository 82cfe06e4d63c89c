#pragma once
#include <optional>

#include "w2s/base/bytes.hpp"

namespace w2s::media::dtls {

// One DTLS record as it stands in a datagram (RFC 6347 4.1).
struct Record {
  static constexpr std::uint8_t alert = 21;

  std::uint8_t type = 0;
  std::uint16_t epoch = 0;
  ByteView bytes;    // header and fragment
  ByteView payload;  // the fragment

  // An alert that anybody could have written: it came before the keys were in use.
  bool is_plain_alert() const { return type == alert && epoch == 0; }
  // Too short for any AEAD cipher of ours, so nobody with the keys wrote it. OpenSSL 3.0.19 does not merely
  // drop such a record: it is a fatal error of the handshake.
  bool is_cut_off() const { return epoch != 0 && payload.size() < nonce_and_tag; }

  static constexpr std::size_t nonce_and_tag = 8 + 16;  // AES-GCM, RFC 5288 3
};

// Takes the first record off `datagram`; nullopt when what is left is no whole DTLS 1.x record.
std::optional<Record> next_record(ByteView& datagram);

}  // namespace w2s::media::dtls
