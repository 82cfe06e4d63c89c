#pragma once
#include <vector>

#include <gtest/gtest.h>

#include "log_lines.hpp"
#include "media/leg_context.hpp"

namespace w2s::media {

// What a leg or stream on virtual time lives in, without a pump; its events are kept.
class LegContextFixture : public testing::Test {
 protected:
  static inline const IpAddress loopback = *IpAddress::parse("127.0.0.1");

  Options options = [] {
    Options out;
    out.ice_any_address = false;
    out.ice_address = loopback;
    out.allow = net::AllowDestination({*net::AllowDestination::parse_entry("127.0.0.0/8")});
    return out;
  }();
  test::LogLines log;
  SeededRng rng{1};
  BrowserPort port{options, 0};
  dtls::Context dtls;
  PumpCounters counters;
  std::vector<leg::Event> events;
  LegContext context{
      options, log, rng, port, dtls, counters, [this](leg::Event e) { events.push_back(std::move(e)); }};
  Time now{1h};
};

}  // namespace w2s::media
