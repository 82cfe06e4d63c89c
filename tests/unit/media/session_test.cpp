#include "w2s/rtp/rtcp.hpp"

#include "session_fixture.hpp"

namespace w2s::media {
namespace {

using leg::Kind;
using leg::Side;
using test::MediaBrowser;

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

TEST_F(SessionFixture, AWebLegTellsWhereAndHowToReachUs) {
  start();
  const auto web = open(Side::a, Kind::web);
  EXPECT_EQ(web.error, "");
  ASSERT_FALSE(web.candidates.empty());
  EXPECT_EQ(web.candidates.front().address.ip, loopback)
      << "the address on which the WebSocket came in goes first";
  EXPECT_EQ(web.audio.rtp, web.candidates.front().address);
  EXPECT_EQ(web.audio.rtcp, web.audio.rtp);
  for (std::size_t i = 1; i < web.candidates.size(); ++i) {
    EXPECT_LT(web.candidates[i].priority, web.candidates[i - 1].priority);
    EXPECT_FALSE(web.candidates[i].address.ip.is_loopback());
  }
  EXPECT_EQ(web.fingerprint.substr(0, 8), "sha-256 ");
  EXPECT_NE(open(Side::b, Kind::web).ice_ufrag, web.ice_ufrag);
}

TEST_F(SessionFixture, PublicAddressesGoFirst) {
  options.public_addresses = {{std::nullopt, *IpAddress::parse("203.0.113.5")}};
  start();
  const auto web = open(Side::a, Kind::web);
  EXPECT_EQ(web.audio.rtp.ip, *IpAddress::parse("203.0.113.5"));
  EXPECT_EQ(web.candidates.at(1).address.ip, loopback);
  EXPECT_EQ(open(Side::b, Kind::phone).audio.rtp.ip, loopback) << "a phone on this host needs no public address";
}

TEST_F(SessionFixture, APhoneLegHasAPortPair) {
  start();
  const auto phone = open(Side::b, Kind::phone);
  EXPECT_EQ(phone.error, "");
  EXPECT_EQ(phone.audio.rtp.ip, loopback);
  EXPECT_EQ(phone.audio.rtp.port % 2, 0);
  EXPECT_EQ(phone.audio.rtcp.port, phone.audio.rtp.port + 1);
}

TEST_F(SessionFixture, NoFreePortIsAnAnswer) {
  options.rtp_port_low = 24990;
  options.rtp_port_high = 24991;
  start();
  EXPECT_EQ(open(Side::a, Kind::phone).error, "");
  EXPECT_NE(open(Side::b, Kind::phone).error, "");
}

TEST_F(SessionFixture, APortThatIsTakenStopsTheStart) {
  const test::TestSocket taken{{IpAddress(), 0}};
  options.ice_port = taken.local().port;
  try {
    start();
    FAIL() << "started";
  } catch (const std::system_error& error) {
    EXPECT_NE(std::string(error.what()).find(std::to_string(options.ice_port)), std::string::npos)
        << error.what();
  }
}

TEST_F(CallFixture, BrowserAndPhoneHearEachOther) {
  connect();
  browser_sends(Bytes(160, 0x11));
  const auto heard = phone.receive();
  ASSERT_TRUE(heard);
  const auto at_phone = *rtp::PacketView::parse(*heard);
  EXPECT_EQ(at_phone.ssrc().value, phone.gateway.audio.ssrc);
  EXPECT_EQ(at_phone.payload().size(), 160U);
  EXPECT_EQ(at_phone.payload()[0], 0x11);

  phone.send(Bytes(160, 0x22));
  const auto seen = browser.receive_rtp();
  ASSERT_TRUE(seen);
  const auto at_browser = *rtp::PacketView::parse(*seen);
  EXPECT_EQ(at_browser.ssrc().value, web.audio.ssrc);
  EXPECT_EQ(at_browser.payload()[0], 0x22);
  const auto connected = wait_for_event<leg::LegConnected>();
  ASSERT_TRUE(connected);
  EXPECT_EQ(connected->side, Side::b) << "a phone is connected by its first packet";
  EXPECT_EQ(sessions->counters().packets_from_browsers, 1U);
  EXPECT_EQ(sessions->counters().packets_from_phones, 1U);
}

TEST_F(CallFixture, OneBoundAddressWorksLikeAll) {
  options.ice_any_address = false;
  options.ice_address = loopback;
  connect();
  EXPECT_EQ(web.candidates.size(), 1U);
  expect_media();
}

TEST_F(CallFixture, MediaBeforeThePlansIsDropped) {
  open_both();
  for (int i = 0; i < 10; ++i) phone.send(tone);
  sessions->apply(browser_plan);
  ASSERT_TRUE(browser.check(true));
  ASSERT_TRUE(browser.handshake());
  browser_sends(tone);
  expect_phone_hears_nothing();
  sessions->apply(phone_plan_);
  settle();
  expect_media();
}

TEST_F(CallFixture, RtcpIsRestatedWithOurOwnNumbers) {
  connect();
  expect_media();
  const auto to_phone = phone.rtcp.receive(10s);
  ASSERT_TRUE(to_phone);
  EXPECT_EQ(to_phone->source, phone.gateway.audio.rtcp);
  auto compound = rtp::CompoundView::parse(to_phone->bytes);
  ASSERT_TRUE(compound);
  const auto first = compound->next();
  const auto* report = first ? std::get_if<rtp::SenderReport>(&*first) : nullptr;
  ASSERT_NE(report, nullptr);
  EXPECT_EQ(report->sender.value, phone.gateway.audio.ssrc);
  EXPECT_EQ(report->info.packets, 1U);
  ASSERT_EQ(report->blocks.size(), 1U);
  EXPECT_EQ(report->blocks[0].source.value, 0x70707070U);
  const auto second = compound->next();
  const auto* description = second ? std::get_if<rtp::SourceDescription>(&*second) : nullptr;
  ASSERT_NE(description, nullptr);
  EXPECT_EQ(description->cname({phone.gateway.audio.ssrc}), phone.gateway.cname);

  const auto to_browser = browser.receive_rtcp(10s);
  ASSERT_TRUE(to_browser);
  auto browsers = rtp::CompoundView::parse(*to_browser);
  ASSERT_TRUE(browsers);
  const auto browsers_first = browsers->next();
  const auto* browsers_report = browsers_first ? std::get_if<rtp::SenderReport>(&*browsers_first) : nullptr;
  ASSERT_NE(browsers_report, nullptr);
  EXPECT_EQ(browsers_report->sender.value, web.audio.ssrc);
  EXPECT_EQ(browsers_report->blocks[0].source.value, 0xb0b0b0b0U);
}

TEST_F(CallFixture, RtcpOfAPeerGoesNoFurtherAndItsByeEndsNothing) {
  connect();
  expect_media();
  const Bytes bye = {0x80, 201, 0, 1, 0x70, 0x70, 0x70, 0x70, 0x81, 203, 0, 1, 0x70, 0x70, 0x70, 0x70};
  phone.rtcp.send_to(phone.gateway.audio.rtcp, bye);
  phone.rtp.send_to(phone.gateway.audio.rtp, bye);
  browser.send_rtcp(bye);
  EXPECT_FALSE(browser.receive_rtcp(MediaBrowser::silence));
  expect_media();
}

TEST_F(CallFixture, HeaderExtensionsEndAtTheLegTheyWereNegotiatedOn) {
  open_both();
  browser_plan.audio.mid_extension = 4;
  browser_plan.audio.mid = "audio0";
  sessions->apply(browser_plan);
  sessions->apply(phone_plan_);
  ASSERT_TRUE(browser.check(true));
  ASSERT_TRUE(browser.handshake());
  Bytes with_extension = test::rtp_packet({false, {0}, {1}, 0, {0xb0b0b0b0}}, {});
  with_extension[0] |= 0x10;
  for (const int octet : {0xbe, 0xde, 0x00, 0x01, 0x10, 0x7f, 0x00, 0x00, 0x11, 0x22})
    with_extension.push_back(static_cast<std::uint8_t>(octet));
  browser.send_plain_rtp(with_extension);
  const auto heard = phone.receive();
  ASSERT_TRUE(heard);
  const auto at_phone = *rtp::PacketView::parse(*heard);
  EXPECT_FALSE(at_phone.has_extension());
  EXPECT_EQ(Bytes(at_phone.payload().begin(), at_phone.payload().end()), (Bytes{0x11, 0x22}));

  phone.send(tone);
  const auto seen = browser.receive_rtp();
  ASSERT_TRUE(seen);
  const auto mid = rtp::PacketView::parse(*seen)->extension(4);
  ASSERT_TRUE(mid);
  EXPECT_EQ(as_text(*mid), "audio0");
}

TEST_F(SessionFixture, TwoBrowsersHearEachOther) {
  start();
  MediaBrowser a;
  MediaBrowser b;
  const auto leg_a = open(Side::a, Kind::web);
  const auto leg_b = open(Side::b, Kind::web);
  a.meet(leg_a);
  b.meet(leg_b);
  sessions->apply(web_plan(Side::a, a));
  sessions->apply(web_plan(Side::b, b));
  ASSERT_TRUE(a.check(true));
  ASSERT_TRUE(b.check(true));
  ASSERT_TRUE(a.handshake());
  ASSERT_TRUE(b.handshake());
  ASSERT_TRUE(wait_for_event<leg::LegConnected>());
  ASSERT_TRUE(wait_for_event<leg::LegConnected>());
  for (std::uint16_t i = 0; i < 100; ++i) {
    a.send_rtp({false, {0}, {i}, 160U * i, {1}}, tone);
    b.send_rtp({false, {0}, {i}, 160U * i, {2}}, tone);
  }
  for (int i = 0; i < 100; ++i) {
    const auto at_a = a.receive_rtp();
    const auto at_b = b.receive_rtp();
    ASSERT_TRUE(at_a && at_b) << i;
    EXPECT_EQ(rtp::PacketView::parse(*at_a)->ssrc().value, leg_a.audio.ssrc);
    EXPECT_EQ(rtp::PacketView::parse(*at_b)->ssrc().value, leg_b.audio.ssrc);
  }
}

TEST_F(SessionFixture, TwoPhonesHearEachOther) {
  start();
  TestPhone a;
  TestPhone b;
  a.gateway = open(Side::a, Kind::phone);
  b.gateway = open(Side::b, Kind::phone);
  sessions->apply(phone_plan(Side::a, a.rtp.local(), a.rtcp.local()));
  sessions->apply(phone_plan(Side::b, b.rtp.local(), b.rtcp.local()));
  settle();
  a.send(tone);
  EXPECT_TRUE(b.receive());
  b.send(tone);
  EXPECT_TRUE(a.receive());
}

TEST_F(SessionFixture, ManyPhonesAtOnceReachTheirBrowsersThroughOneBatch) {
  start();
  static constexpr int packets = 200;
  MediaBrowser browser;
  TestPhone phone;
  const auto web = open(Side::a, Kind::web);
  phone.gateway = open(Side::b, Kind::phone);
  browser.meet(web);
  sessions->apply(web_plan(Side::a, browser));
  sessions->apply(phone_plan(Side::b, phone.rtp.local(), phone.rtcp.local()));
  ASSERT_TRUE(browser.check(true));
  ASSERT_TRUE(browser.handshake());
  for (int i = 0; i < packets; ++i) phone.send(Bytes(160, static_cast<std::uint8_t>(i)));
  for (int i = 0; i < packets; ++i) {
    const auto packet = browser.receive_rtp();
    ASSERT_TRUE(packet) << i;
    EXPECT_EQ(rtp::PacketView::parse(*packet)->payload()[0], static_cast<std::uint8_t>(i));
  }
}

TEST_F(CallFixture, ClosedMediaIsSilentAndGivesItsDescriptorsBack) {
  start();
  settle();
  const auto before = open_descriptors();
  for (std::uint64_t call = 100; call < 120; ++call) {
    open(Side::a, Kind::web, leg::MediaId{call});
    open(Side::b, Kind::phone, leg::MediaId{call});
  }
  EXPECT_EQ(open_descriptors(), before + 40);
  EXPECT_EQ(sessions->counters().open_media, 20U);
  for (std::uint64_t call = 100; call < 120; ++call) sessions->close({leg::MediaId{call}});
  settle();
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_EQ(sessions->counters().open_media, 0U);
}

TEST_F(CallFixture, AfterCloseNothingOfTheCallIsAnswered) {
  connect();
  expect_media();
  sessions->close({id});
  settle();
  EXPECT_FALSE(browser.check(true, MediaBrowser::silence));
  browser_sends(tone);
  expect_phone_hears_nothing();
  sessions->close({id});
  sessions->apply(browser_plan);
  sessions->send_dtmf({id, Side::b, '1', 100});
  settle();
}

TEST_F(CallFixture, PumpsShareTheCallsAndStopWithThemOpen) {
  options.threads = 3;
  start();
  for (std::uint64_t call = 1; call <= 9; ++call) {
    EXPECT_EQ(open(Side::a, Kind::web, leg::MediaId{call}).error, "");
    EXPECT_EQ(open(Side::b, Kind::phone, leg::MediaId{call}).error, "");
  }
  EXPECT_EQ(sessions->counters().open_media, 9U);
}

}  // namespace
}  // namespace w2s::media
