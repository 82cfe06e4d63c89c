#include "media/web_leg.hpp"

#include "leg_context_fixture.hpp"

namespace w2s::media {
namespace {

// The deadlines of a browser's leg, on virtual time.
struct WebLegTest : LegContextFixture {
  const ice::Path path{loopback, {loopback, 5000}};
  WebLeg leg{context, {leg::MediaId{1}, leg::Side::a}, loopback};

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
