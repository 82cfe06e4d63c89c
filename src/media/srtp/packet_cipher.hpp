#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>

#include "session_keys.hpp"

namespace w2s::media {

// One packet as the transforms see it: everything but the tag and, for SRTCP, the word with E flag and index.
struct CipherInput {
  MutableByteView packet;  // its first `clear` bytes are authenticated only, the rest is encrypted too
  std::size_t clear;
  std::uint32_t ssrc;
  std::uint64_t index;  // 48 bits: roll-over counter and sequence number, or the SRTCP index
  std::uint32_t word;   // SRTP: the roll-over counter; SRTCP: E flag and index
};

// Encryption and authentication with the session keys of one direction and one use. Cipher contexts are kept
// and only their IV is set per packet: making one anew costs many times the work on the packet itself.
class PacketCipher {
 public:
  virtual ~PacketCipher() = default;
  // Encrypts in place and writes tag_length(profile) bytes of tag.
  virtual bool seal(const CipherInput& input, std::uint8_t* tag) = 0;
  // Verifies the tag and decrypts in place. After false the encrypted part of the packet is garbage.
  virtual bool open(const CipherInput& input, const std::uint8_t* tag) = 0;
};

enum class CipherDirection : std::uint8_t { seal, open };
std::unique_ptr<PacketCipher> make_packet_cipher(SrtpProfile profile, const SessionKeys& keys, SrtpUse use,
                                                 CipherDirection direction);

}  // namespace w2s::media
