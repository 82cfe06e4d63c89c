#include <algorithm>

#include "w2s/rtp/packet.hpp"

#include "packet_cipher.hpp"
#include "packet_index.hpp"
#include "srtp.hpp"

namespace w2s::media {
namespace {

std::unique_ptr<PacketCipher> make_cipher(SrtpProfile profile, const SrtpKey& master, SrtpUse use) {
  return make_packet_cipher(profile, derive_session_keys(profile, master, use), use, CipherDirection::seal);
}

}  // namespace

SrtpSender::SrtpSender(SrtpProfile profile, const SrtpKey& master)
    : profile_(profile),
      rtp_cipher_(make_cipher(profile, master, SrtpUse::rtp)),
      rtcp_cipher_(make_cipher(profile, master, SrtpUse::rtcp)) {}

SrtpSender::~SrtpSender() = default;
SrtpSender::SrtpSender(SrtpSender&&) noexcept = default;
SrtpSender& SrtpSender::operator=(SrtpSender&&) noexcept = default;

std::size_t SrtpSender::protect_rtp(MutableByteView buffer, std::size_t length) {
  const auto tag = tag_length(profile_);
  if (length > buffer.size() || buffer.size() - length < tag) return 0;
  const auto clear = rtp::header_length(buffer.first(length));
  if (!clear) return 0;
  const auto sequence = load_be16(&buffer[2]);
  const auto ssrc = load_be32(&buffer[8]);

  auto stream = std::find_if(rtp_streams_.begin(), rtp_streams_.end(),
                             [ssrc](const SrtpStream& s) { return s.ssrc == ssrc; });
  std::uint64_t index = sequence;
  if (stream == rtp_streams_.end()) {
    stream = rtp_streams_.insert(stream, {ssrc, ReplayWindow(index)});
  } else {
    index = estimate_index(stream->window.highest(), sequence);
    if (index > last_rtp_index || !stream->window.is_new(index)) return 0;
    stream->window.record(index);
  }
  const auto counter = static_cast<std::uint32_t>(index >> 16);
  const bool sealed =
      rtp_cipher_->seal({buffer.first(length), *clear, ssrc, index, counter}, &buffer[length]);
  return sealed ? length + tag : 0;
}

std::size_t SrtpSender::protect_rtcp(MutableByteView buffer, std::size_t length) {
  const auto added = overhead();
  if (length > buffer.size() || buffer.size() - length < added) return 0;
  // RFC 3711 3.4: the first eight bytes, up to the sender's SSRC, stay clear.
  if (length < 8 || buffer[0] >> 6 != 2) return 0;
  const auto ssrc = load_be32(&buffer[4]);
  auto counter = std::find_if(rtcp_counters_.begin(), rtcp_counters_.end(),
                              [ssrc](const RtcpCounter& c) { return c.ssrc == ssrc; });
  if (counter == rtcp_counters_.end()) counter = rtcp_counters_.insert(counter, {ssrc, 0});
  if (counter->next_index > last_rtcp_index) return 0;
  const auto index = counter->next_index++;

  // RFC 3711 3.4 puts the word before the tag, RFC 7714 9.3 behind it.
  const bool word_first = profile_ == SrtpProfile::aes128_cm_sha1_80;
  const auto word_at = word_first ? length : length + tag_length(profile_);
  const auto tag_at = word_first ? length + 4 : length;
  const auto word = encrypted_flag | index;
  store_be32(&buffer[word_at], word);
  return rtcp_cipher_->seal({buffer.first(length), 8, ssrc, index, word}, &buffer[tag_at]) ? length + added
                                                                                           : 0;
}

}  // namespace w2s::media
