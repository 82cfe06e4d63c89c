#pragma once
#include <cstdint>

#include "w2s/base/time.hpp"

namespace w2s::rtp {

// A span of time in units of 1/rate seconds, without the overflow of nanoseconds times rate: a call may last
// for days.
inline std::int64_t in_units(Duration span, std::uint32_t rate) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(span);
  const auto rest = std::chrono::duration_cast<std::chrono::nanoseconds>(span - seconds);
  return seconds.count() * rate + rest.count() * rate / 1'000'000'000;
}

// The span of `units`. Rounded up to the nanosecond, so that in_units gives the same units again.
inline Duration in_time(std::uint32_t units, std::uint32_t rate) {
  const auto nanoseconds = (units * std::int64_t{1'000'000'000} + rate - 1) / rate;
  return std::chrono::duration_cast<Duration>(std::chrono::nanoseconds(nanoseconds));
}

}  // namespace w2s::rtp
