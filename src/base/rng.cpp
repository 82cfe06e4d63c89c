#include "w2s/base/rng.hpp"

#include <sys/random.h>

#include <cstdlib>
#include <cstring>

#include "w2s/base/encoding.hpp"

namespace w2s {

std::uint32_t Rng::u32() {
  std::uint8_t b[4];
  fill(b);
  return load_be32(b);
}

std::string Rng::token(std::size_t bytes) {
  Bytes random(bytes);
  fill(random);
  return base64url(random);
}

std::string Rng::alphanumeric(std::size_t length) {
  static constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  std::string out;
  while (out.size() < length) {
    std::uint8_t b[1];
    fill(b);
    // Reject the tail of the byte range, so that every character is equally likely.
    if (b[0] < 62 * 4) out += alphabet[b[0] % 62];
  }
  return out;
}

void SystemRng::fill(MutableByteView out) {
  if (out.size() > pool_.size() - used_) {
    if (out.size() > pool_.size()) {
      for (std::size_t done = 0; done < out.size();) {
        const auto n = getrandom(out.data() + done, out.size() - done, 0);
        if (n > 0) done += static_cast<std::size_t>(n);
      }
      return;
    }
    // At most 256 bytes: getrandom neither blocks (after boot) nor returns less.
    if (getrandom(pool_.data(), pool_.size(), 0) != static_cast<ssize_t>(pool_.size())) std::abort();
    used_ = 0;
  }
  std::memcpy(out.data(), pool_.data() + used_, out.size());
  std::memset(pool_.data() + used_, 0, out.size());
  used_ += out.size();
}

void SeededRng::fill(MutableByteView out) {
  for (auto& byte : out) byte = static_cast<std::uint8_t>(engine_() >> 13);
}

}  // namespace w2s
