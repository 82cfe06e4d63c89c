#pragma once
#include <chrono>
#include <optional>

namespace w2s {

// Engines never read a clock: `Time now` is an argument of every call, so tests run on virtual time.
using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;
using Duration = Clock::duration;
using namespace std::chrono_literals;

// The earlier of two optional deadlines; nullopt means "never".
inline std::optional<Time> earlier(std::optional<Time> a, std::optional<Time> b) {
  if (!a) return b;
  if (!b) return a;
  return *a < *b ? a : b;
}

}  // namespace w2s
