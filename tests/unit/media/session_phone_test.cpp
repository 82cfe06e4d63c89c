#include "session_fixture.hpp"

// Whose RTP is a phone's, and where its own goes.
namespace w2s::media {
namespace {

using leg::Side;
using test::MediaBrowser;

TEST_F(CallFixture, APhoneThatSendsFromElsewhereIsFollowed) {
  connect();
  const test::TestSocket behind_nat;
  for (int i = 0; i < 5; ++i) phone.send_from(behind_nat, tone);
  expect_browser_hears_nothing();
  phone.send_from(behind_nat, tone);
  EXPECT_TRUE(browser.receive_rtp());
  browser_sends(tone);
  EXPECT_TRUE(behind_nat.receive(MediaBrowser::patience));

  phone.send(tone);  // the announced address speaks up: it is final
  EXPECT_TRUE(browser.receive_rtp());
  expect_media();
  for (int i = 0; i < 20; ++i) phone.send_from(behind_nat, tone);
  expect_browser_hears_nothing();
}

TEST_F(CallFixture, AStrangersRtpIsNeitherPassedNorAnswered) {
  connect();
  expect_media();
  const test::TestSocket stranger;
  for (int i = 0; i < 50; ++i) phone.send_from(stranger, tone);
  expect_browser_hears_nothing();
  browser_sends(tone);
  EXPECT_TRUE(phone.receive());
  EXPECT_FALSE(stranger.receive(MediaBrowser::silence));
}

TEST_F(CallFixture, ANewAddressInTheSdpIsFollowed) {
  connect();
  expect_media();
  TestPhone moved;
  moved.gateway = phone.gateway;
  moved.sequence = phone.sequence;
  sessions->apply(phone_plan(Side::b, moved.rtp.local(), moved.rtcp.local()));
  settle();
  browser_sends(tone);
  EXPECT_TRUE(moved.receive());
  moved.send(tone);
  EXPECT_TRUE(browser.receive_rtp());
}

TEST_F(CallFixture, NothingIsSentWhereAllowDestinationSaysNo) {
  options.allow = net::AllowDestination();  // public addresses only
  connect();
  browser_sends(tone);
  expect_phone_hears_nothing();
  phone.send(tone);
  EXPECT_TRUE(browser.receive_rtp()) << "hearing it does no harm";
}

}  // namespace
}  // namespace w2s::media
