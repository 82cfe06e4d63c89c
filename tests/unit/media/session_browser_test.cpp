#include "session_fixture.hpp"

// ICE, DTLS and SRTP of a browser, and those who would like to be it.
namespace w2s::media {
namespace {

using leg::Side;
using test::MediaBrowser;

TEST_F(CallFixture, TheGatewayMayBeTheDtlsClient) {
  test::DtlsPeer::Options server;
  server.client = false;
  MediaBrowser passive_browser{server};
  open_both();
  passive_browser.meet(web);
  auto plan = web_plan(Side::a, passive_browser, leg::DtlsRole::active);
  sessions->apply(plan);
  ASSERT_TRUE(passive_browser.check(true));
  EXPECT_TRUE(passive_browser.handshake());
  EXPECT_TRUE(wait_for_event<leg::LegConnected>());
}

TEST_F(CallFixture, StrangersDrawNothingFromTheBrowserPort) {
  connect();
  const test::TestSocket stranger;
  auto wrong = browser.check_parameters();
  wrong.their_pwd = "guessguessguessguessguess";
  stranger.send_to(web.audio.rtp, test::stun_check(wrong));
  wrong.their_ufrag = "nobody";
  stranger.send_to(web.audio.rtp, test::stun_check(wrong));
  test::DtlsPeer attacker;
  attacker.start();
  for (const auto& datagram : attacker.take_outgoing()) stranger.send_to(web.audio.rtp, datagram);
  stranger.send_to(web.audio.rtp, test::rtp_packet({false, {0}, {1}, 0, {1}}, tone));
  stranger.send_to(web.audio.rtp, browser.protect_rtp(test::rtp_packet({false, {0}, {1}, 0, {1}}, tone)));
  stranger.send_to(web.audio.rtp, Bytes(3, 0));
  stranger.send_to(web.audio.rtp, {});
  EXPECT_FALSE(stranger.receive(MediaBrowser::silence));
  expect_phone_hears_nothing();
  expect_media();
}

TEST_F(CallFixture, AHelloBeforeTheBrowsersIsHarmless) {
  open_both();
  sessions->apply(browser_plan);
  sessions->apply(phone_plan_);
  ASSERT_TRUE(browser.check(true));
  const test::TestSocket stranger;
  for (int i = 0; i < 10; ++i) {
    test::DtlsPeer::Options null_cipher;
    null_cipher.ciphers = "eNULL";
    test::DtlsPeer attacker{null_cipher};
    attacker.start();
    for (const auto& datagram : attacker.take_outgoing()) {
      stranger.send_to(web.audio.rtp, datagram);
      browser.socket().send_to(web.audio.rtp, datagram);  // even as if it came from the browser
    }
  }
  EXPECT_TRUE(browser.handshake());
  expect_media();
}

TEST_F(CallFixture, AnEarlyClientHelloIsDroppedUntilThereIsAPlan) {
  open_both();
  ASSERT_TRUE(browser.check(true));
  EXPECT_FALSE(browser.handshake(MediaBrowser::silence));
  sessions->apply(browser_plan);
  EXPECT_TRUE(browser.handshake());
}

TEST_F(CallFixture, AWrongFingerprintFailsTheLeg) {
  open_both();
  const MediaBrowser somebody_else;
  browser_plan.web->fingerprint = somebody_else.description().fingerprint;
  sessions->apply(browser_plan);
  sessions->apply(phone_plan_);
  ASSERT_TRUE(browser.check(true));
  browser.handshake();
  const auto failed = wait_for_event<leg::LegFailed>();
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->failure, leg::Failure::dtls_fingerprint);
  EXPECT_EQ(failed->side, Side::a);
  browser_sends(tone);
  expect_phone_hears_nothing();
}

TEST_F(CallFixture, NoCommonSrtpProfileFailsTheLeg) {
  test::DtlsPeer::Options without;
  without.profiles = "";
  MediaBrowser plain{without};
  open_both();
  plain.meet(web);
  sessions->apply(web_plan(Side::a, plain));
  ASSERT_TRUE(plain.check(true));
  plain.handshake();
  const auto failed = wait_for_event<leg::LegFailed>();
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->failure, leg::Failure::srtp_no_profile);
}

