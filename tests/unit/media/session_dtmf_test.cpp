#include "w2s/rtp/telephone_event.hpp"

#include "session_fixture.hpp"

// Key presses from leg to leg, as events and by SIP INFO.
namespace w2s::media {
namespace {

using leg::Side;

// The keys of a peer as the other leg's peer reads them.
class DtmfFixture : public CallFixture {
 protected:
  static inline const leg::Codec opus{"opus", 48000, 2, ""};
  static inline const leg::Codec fast_events{"telephone-event", 48000, 1, "0-16"};

  static Bytes event(std::uint8_t code, bool end, std::uint16_t duration) {
    const auto payload = rtp::serialize({code, end, 10, duration});
    return {payload.begin(), payload.end()};
  }
  void browser_presses(const Bytes& payload, std::uint8_t payload_type, std::uint32_t timestamp) {
    ASSERT_TRUE(browser.has_keys());
    browser.send_rtp({false, {payload_type}, {++sequence}, timestamp, {0xb0b0b0b0}}, payload);
  }
  // What the phone hears up to the third end packet; other packets are left out.
  std::vector<rtp::TelephoneEvent> phone_hears_press(std::uint8_t payload_type) {
    std::vector<rtp::TelephoneEvent> heard;
    for (int ends = 0; ends < 3;) {
      const auto packet = phone.receive();
      if (!packet) {
        ADD_FAILURE() << "no end";
        return heard;
      }
      const auto view = *rtp::PacketView::parse(*packet);
      if (view.payload_type().value != payload_type) continue;
      EXPECT_EQ(view.marker(), heard.empty());
      EXPECT_EQ(view.ssrc().value, phone.gateway.audio.ssrc);
      if (!heard.empty()) {
        EXPECT_EQ(view.timestamp(), event_timestamp);
        EXPECT_EQ(view.sequence().since(last_sequence), 1);
      }
      event_timestamp = view.timestamp();
      last_sequence = view.sequence();
      heard.push_back(*rtp::parse_telephone_event(view.payload()));
      ends += heard.back().end ? 1 : 0;
    }
    return heard;
  }

  std::uint32_t event_timestamp = 0;
  rtp::SeqNo last_sequence;
};

TEST_F(DtmfFixture, EventsChangeTheirNumberAndTheirClock) {
  open_both();
  browser_plan.audio.payloads = {{opus, 111, 111}, {fast_events, 110, 110}, {events, 126, 126}};
  phone_plan_.audio.payloads = {{opus, 96, 96}, {events, 101, 100}};
  sessions->apply(browser_plan);
  sessions->apply(phone_plan_);
  ASSERT_TRUE(browser.check(true));
  ASSERT_TRUE(browser.handshake());
  browser_sends(tone, 111);
  ASSERT_TRUE(phone.receive());
  browser_presses(event(5, false, 960), 110, 500000);  // no marker
  browser_presses(event(5, false, 1920), 110, 500000);
  browser_presses(event(5, true, 4800), 110, 500000);  // and two end packets are lost
  const auto heard = phone_hears_press(100);
  ASSERT_FALSE(heard.empty());
  EXPECT_EQ(heard.back(), (rtp::TelephoneEvent{5, true, 10, 800})) << "100 ms at 8000 Hz";
  browser_sends(tone, 111);
  const auto after = phone.receive();
  ASSERT_TRUE(after);
  EXPECT_EQ(rtp::PacketView::parse(*after)->sequence().since(last_sequence), 1) << "no gap";
}

TEST_F(DtmfFixture, AnEventWhoseEndIsLostEndsAllTheSame) {
  connect();
  browser_presses(event(7, false, 800), 101, 1000);
  const auto heard = phone_hears_press(101);
  ASSERT_FALSE(heard.empty());
  EXPECT_EQ(heard.back(), (rtp::TelephoneEvent{7, true, 10, 800}));
  expect_media();
}

TEST_F(DtmfFixture, APeerWithoutEventsIsToldByInfo) {
  open_both();
  phone_plan_.audio.payloads = {{pcmu, 0, 0}};
  sessions->apply(browser_plan);
  sessions->apply(phone_plan_);
  ASSERT_TRUE(browser.check(true));
  ASSERT_TRUE(browser.handshake());
  for (int i = 0; i < 3; ++i) browser_presses(event(11, true, 1600), 101, 1000);
  browser_presses(event(1, true, 800), 101, 5000);
  const auto hash = wait_for_event<leg::KeyPressed>();
  ASSERT_TRUE(hash);
  EXPECT_EQ(hash->side, Side::b) << "the leg that is to be told";
  EXPECT_EQ(hash->digit, '#');
  EXPECT_EQ(hash->duration_ms, 200U);
  const auto one = wait_for_event<leg::KeyPressed>();
  ASSERT_TRUE(one);
  EXPECT_EQ(one->digit, '1');
  EXPECT_FALSE(phone.receive(test::MediaBrowser::silence));
}

TEST_F(DtmfFixture, KeysOfBothOriginsFollowEachOther) {
  connect();
  expect_media();
  sessions->send_dtmf({id, Side::b, '1', 100});
  sessions->send_dtmf({id, Side::b, '2', 60});
  settle();
  browser_presses(event(3, true, 480), 101, 1000);
  for (const auto& [code, duration] : {std::pair{1, 800}, {2, 480}, {3, 480}}) {
    const auto heard = phone_hears_press(101);
    ASSERT_FALSE(heard.empty());
    EXPECT_EQ(heard.back().event, code);
    EXPECT_EQ(heard.back().duration, duration);
  }
}

TEST_F(CallFixture, AKeyPressOfSipInfoReachesThePhone) {
  connect();
  expect_media();
  sessions->send_dtmf({id, Side::b, '#', 100});
  int ends = 0;
  while (ends < 3) {
    const auto packet = phone.receive();
    ASSERT_TRUE(packet);
    const auto view = *rtp::PacketView::parse(*packet);
    ASSERT_EQ(view.payload_type().value, 101);
    const auto event = rtp::parse_telephone_event(view.payload());
    ASSERT_TRUE(event);
    EXPECT_EQ(rtp::digit_of_event(event->event), '#');
    ends += event->end ? 1 : 0;
  }
  expect_media();
}

}  // namespace
}  // namespace w2s::media
