// Any bytes as SRTP and SRTCP, to receivers of every profile; and round trips of whatever a sender takes.
#include <cstdlib>

#include "media/srtp/srtp.hpp"

using namespace w2s;
using namespace w2s::media;

namespace {

void receive(SrtpProfile profile, const SrtpKey& key, ByteView input) {
  SrtpReceiver receiver(profile, key);
  for (const bool control : {false, true}) {
    Bytes packet(input.begin(), input.end());
    auto length = packet.size();
    const auto verdict =
        control ? receiver.unprotect_rtcp(packet, length) : receiver.unprotect_rtp(packet, length);
    // Nobody guesses a tag.
    if (verdict == SrtpReceiver::Verdict::ok || length != input.size()) std::abort();
  }
}

void round_trip(SrtpProfile profile, const SrtpKey& key, ByteView input) {
  SrtpSender sender(profile, key);
  SrtpReceiver receiver(profile, key);
  for (const bool control : {false, true}) {
    Bytes packet(input.begin(), input.end());
    packet.resize(input.size() + sender.overhead());
    auto length =
        control ? sender.protect_rtcp(packet, input.size()) : sender.protect_rtp(packet, input.size());
    if (length == 0) continue;
    const auto verdict =
        control ? receiver.unprotect_rtcp(packet, length) : receiver.unprotect_rtp(packet, length);
    packet.resize(length);
    if (verdict != SrtpReceiver::Verdict::ok || packet != Bytes(input.begin(), input.end())) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 0xffff) return 0;
  for (const auto profile :
       {SrtpProfile::aead_aes_128_gcm, SrtpProfile::aead_aes_256_gcm, SrtpProfile::aes128_cm_sha1_80}) {
    const SrtpKey key{Bytes(key_length(profile), 0x5a), Bytes(salt_length(profile), 0xa5)};
    receive(profile, key, {data, size});
    round_trip(profile, key, {data, size});
  }
  return 0;
}
