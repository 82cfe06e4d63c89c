#pragma once
#include <atomic>
#include <functional>

#include "w2s/base/log.hpp"
#include "w2s/base/rng.hpp"
#include "w2s/leg/leg.hpp"
#include "w2s/media/session.hpp"

#include "media/dtls/context.hpp"
#include "media/pump/browser_port.hpp"

namespace w2s::media {

// Written by the pump's thread alone, read by any.
struct PumpCounters {
  std::atomic<std::uint64_t> open_media = 0;
  std::atomic<std::uint64_t> from_browsers = 0;
  std::atomic<std::uint64_t> from_phones = 0;
  std::atomic<std::uint64_t> dropped = 0;

  static void increment(std::atomic<std::uint64_t>& counter) {
    // One writer: a plain add without the cost of a locked one.
    counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
};

// Which leg of which call.
struct LegId {
  leg::MediaId media;
  leg::Side side;
  leg::LegNumber number = leg::LegNumber::first;

  std::uint64_t call() const { return static_cast<std::uint64_t>(media); }
};

// What the legs of one pump share; all of it belongs to the pump's thread.
struct LegContext {
  const Options& options;
  Log& log;
  Rng& rng;
  BrowserPort& browser_port;
  const dtls::Context& dtls;
  PumpCounters& counters;
  std::function<void(leg::Event)> report;
};

}  // namespace w2s::media
