#include <algorithm>

#include "w2s/rtp/packet.hpp"

#include "packet_cipher.hpp"
#include "packet_index.hpp"
#include "srtp.hpp"

namespace w2s::media {
namespace {

std::unique_ptr<PacketCipher> make_cipher(SrtpProfile profile, const SrtpKey& master, SrtpUse use) {
  return make_packet_cipher(profile, derive_session_keys(profile, master, use), use, CipherDirection::open);
}

SrtpStream* find(std::vector<SrtpStream>& streams, std::uint32_t ssrc) {
  const auto found =
      std::find_if(streams.begin(), streams.end(), [ssrc](const SrtpStream& s) { return s.ssrc == ssrc; });
  return found == streams.end() ? nullptr : &*found;
}

}  // namespace

SrtpReceiver::SrtpReceiver(SrtpProfile profile, const SrtpKey& master)
    : profile_(profile),
      rtp_cipher_(make_cipher(profile, master, SrtpUse::rtp)),
      rtcp_cipher_(make_cipher(profile, master, SrtpUse::rtcp)) {}

SrtpReceiver::~SrtpReceiver() = default;
SrtpReceiver::SrtpReceiver(SrtpReceiver&&) noexcept = default;
SrtpReceiver& SrtpReceiver::operator=(SrtpReceiver&&) noexcept = default;

// The last step for an authenticated packet: the only one that changes what is known about its stream.
SrtpReceiver::Verdict SrtpReceiver::accept(std::vector<SrtpStream>& streams, SrtpStream* known,
                                           std::uint32_t ssrc, std::uint64_t index) {
  if (known == nullptr) {
    if (streams.size() >= max_streams) return Verdict::too_many_streams;
    streams.push_back({ssrc, ReplayWindow(index)});
    return Verdict::ok;
  }
  if (!known->window.is_new(index)) return Verdict::replayed;
  known->window.record(index);
  return Verdict::ok;
}

SrtpReceiver::Verdict SrtpReceiver::unprotect_rtp(MutableByteView packet, std::size_t& length) {
  const auto tag = tag_length(profile_);
  if (length > packet.size() || length < tag) return Verdict::malformed;
  const auto plain = packet.first(length - tag);
  const auto clear = rtp::header_length(plain);
  if (!clear) return Verdict::malformed;

  const auto sequence = load_be16(&plain[2]);
  const auto ssrc = load_be32(&plain[8]);
  auto* stream = find(rtp_streams_, ssrc);
  const auto index = stream ? estimate_index(stream->window.highest(), sequence) : sequence;
  const auto counter = static_cast<std::uint32_t>(index >> 16);
  if (index > last_rtp_index ||
      !rtp_cipher_->open({plain, *clear, ssrc, index, counter}, &packet[plain.size()]))
    return Verdict::authentication_failed;
  const auto verdict = accept(rtp_streams_, stream, ssrc, index);
  if (verdict == Verdict::ok) length = plain.size();
  return verdict;
}

SrtpReceiver::Verdict SrtpReceiver::unprotect_rtcp(MutableByteView packet, std::size_t& length) {
  const auto added = overhead(profile_);
  if (length > packet.size() || length < 8 + added || packet[0] >> 6 != 2) return Verdict::malformed;
  const auto plain = packet.first(length - added);
  // RFC 3711 3.4 puts the word before the tag, RFC 7714 9.3 behind it.
  const bool word_first = profile_ == SrtpProfile::aes128_cm_sha1_80;
  const auto word = load_be32(&packet[word_first ? plain.size() : length - 4]);
  const auto* tag = &packet[word_first ? plain.size() + 4 : plain.size()];

  // RFC 3711 3.4: the E flag says whether this packet is encrypted; the tag covers it either way.
  const auto clear = (word & encrypted_flag) != 0 ? std::size_t{8} : plain.size();
  const auto index = word & last_rtcp_index;
  const auto ssrc = load_be32(&plain[4]);
  if (!rtcp_cipher_->open({plain, clear, ssrc, index, word}, tag)) return Verdict::authentication_failed;
  const auto verdict = accept(rtcp_streams_, find(rtcp_streams_, ssrc), ssrc, index);
  if (verdict == Verdict::ok) length = plain.size();
  return verdict;
}

}  // namespace w2s::media
