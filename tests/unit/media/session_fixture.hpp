#pragma once
#include <array>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <mutex>

#include <gtest/gtest.h>

#include "w2s/media/session.hpp"

#include "media_browser.hpp"

namespace w2s::media {

// The gateway's media on loopback with what a test needs to play the breaker.
class SessionFixture : public testing::Test {
 protected:
  static constexpr leg::MediaId id{7};
  static inline const IpAddress loopback = *IpAddress::parse("127.0.0.1");
  static inline const leg::Codec pcmu{"pcmu", 8000, 1, ""};
  static inline const leg::Codec events{"telephone-event", 8000, 1, "0-16"};
  static inline const Bytes tone = Bytes(160, 0x55);

  SessionFixture() {
    options.ice_port = 0;
    options.rtp_port_low = 24000;
    options.rtp_port_high = 24999;
    options.allow = net::AllowDestination({*net::AllowDestination::parse_entry("127.0.0.0/8")});
  }
  void TearDown() override { sessions.reset(); }

  void start() {
    sessions = std::make_unique<Sessions>(options, log, [this](Sessions::Reply reply) {
      const std::lock_guard lock(mutex);
      if (auto* opened = std::get_if<leg::LegOpened>(&reply))
        opened_.push_back(std::move(*opened));
      else
        events_.push_back(std::get<leg::Event>(std::move(reply)));
      arrived.notify_all();
    });
  }

  leg::LegOpened open(leg::Side side, leg::Kind kind, leg::MediaId media = id) {
    return open(leg::OpenLeg{media, side, kind, loopback});
  }
  leg::LegOpened open(const leg::OpenLeg& request) {
    sessions->open(request);
    return take_opened();
  }
  leg::LegOpened open_video(const leg::OpenVideo& request) {
    sessions->open_video(request);
    return take_opened();
  }
  leg::LegOpened take_opened() {
    std::unique_lock lock(mutex);
    EXPECT_TRUE(arrived.wait_for(lock, test::MediaBrowser::patience, [&] { return !opened_.empty(); }));
    if (opened_.empty()) return {};
    auto out = opened_.front();
    opened_.pop_front();
    return out;
  }
  // All that was asked before has been done: commands are carried out in order, and this one can only be
  // refused.
  void settle() {
    const auto refused =
        open({leg::MediaId{0}, leg::Side::a, leg::Kind::phone, *IpAddress::parse("255.255.255.255")});
    EXPECT_NE(refused.error, "");
  }

  template <class Event>
  std::optional<Event> wait_for_event(Duration timeout = test::MediaBrowser::patience) {
    std::unique_lock lock(mutex);
    std::optional<Event> out;
    arrived.wait_for(lock, timeout, [&] {
      for (auto event = events_.begin(); event != events_.end(); ++event) {
        if (const auto* wanted = std::get_if<Event>(&*event)) {
          out = *wanted;
          events_.erase(event);
          return true;
        }
      }
      return false;
    });
    return out;
  }

  static leg::LegPlan plan(leg::Side side) {
    leg::LegPlan out{};
    out.media = id;
    out.side = side;
    out.audio.payloads = {{pcmu, 0, 0}, {events, 101, 101}};
    return out;
  }
  static leg::LegPlan web_plan(leg::Side side, const test::MediaBrowser& browser,
                               leg::DtlsRole role = leg::DtlsRole::passive) {
    auto out = plan(side);
    out.web = browser.description(role);
    return out;
  }
  static leg::LegPlan phone_plan(leg::Side side, const Endpoint& rtp, const Endpoint& rtcp) {
    auto out = plan(side);
    out.audio.rtp = rtp;
    out.audio.rtcp = rtcp;
    return out;
  }

  Options options;
  NullLog log;
  std::unique_ptr<Sessions> sessions;
  std::mutex mutex;
  std::condition_variable arrived;
  std::deque<leg::LegOpened> opened_;
  std::deque<leg::Event> events_;
};

// A phone: two sockets and a running sequence number.
struct TestPhone {
  test::TestSocket rtp;
  test::TestSocket rtcp;
  leg::LegOpened gateway;
  std::uint16_t sequence = 100;

  void send(ByteView payload, std::uint8_t payload_type = 0) { send_from(rtp, payload, payload_type); }
  void send_from(const test::TestSocket& socket, ByteView payload, std::uint8_t payload_type = 0) {
    ++sequence;
    socket.send_to(
        gateway.audio.rtp,
        test::rtp_packet({false, {payload_type}, {sequence}, 160U * sequence, {0x70707070}}, payload));
  }
  std::optional<Bytes> receive(Duration timeout = test::MediaBrowser::patience) const {
    auto datagram = rtp.receive(timeout);
    if (!datagram) return std::nullopt;
    EXPECT_EQ(datagram->source, gateway.audio.rtp);
    return std::move(datagram->bytes);
  }
};

// A browser on side a, a phone on side b, both plans known and the browser connected unless a test wants
// otherwise.
class CallFixture : public SessionFixture {
 protected:
  void open_both() {
    start();
    web = open(leg::Side::a, leg::Kind::web);
    phone.gateway = open(leg::Side::b, leg::Kind::phone);
    browser.meet(web);
    browser_plan = web_plan(leg::Side::a, browser);
    phone_plan_ = phone_plan(leg::Side::b, phone.rtp.local(), phone.rtcp.local());
  }
  void connect() {
    open_both();
    sessions->apply(browser_plan);
    sessions->apply(phone_plan_);
    ASSERT_TRUE(browser.check(true));
    ASSERT_TRUE(browser.handshake());
    ASSERT_TRUE(wait_for_event<leg::LegConnected>());
  }
  void browser_sends(ByteView payload, std::uint8_t payload_type = 0) {
    ASSERT_TRUE(browser.has_keys());
    ++sequence;
    browser.send_rtp({false, {payload_type}, {sequence}, 160U * sequence, {0xb0b0b0b0}}, payload);
  }
  // Both directions work.
  void expect_media() {
    browser_sends(tone);
    const auto heard = phone.receive();
    ASSERT_TRUE(heard);
    EXPECT_EQ(rtp::PacketView::parse(*heard)->ssrc().value, phone.gateway.audio.ssrc);
    phone.send(tone);
    const auto seen = browser.receive_rtp();
    ASSERT_TRUE(seen);
    EXPECT_EQ(rtp::PacketView::parse(*seen)->ssrc().value, web.audio.ssrc);
  }
  void expect_phone_hears_nothing() { EXPECT_FALSE(phone.receive(test::MediaBrowser::silence)); }
  void expect_browser_hears_nothing() { EXPECT_FALSE(browser.receive_rtp(test::MediaBrowser::silence)); }

  test::MediaBrowser browser;
  TestPhone phone;
  leg::LegOpened web;
  leg::LegPlan browser_plan;
  leg::LegPlan phone_plan_;
  std::uint16_t sequence = 1000;
};

}  // namespace w2s::media