TEST_F(CallFixture, ForgedReplayedAndClearRtpIsCountedAndEndsNothing) {
  connect();
  expect_media();
  const auto clear = test::rtp_packet({false, {0}, {2000}, 0, {0xb0b0b0b0}}, tone);
  browser.socket().send_to(web.audio.rtp, clear);
  const auto genuine = browser.protect_rtp(test::rtp_packet({false, {0}, {2001}, 0, {0xb0b0b0b0}}, tone));
  for (int i = 0; i < 300; ++i) {
    auto forged = genuine;
    forged[20] = static_cast<std::uint8_t>(forged[20] ^ (i % 255 + 1));
    browser.socket().send_to(web.audio.rtp, forged);
  }
  expect_phone_hears_nothing();
  browser.socket().send_to(web.audio.rtp, genuine);
  EXPECT_TRUE(phone.receive());
  for (int i = 0; i < 40; ++i) browser.socket().send_to(web.audio.rtp, genuine);
  expect_phone_hears_nothing();
  sequence = 2001;
  expect_media();
  EXPECT_FALSE(wait_for_event<leg::LegFailed>(0ms));
}

// A restart of ICE: new credentials on both sides, in the browser's offer and in our answer.
class IceRestartFixture : public CallFixture {
 protected:
  const leg::IceCredentials restarted{"gatewayNew", Redacted<std::string>("newPasswordNewPasswordNew")};

  void restart() {
    browser_plan.ice = restarted;
    browser_plan.web->ice_ufrag = "restarted";
    sessions->apply(browser_plan);
    settle();
  }
};

TEST_F(IceRestartFixture, ABrowserThatMovesIsFollowedToThePairItNominates) {
  connect();
  expect_media();
  restart();
  expect_media();  // over the old pair
  EXPECT_TRUE(browser.check(true)) << "and its consent is kept by checks with the old credentials";
  const auto before = browser.check_parameters();

  browser.restart_ice(restarted);
  browser.move();
  browser_sends(tone);
  expect_phone_hears_nothing();  // no check came from there yet
  ASSERT_TRUE(browser.check(true));
  expect_media();  // with the keys of the association that was there before

  const test::TestSocket old;
  old.send_to(web.audio.rtp, test::stun_check(before));
  EXPECT_FALSE(old.receive(MediaBrowser::silence)) << "the old credentials are worth nothing any more";
}

TEST_F(IceRestartFixture, ASecondRestartBeforeTheFirstHasConcluded) {
  connect();
  browser_plan.ice = leg::IceCredentials{"gatewayMid", Redacted<std::string>("midPasswordMidPasswordMid")};
  sessions->apply(browser_plan);
  restart();
  expect_media();
  browser.restart_ice(restarted);
  ASSERT_TRUE(browser.check(true));
  expect_media();
}

TEST_F(IceRestartFixture, AnotherFingerprintIsAnotherAssociation) {
  connect();
  expect_media();
  MediaBrowser reloaded;
  browser_plan.web->fingerprint = reloaded.description().fingerprint;
  restart();
  reloaded.meet(web);
  reloaded.restart_ice(restarted);
  ASSERT_TRUE(reloaded.check(true));
  ASSERT_TRUE(reloaded.handshake());
  reloaded.send_rtp({false, {0}, {1}, 0, {0xcccccccc}}, tone);
  EXPECT_TRUE(phone.receive());
  phone.send(tone);
  const auto heard = reloaded.receive_rtp();
  ASSERT_TRUE(heard);
  EXPECT_EQ(rtp::PacketView::parse(*heard)->ssrc().value, web.audio.ssrc) << "and the stream is the same";
}

}  // namespace
}  // namespace w2s::media
