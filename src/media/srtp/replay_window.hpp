#pragma once
#include <bitset>
#include <cstddef>
#include <cstdint>

namespace w2s::media {

// Which of the latest packet indexes were seen (RFC 3711 3.3.2: at least 64; 128 keeps retransmitted video
// alive).
class ReplayWindow {
 public:
  static constexpr std::size_t size = 128;

  explicit ReplayWindow(std::uint64_t first_index) : highest_(first_index) { seen_.set(0); }

  std::uint64_t highest() const { return highest_; }
  // False for what was recorded before and for what is too old to know.
  bool is_new(std::uint64_t index) const {
    if (index > highest_) return true;
    const auto age = highest_ - index;
    return age < size && !seen_.test(static_cast<std::size_t>(age));
  }
  // Only for an index that is_new() and whose packet was authenticated.
  void record(std::uint64_t index) {
    if (index > highest_) {
      const auto step = index - highest_;
      if (step < size) {
        seen_ <<= static_cast<std::size_t>(step);
      } else {
        seen_.reset();
      }
      highest_ = index;
    }
    seen_.set(static_cast<std::size_t>(highest_ - index));
  }

 private:
  std::uint64_t highest_;
  std::bitset<size> seen_;  // bit n: highest_ - n was seen
};

}  // namespace w2s::media
