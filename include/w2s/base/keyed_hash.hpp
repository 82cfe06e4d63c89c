#pragma once
#include <array>
#include <cstdint>
#include <string_view>

#include "w2s/base/address.hpp"
#include "w2s/base/rng.hpp"

namespace w2s {

// SipHash-2-4 (Aumasson and Bernstein, 2012), for hash tables whose keys strangers choose: who does not know
// the table's key cannot make names that meet in one bucket. Text is found by std::string_view as well.
class KeyedHash {
 public:
  using Key = std::array<std::uint8_t, 16>;
  using is_transparent = void;

  explicit KeyedHash(const Key& key);
  explicit KeyedHash(Rng& rng);

  // Not noexcept, although they throw nothing: libstdc++ computes such a hash once and keeps it in the node; else
  // each look-up would hash the neighbours too.
  std::size_t operator()(std::string_view text) const;
  std::size_t operator()(const Endpoint& endpoint) const;

 private:
  std::uint64_t k0_, k1_;
};

}  // namespace w2s
