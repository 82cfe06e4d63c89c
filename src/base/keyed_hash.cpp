#include "w2s/base/keyed_hash.hpp"

#include <bit>
#include <cstring>

#include "w2s/base/bytes.hpp"

namespace w2s {
namespace {

std::uint64_t load_le64(const std::uint8_t* p) {
  static_assert(std::endian::native == std::endian::little);
  std::uint64_t value;
  std::memcpy(&value, p, sizeof value);
  return value;
}

KeyedHash::Key draw(Rng& rng) {
  KeyedHash::Key key;
  rng.fill(key);
  return key;
}

// The names are those of the paper, section 2.
struct State {
  std::uint64_t v0, v1, v2, v3;

  State(std::uint64_t k0, std::uint64_t k1)
      : v0(k0 ^ 0x736f6d6570736575), v1(k1 ^ 0x646f72616e646f6d), v2(k0 ^ 0x6c7967656e657261), v3(k1 ^ 0x7465646279746573) {}

  void sip_round() {
    v0 += v1;
    v2 += v3;
    v1 = std::rotl(v1, 13) ^ v0;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 = std::rotl(v0, 32);
    v2 += v1;
    v0 += v3;
    v1 = std::rotl(v1, 17) ^ v2;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 = std::rotl(v2, 32);
  }

  void compress(std::uint64_t m) {
    v3 ^= m;
    sip_round();
    sip_round();
    v0 ^= m;
  }

  std::uint64_t finalize() {
    v2 ^= 0xff;
    for (int i = 0; i < 4; ++i) sip_round();
    return v0 ^ v1 ^ v2 ^ v3;
  }
};

}  // namespace

KeyedHash::KeyedHash(const Key& key) : k0_(load_le64(key.data())), k1_(load_le64(key.data() + 8)) {}

KeyedHash::KeyedHash(Rng& rng) : KeyedHash(draw(rng)) {}

std::size_t KeyedHash::operator()(std::string_view text) const {
  State state(k0_, k1_);
  const auto bytes = as_bytes(text);
  const auto whole = bytes.size() & ~std::size_t{7};
  for (std::size_t i = 0; i < whole; i += 8) state.compress(load_le64(bytes.data() + i));
  auto last = static_cast<std::uint64_t>(bytes.size()) << 56;  // the length, modulo 256
  for (auto i = whole; i < bytes.size(); ++i) last |= static_cast<std::uint64_t>(bytes[i]) << (8 * (i - whole));
  state.compress(last);
  return state.finalize();
}

std::size_t KeyedHash::operator()(const Endpoint& endpoint) const {
  std::array<std::uint8_t, 18> bytes{};
  std::memcpy(bytes.data(), endpoint.ip.bytes().data(), 16);
  store_be16(bytes.data() + 16, endpoint.port);
  return (*this)(as_text(bytes));
}

}  // namespace w2s
