#pragma once
#include <array>
#include <cstdint>
#include <random>
#include <string>

#include "w2s/base/bytes.hpp"

namespace w2s {

// Source of branches, tags, tokens, SSRCs and ICE credentials; engines get it by reference, tests pass SeededRng.
class Rng {
 public:
  virtual ~Rng() = default;
  virtual void fill(MutableByteView out) = 0;

  std::uint32_t u32();
  // `bytes` random bytes as base64url without padding: 16 bytes give 22 characters.
  std::string token(std::size_t bytes = 16);
  // Characters of RFC 8839 ice-char that are also safe in SDP and STUN: [A-Za-z0-9].
  std::string alphanumeric(std::size_t length);
};

// The kernel's generator (getrandom), buffered. For one thread only.
class SystemRng final : public Rng {
 public:
  void fill(MutableByteView out) override;

 private:
  std::array<std::uint8_t, 256> pool_{};
  std::size_t used_ = sizeof(pool_);
};

// Repeatable; never for anything that must not be guessed.
class SeededRng final : public Rng {
 public:
  explicit SeededRng(std::uint64_t seed) : engine_(seed) {}
  void fill(MutableByteView out) override;

 private:
  std::mt19937_64 engine_;
};

}  // namespace w2s
