#pragma once
#include <algorithm>
#include <array>
#include <random>
#include <string_view>

#include "w2s/base/bytes.hpp"
#include "w2s/base/encoding.hpp"

#include "media/srtp/srtp.hpp"

namespace w2s::media {

inline constexpr std::array all_profiles{SrtpProfile::aead_aes_128_gcm, SrtpProfile::aead_aes_256_gcm,
                                         SrtpProfile::aes128_cm_sha1_80};

inline std::string_view profile_name(SrtpProfile p) {
  switch (p) {
    case SrtpProfile::aead_aes_128_gcm: return "aead_aes_128_gcm";
    case SrtpProfile::aead_aes_256_gcm: return "aead_aes_256_gcm";
    case SrtpProfile::aes128_cm_sha1_80: return "aes128_cm_sha1_80";
  }
  return "?";
}

// Hexadecimal with blanks, as the RFCs print it.
inline Bytes bytes_of_hex(std::string_view text) {
  std::string digits;
  std::copy_if(text.begin(), text.end(), std::back_inserter(digits), [](char c) { return c != ' '; });
  return from_hex(digits).value();
}

inline Bytes random_bytes(std::mt19937& random, std::size_t size) {
  Bytes out(size);
  for (auto& b : out) b = static_cast<std::uint8_t>(random());
  return out;
}

inline SrtpKey random_key(std::mt19937& random, SrtpProfile p) {
  return {random_bytes(random, key_length(p)), random_bytes(random, salt_length(p))};
}

// An RTP packet with random payload, and now and then CSRCs and a header extension.
inline Bytes random_rtp(std::mt19937& random, std::uint32_t ssrc, std::uint16_t sequence) {
  const auto csrcs = random() % 4 == 0 ? random() % 16 : 0;
  const auto extension_words = random() % 3 == 0 ? random() % 5 : 0;
  Bytes packet = random_bytes(random, 12 + 4 * csrcs);
  packet[0] = static_cast<std::uint8_t>(0x80 | csrcs);
  store_be16(&packet[2], sequence);
  store_be32(&packet[8], ssrc);
  if (extension_words > 0) {
    packet[0] |= 0x10;
    Bytes extension = random_bytes(random, 4 + 4 * extension_words);
    store_be16(&extension[2], static_cast<std::uint16_t>(extension_words));
    packet.insert(packet.end(), extension.begin(), extension.end());
  }
  const auto payload = random_bytes(random, random() % 1200);
  packet.insert(packet.end(), payload.begin(), payload.end());
  return packet;
}

// A receiver report with as many random words behind it as a compound packet may have.
inline Bytes random_rtcp(std::mt19937& random, std::uint32_t ssrc) {
  Bytes packet = random_bytes(random, 8 + 4 * (random() % 100));
  packet[0] = 0x80;
  packet[1] = 201;
  store_be16(&packet[2], static_cast<std::uint16_t>(packet.size() / 4 - 1));
  store_be32(&packet[4], ssrc);
  return packet;
}

inline Bytes protect_rtp(SrtpSender& sender, Bytes packet) {
  const auto length = packet.size();
  packet.resize(length + sender.overhead());
  packet.resize(sender.protect_rtp(packet, length));
  return packet;
}

inline Bytes protect_rtcp(SrtpSender& sender, Bytes packet) {
  const auto length = packet.size();
  packet.resize(length + sender.overhead());
  packet.resize(sender.protect_rtcp(packet, length));
  return packet;
}

struct Unprotected {
  SrtpReceiver::Verdict verdict;
  Bytes packet;  // empty unless ok
};

inline Unprotected unprotect_rtp(SrtpReceiver& receiver, Bytes packet) {
  auto length = packet.size();
  const auto verdict = receiver.unprotect_rtp(packet, length);
  packet.resize(verdict == SrtpReceiver::Verdict::ok ? length : 0);
  return {verdict, packet};
}

inline Unprotected unprotect_rtcp(SrtpReceiver& receiver, Bytes packet) {
  auto length = packet.size();
  const auto verdict = receiver.unprotect_rtcp(packet, length);
  packet.resize(verdict == SrtpReceiver::Verdict::ok ? length : 0);
  return {verdict, packet};
}

inline std::ostream& operator<<(std::ostream& out, SrtpReceiver::Verdict v) {
  static constexpr std::array names{"ok", "malformed", "authentication_failed", "replayed",
                                    "too_many_streams"};
  return out << names.at(static_cast<std::size_t>(v));
}

}  // namespace w2s::media
