#pragma once
#include <cstdint>

#include "w2s/base/time.hpp"

namespace w2s::rtp {

// A key held down, or any other telephone event, as far as is known of it; free of clocks and payload types.
struct KeyPress {
  std::uint32_t number = 0;  // rises with every press of a stream: tells a new one from news of the last
  std::uint8_t event = 0;
  std::uint8_t volume = 10;  // -dBm0
  Duration duration{};       // so far
  bool ended = false;
  bool operator==(const KeyPress&) const = default;
};

}  // namespace w2s::rtp
