#include "media/web_leg.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace w2s::media {
namespace {

// The deadlines of a browser's leg, on virtual time.
struct WebLegTest : testing::Test {
  const IpAddress loopback = *IpAddress::parse("127.0.0.1");
  const ice::Path path{loopback, {loopback, 5000}};
  Options options = [] {
    Options out;
    out.ice_any_address = false;
    out.ice_address = *IpAddress::parse("127.0.0.1");
    return out;
  }();
  NullLog log;
  SeededRng rng{1};
  BrowserPort port{options, 0};
  dtls::Context dtls;
  PumpCounters counters;
  std::vector<leg::Event> events;
  LegContext context{
      options, log, rng, port, dtls, counters, [this](leg::Event e) { events.push_back(std::move(e)); }};
  WebLeg leg{context, {leg::MediaId{1}, leg::Side::a}, loopback};
  Time now{1h};

  void apply() {
    leg::LegPlan plan{};
    plan.media = leg::MediaId{1};
    plan.web = leg::WebRemote{};
    plan.web->fingerprint = "sha-256 00";
    leg.apply(now, plan);
  }
  void check() { leg.on_check(now, path, true, leg.ufrags().front()); }
  void pass(Duration time) {
    now += time;
    leg.on_time(now);
  }
  std::optional<leg::Failure> failure() const {
    if (events.size() != 1) return std::nullopt;
    return std::get<leg::LegFailed>(events.front()).failure;
  }
};

TEST_F(WebLegTest, ABrowserThatNeverChecksFailsAtIce) {
  apply();
  pass(19s);
  EXPECT_TRUE(events.empty());
  pass(1s);
  EXPECT_EQ(failure(), leg::Failure::ice_timeout);
  pass(60s);
  EXPECT_EQ(events.size(), 1U) << "once";
}

TEST_F(WebLegTest, ABrowserThatChecksButNeverShakesHandsFailsAtDtls) {
  apply();
  check();
  pass(20s);
  EXPECT_EQ(failure(), leg::Failure::dtls_failed);
}

TEST_F(WebLegTest, TheClockOfTheHandshakeStartsWithThePlan) {
  pass(60s);
  EXPECT_TRUE(events.empty());
  apply();
  pass(19s);
  EXPECT_TRUE(events.empty());
  pass(1s);
  EXPECT_EQ(failure(), leg::Failure::ice_timeout);
}

TEST_F(WebLegTest, LostConsentEndsTheLegAfterItsGrace) {
  check();
  pass(30s);
  EXPECT_TRUE(events.empty()) << "silent from here on, but it may come back";
  pass(10s);
  EXPECT_EQ(failure(), leg::Failure::ice_consent_lost);
}

TEST_F(WebLegTest, ACheckWithinTheGraceRestoresConsent) {
  check();
  pass(30s);
  pass(9s);
  check();
  pass(20s);
  EXPECT_TRUE(events.empty());
}

}  // namespace
}  // namespace w2s::media
