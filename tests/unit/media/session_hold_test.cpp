#include "session_fixture.hpp"

// Hold in every dialect, and what goes on afterwards.
namespace w2s::media {
namespace {

using leg::Direction;
using leg::Kind;
using leg::Side;

TEST_F(CallFixture, HoldStopsTheDirectionsItNames) {
  connect();
  expect_media();
  phone_plan_.audio.peer_direction = Direction::sendonly;  // music on hold: the phone sends and wants nothing
  sessions->apply(phone_plan_);
  settle();
  browser_sends(tone);
  expect_phone_hears_nothing();
  phone.send(tone);
  EXPECT_TRUE(browser.receive_rtp());

  phone_plan_.audio.peer_direction = Direction::recvonly;
  sessions->apply(phone_plan_);
  settle();
  browser_sends(tone);
  EXPECT_TRUE(phone.receive());
  phone.send(tone);
  expect_browser_hears_nothing();

  phone_plan_.audio.peer_direction = Direction::inactive;
  sessions->apply(phone_plan_);
  settle();
  browser_sends(tone);
  expect_phone_hears_nothing();
  phone.send(tone);
  expect_browser_hears_nothing();

  phone_plan_.audio.peer_direction = Direction::sendrecv;
  sessions->apply(phone_plan_);
  settle();
  expect_media();
}

TEST_F(CallFixture, AnOldStyleHoldSendsNothingAndResumes) {
  connect();
  expect_media();
  auto held = phone_plan_;
  held.audio.rtp = {IpAddress(), phone.rtp.local().port};
  sessions->apply(held);
  settle();
  browser_sends(tone);
  expect_phone_hears_nothing();
  sessions->apply(phone_plan_);
  settle();
  expect_media();
}

TEST_F(CallFixture, ASilentPhoneEndsTheCallOnlyWhenItShouldSend) {
  options.media_timeout = 300ms;
  open_both();
  for (const auto held : {Direction::recvonly, Direction::sendonly, Direction::inactive}) {
    phone_plan_.audio.peer_direction = held;
    sessions->apply(phone_plan_);
    EXPECT_FALSE(wait_for_event<leg::LegFailed>(400ms)) << name(held);
  }
  phone_plan_.audio.peer_direction = Direction::sendrecv;
  auto old_style = phone_plan_;
  old_style.audio.rtp.ip = {};
  sessions->apply(old_style);
  EXPECT_FALSE(wait_for_event<leg::LegFailed>(400ms)) << "c=0.0.0.0";
  phone_plan_.answered = false;
  sessions->apply(phone_plan_);
  EXPECT_FALSE(wait_for_event<leg::LegFailed>(400ms)) << "it rings, and may for long";
  phone_plan_.answered = true;
  sessions->apply(phone_plan_);
  const auto failed = wait_for_event<leg::LegFailed>();
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->failure, leg::Failure::media_timeout);
  EXPECT_EQ(failed->side, Side::b);
  EXPECT_FALSE(wait_for_event<leg::LegFailed>(500ms)) << "once";
}

// What the phone hears before a hold and after it.
TEST_F(CallFixture, TheStreamGoesOnUnbrokenAfterAHold) {
  connect();
  sequence = 65533;  // and the browser's sequence numbers roll over while it is held
  browser_sends(tone);
  const auto before = phone.receive();
  ASSERT_TRUE(before);
  phone_plan_.audio.peer_direction = Direction::inactive;
  sessions->apply(phone_plan_);
  settle();
  for (int i = 0; i < 10; ++i) browser_sends(tone);
  expect_phone_hears_nothing();
  phone_plan_.audio.peer_direction = Direction::sendrecv;
  sessions->apply(phone_plan_);
  settle();
  browser_sends(tone);
  const auto after = phone.receive();
  ASSERT_TRUE(after);
  const auto first = *rtp::PacketView::parse(*before);
  const auto second = *rtp::PacketView::parse(*after);
  EXPECT_EQ(second.ssrc(), first.ssrc());
  EXPECT_EQ(second.sequence().since(first.sequence()), 1);
  EXPECT_GE(second.timestamp() - first.timestamp(), 1200U)
      << "the silence of 150 ms has passed on its clock too";
}

TEST_F(CallFixture, AKeyIsNotHeardOnHold) {
  connect();
  expect_media();
  sessions->send_dtmf({id, Side::b, '1', 2000});
  ASSERT_TRUE(phone.receive());
  phone_plan_.audio.peer_direction = Direction::sendonly;
  sessions->apply(phone_plan_);
  settle();
  while (phone.receive(1ms)) {
  }
  sessions->send_dtmf({id, Side::b, '2', 100});
  expect_phone_hears_nothing();
  phone_plan_.audio.peer_direction = Direction::sendrecv;
  sessions->apply(phone_plan_);
  settle();
  expect_media();
}

TEST_F(CallFixture, APhoneMayResumeFromElsewhere) {
  connect();
  expect_media();
  auto held = phone_plan_;
  held.audio.rtp.ip = {};
  held.audio.peer_direction = Direction::sendonly;
  sessions->apply(held);
  TestPhone moved;
  moved.gateway = phone.gateway;
  moved.sequence = phone.sequence;
  sessions->apply(phone_plan(Side::b, moved.rtp.local(), moved.rtcp.local()));
  settle();
  moved.send(tone);
  EXPECT_TRUE(browser.receive_rtp());
  browser_sends(tone);
  EXPECT_TRUE(moved.receive());
}

}  // namespace
}  // namespace w2s::media
