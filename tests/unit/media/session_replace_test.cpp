#include "w2s/rtp/telephone_event.hpp"

#include "session_fixture.hpp"

// A spare leg takes the place of one of the call's legs, as in a transfer.
namespace w2s::media {
namespace {

using leg::Kind;
using leg::LegNumber;
using leg::Side;
using test::MediaBrowser;

class ReplaceFixture : public CallFixture {
 protected:
  static constexpr LegNumber second{2};

  leg::LegOpened open_spare(Side side, Kind kind, LegNumber number = second) {
    auto opened = open(leg::OpenLeg{id, side, kind, loopback, number});
    EXPECT_EQ(opened.error, "");
    EXPECT_EQ(opened.number, number);
    return opened;
  }
  void replace_phone() {
    sessions->replace({id, Side::b, second});
    sessions->apply(phone_plan(Side::b, third.rtp.local(), third.rtcp.local()));
    settle();
  }

  TestPhone third;
};

TEST_F(ReplaceFixture, TheKeptSideGoesOnAsOneStream) {
  connect();
  expect_media();
  third.gateway = open_spare(Side::b, Kind::phone);
  EXPECT_NE(third.gateway.audio.rtp, phone.gateway.audio.rtp);
  EXPECT_NE(third.gateway.audio.ssrc, phone.gateway.audio.ssrc);
  third.sequence = 40000;  // and the same SSRC as the phone's, of all numbers
  third.send(tone);
  expect_browser_hears_nothing();
  expect_media();  // the call goes on as if there were no spare leg

  phone.send(tone);
  const auto before = browser.receive_rtp();
  ASSERT_TRUE(before);
  replace_phone();
  third.send(tone);
  const auto after = browser.receive_rtp();
  ASSERT_TRUE(after) << "without another ICE check or DTLS handshake";
  const auto last = *rtp::PacketView::parse(*before);
  const auto next = *rtp::PacketView::parse(*after);
  EXPECT_EQ(next.ssrc().value, web.audio.ssrc);
  EXPECT_EQ(next.sequence().since(last.sequence()), 1);
  EXPECT_GT(next.timestamp() - last.timestamp(), 0U);
  EXPECT_LT(next.timestamp() - last.timestamp(), 8000U * 60) << "the time that passed";

  browser_sends(tone);
  const auto heard = third.receive();
  ASSERT_TRUE(heard);
  EXPECT_EQ(rtp::PacketView::parse(*heard)->ssrc().value, third.gateway.audio.ssrc);
  phone.send(tone);
  expect_browser_hears_nothing();
  expect_phone_hears_nothing();
}

TEST_F(ReplaceFixture, ABrowserTakesThePlaceOfAPhone) {
  connect();
  MediaBrowser carol;
  const auto opened = open_spare(Side::b, Kind::web);
  carol.meet(opened);
  EXPECT_TRUE(carol.check(true)) << "its checks may come before its answer does";
  sessions->replace({id, Side::b, second});
  sessions->apply(web_plan(Side::b, carol));
  settle();
  ASSERT_TRUE(carol.check(true));
  ASSERT_TRUE(carol.handshake());
  browser_sends(tone);
  const auto heard = carol.receive_rtp();
  ASSERT_TRUE(heard);
  EXPECT_EQ(rtp::PacketView::parse(*heard)->ssrc().value, opened.audio.ssrc);
  carol.send_rtp({false, {0}, {7}, 1120, {0xca401}}, tone);
  const auto seen = browser.receive_rtp();
  ASSERT_TRUE(seen);
  EXPECT_EQ(rtp::PacketView::parse(*seen)->ssrc().value, web.audio.ssrc);
}

TEST_F(ReplaceFixture, APhoneTakesThePlaceOfTheBrowser) {
  connect();
  expect_media();
  third.gateway = open_spare(Side::a, Kind::phone);
  sessions->replace({id, Side::a, second});
  sessions->apply(phone_plan(Side::a, third.rtp.local(), third.rtcp.local()));
  settle();
  phone.send(tone);
  EXPECT_TRUE(third.receive());
  third.send(tone);
  EXPECT_TRUE(phone.receive());
  browser_sends(tone);
  expect_phone_hears_nothing();
  EXPECT_FALSE(browser.check(true, MediaBrowser::silence)) << "its ICE session is gone";
}

TEST_F(ReplaceFixture, ASpareLegThatIsDroppedOrUnknownReplacesNothing) {
  connect();
  MediaBrowser carol;
  carol.meet(open_spare(Side::b, Kind::web));
  ASSERT_TRUE(carol.check(false));
  sessions->replace({id, Side::b, LegNumber{3}});
  sessions->drop({id, Side::b, LegNumber{3}});
  settle();
  EXPECT_TRUE(carol.check(false));
  sessions->drop({id, Side::b, second});
  sessions->replace({id, Side::b, second});
  settle();
  EXPECT_FALSE(carol.check(false, MediaBrowser::silence));
  expect_media();
}

TEST_F(ReplaceFixture, ASpareLegEndsWithItsMedia) {
  connect();
  MediaBrowser carol;
  carol.meet(open_spare(Side::b, Kind::web));
  ASSERT_TRUE(carol.check(false));
  sessions->close({id});
  settle();
  EXPECT_FALSE(carol.check(false, MediaBrowser::silence));
  EXPECT_EQ(sessions->counters().open_media, 0U);
}

TEST_F(ReplaceFixture, AKeyHeldDownByWhoLeavesIsLetGo) {
  connect();
  phone.send(rtp::serialize({5, false, 10, 800}), 101);  // no end will come
  for (bool pressed = false; !pressed;) {
    const auto packet = browser.receive_rtp();
    ASSERT_TRUE(packet);
    pressed = rtp::PacketView::parse(*packet)->payload_type().value == 101;
  }
  third.gateway = open_spare(Side::b, Kind::phone);
  replace_phone();
  bool ended = false;
  bool audio = false;
  for (int i = 0; i < 50 && !audio; ++i) {  // while a key is down no audio passes
    third.send(tone);
    while (const auto packet = browser.receive_rtp(20ms)) {
      const auto view = *rtp::PacketView::parse(*packet);
      audio = view.payload_type().value != 101;
      if (!audio) ended = ended || rtp::parse_telephone_event(view.payload())->end;
    }
  }
  EXPECT_TRUE(ended);
  EXPECT_TRUE(audio);
}

TEST_F(ReplaceFixture, AFailureNamesTheLeg) {
  options.media_timeout = 300ms;
  connect();
  third.gateway = open_spare(Side::b, Kind::phone);
  replace_phone();
  const auto failed = wait_for_event<leg::LegFailed>();
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->side, Side::b);
  EXPECT_EQ(failed->number, second);
}

}  // namespace
}  // namespace w2s::media
