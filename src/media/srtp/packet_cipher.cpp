#include "packet_cipher.hpp"

#include "aead_cipher.hpp"
#include "counter_mode_cipher.hpp"

namespace w2s::media {

std::unique_ptr<PacketCipher> make_packet_cipher(SrtpProfile profile, const SessionKeys& keys, SrtpUse use,
                                                 CipherDirection direction) {
  if (profile == SrtpProfile::aes128_cm_sha1_80) return std::make_unique<CounterModeCipher>(keys);
  return std::make_unique<AeadCipher>(profile, keys, use, direction);
}

}  // namespace w2s::media
