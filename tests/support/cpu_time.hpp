#pragma once
#include <ctime>

#include "w2s/base/time.hpp"

namespace w2s::test {

// What this thread has computed so far: unlike the time on the wall it is the same on a busy machine.
inline Duration cpu_time() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace w2s::test
