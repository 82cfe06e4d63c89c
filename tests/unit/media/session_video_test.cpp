#include "session_video_fixture.hpp"

// Video beside audio: two streams of one call that have nothing to do with each other but their legs.
namespace w2s::media {
namespace {

using leg::Direction;
using leg::Kind;
using leg::Side;
using test::MediaBrowser;

TEST_F(VideoFixture, AWebLegCanAlwaysHaveVideoOnItsOnePort) {
  start();
  const auto opened = open(Side::a, Kind::web);
  ASSERT_TRUE(opened.video);
  EXPECT_EQ(opened.video->rtp, opened.audio.rtp);
  EXPECT_EQ(opened.video->rtcp, opened.audio.rtcp);
  EXPECT_NE(opened.video->ssrc, opened.audio.ssrc);
}

TEST_F(VideoFixture, APhoneLegHasASecondPortPairOnlyWhereVideoIsWanted) {
  options.rtp_port_low = 23990;  // apart from those of other tests, which may run beside it
  options.rtp_port_high = 23993;
  start();
  EXPECT_FALSE(open(Side::a, Kind::phone).video);
  const auto without = open(phone_with_video(Side::b));
  EXPECT_EQ(without.error, "") << "a call of audio is better than no call";
  EXPECT_FALSE(without.video);
  sessions->close({id});
  const auto opened = open(phone_with_video(Side::b));
  EXPECT_EQ(opened.error, "") << "and the pairs are free again";
  ASSERT_TRUE(opened.video);
  EXPECT_EQ(opened.video->rtp.port % 2, 0);
  EXPECT_EQ(opened.video->rtcp.port, opened.video->rtp.port + 1);
  EXPECT_NE(opened.video->rtp.port, opened.audio.rtp.port);
  EXPECT_NE(opened.video->ssrc, opened.audio.ssrc);
}

TEST_F(VideoFixture, VideoMayComeIntoACallOfAudio) {
  start();
  web = open(Side::a, Kind::web);
  phone.gateway = open(Side::b, Kind::phone);
  EXPECT_FALSE(phone.gateway.video);
  browser.meet(web);
  browser_plan = web_plan(Side::a, browser);
  phone_plan_ = phone_plan(Side::b, phone.rtp.local(), phone.rtcp.local());
  begin();
  expect_audio();
  const auto opened = open_video({id, Side::b});
  EXPECT_EQ(opened.error, "");
  ASSERT_TRUE(opened.video);
  EXPECT_EQ(opened.audio.rtp, phone.gateway.audio.rtp) << "audio stays where it is";
  phone_video.gateway = *opened.video;
  browser_plan = web_video_plan(Side::a, browser);
  phone_plan_ = phone_video_plan(Side::b, phone, phone_video);
  apply_both();
  expect_video();
  expect_audio();
  EXPECT_EQ(open_video({id, Side::b}).video->rtp, opened.video->rtp) << "asked twice, there once";
  EXPECT_EQ(open_video({id, Side::a}).video->ssrc, web.video->ssrc) << "a browser's leg has it anyway";
}

TEST_F(VideoFixture, VideoThatFindsNoPortsOrNoLegIsRefused) {
  options.rtp_port_low = 24990;
  options.rtp_port_high = 24991;
  start();
  ASSERT_EQ(open(Side::a, Kind::phone).error, "");
  EXPECT_NE(open_video({id, Side::a}).error.find("for video"), std::string::npos);
  EXPECT_NE(open_video({id, Side::b}).error, "");
  EXPECT_NE(open_video({id, Side::a, leg::LegNumber{2}}).error, "");
}

// The packets of one peer, as another sees them.
struct Seen {
  std::vector<Bytes> packets;
  rtp::PacketView operator[](std::size_t i) const { return *rtp::PacketView::parse(packets.at(i)); }
};

void expect_one_stream(const Seen& seen, std::uint32_t ssrc, std::uint8_t payload_type, std::size_t size) {
  for (std::size_t i = 0; i < seen.packets.size(); ++i) {
    EXPECT_EQ(seen[i].ssrc().value, ssrc);
    EXPECT_EQ(seen[i].payload_type().value, payload_type);
    EXPECT_EQ(seen[i].payload().size(), size);
    EXPECT_EQ(seen[i].sequence().since(seen[0].sequence()), static_cast<int>(i));
  }
}

TEST_F(VideoFixture, BothStreamsGoBothWaysSideBySide) {
  connect();
  Seen phone_heard, phone_saw, browser_heard, browser_saw;
  for (int frame = 0; frame < 10; ++frame) {
    browser_sends_video(picture, false);
    browser_sends(tone);
    browser_sends_video(picture);
    phone_heard.packets.push_back(phone.receive().value());
    for (int i = 0; i < 2; ++i) phone_saw.packets.push_back(phone_video.receive().value());
    phone_video.send(picture, false);
    phone.send(tone);
    phone_video.send(picture);
    browser_heard.packets.push_back(browser_hears(web.audio.ssrc).value());
    for (int i = 0; i < 2; ++i) browser_saw.packets.push_back(browser_sees().value());
  }
  expect_one_stream(phone_heard, phone.gateway.audio.ssrc, 0, tone.size());
  expect_one_stream(browser_heard, web.audio.ssrc, 0, tone.size());
  expect_one_stream(phone_saw, phone_video.gateway.ssrc, 98, picture.size());
  expect_one_stream(browser_saw, web.video->ssrc, 100, picture.size());
  for (const auto* seen : {&phone_saw, &browser_saw}) {
    for (std::size_t i = 0; i < 20; ++i) {
      EXPECT_EQ((*seen)[i].marker(), i % 2 == 1);
      EXPECT_EQ((*seen)[i].timestamp() - (*seen)[0].timestamp(), 3000U * (i / 2)) << "frames stay frames";
    }
  }
  for (std::size_t i = 0; i < 10; ++i) {
    EXPECT_EQ(as_text(browser_heard[i].extension(mid_extension).value()), "0");
    EXPECT_EQ(as_text(browser_saw[i].extension(mid_extension).value()), "1");
    EXPECT_FALSE(phone_heard[i].has_extension() || phone_saw[i].has_extension());
  }
}

// Linphone counts its dynamic payload numbers from 96 in each m-line.
TEST_F(VideoFixture, APhoneMayUseOneNumberForBoth) {
  static const leg::Codec opus{"opus", 48000, 2, ""};
  open_both();
  browser_plan.audio.payloads = {{opus, 111, 111}};
  phone_plan_.audio.payloads = {{opus, 96, 96}};
  phone_plan_.video->payloads = {{vp8, 96, 96}};
  begin();
  browser_sends(tone, 111);
  browser_sends_video();
  const auto heard = phone.receive();
  const auto saw = phone_video.receive();
  ASSERT_TRUE(heard && saw);
  for (const auto* packet : {&*heard, &*saw})
    EXPECT_EQ(rtp::PacketView::parse(*packet)->payload_type().value, 96);
  phone.send(tone, 96);
  phone_video.source.payload_type = 96;
  phone_video.send(picture);
  const auto at_browser = browser_hears(web.audio.ssrc);
  const auto seen = browser_sees();
  ASSERT_TRUE(at_browser && seen);
  EXPECT_EQ(rtp::PacketView::parse(*at_browser)->payload_type().value, 111);
  EXPECT_EQ(rtp::PacketView::parse(*seen)->payload_type().value, 100);
}

TEST_F(VideoFixture, WhatWasOnlyOfferedIsVideoToo) {
  static const leg::Codec vp9{"vp9", 90000, 1, "", 0, 0, leg::MediaType::video};
  open_both();
  browser_plan.video->tolerated = {{vp9, 101, 101}};
  phone_plan_.video->payloads.push_back({vp9, 99, 99});
  begin();
  browser_video.payload_type = 101;
  browser_sends_video();
  const auto seen = phone_video.receive();
  ASSERT_TRUE(seen);
  EXPECT_EQ(rtp::PacketView::parse(*seen)->payload_type().value, 99);
}

TEST_F(VideoFixture, TwoBrowsersSeeEachOther) {
  start();
  MediaBrowser a;
  MediaBrowser b;
  const auto leg_a = open(Side::a, Kind::web);
  const auto leg_b = open(Side::b, Kind::web);
  a.meet(leg_a);
  b.meet(leg_b);
  sessions->apply(web_video_plan(Side::a, a));
  auto plan_b = web_video_plan(Side::b, b);
  plan_b.video->payloads = {{vp8, 120, 120}};
  plan_b.video->mid = "video";
  sessions->apply(plan_b);
  for (auto* peer : {&a, &b}) {
    ASSERT_TRUE(peer->check(true));
    ASSERT_TRUE(peer->handshake());
  }
  VideoSource from_a{1, 100};
  VideoSource from_b{2, 120};
  a.send_plain_rtp(from_a.next(picture));
  const auto at_b = b.receive_rtp();
  ASSERT_TRUE(at_b);
  const auto seen_by_b = *rtp::PacketView::parse(*at_b);
  EXPECT_EQ(seen_by_b.ssrc().value, leg_b.video->ssrc);
  EXPECT_EQ(seen_by_b.payload_type().value, 120);
  EXPECT_EQ(as_text(seen_by_b.extension(mid_extension).value()), "video");
  b.send_plain_rtp(from_b.next(picture));
  const auto at_a = a.receive_rtp();
  ASSERT_TRUE(at_a);
  EXPECT_EQ(rtp::PacketView::parse(*at_a)->ssrc().value, leg_a.video->ssrc);
  EXPECT_EQ(rtp::PacketView::parse(*at_a)->payload_type().value, 100);
}

TEST_F(VideoFixture, VideoAloneCanBeHeld) {
  connect();
  expect_video();
  phone_plan_.video->peer_direction = Direction::sendonly;
  apply_both();
  browser_sends_video();
  EXPECT_FALSE(phone_video.receive(MediaBrowser::silence));
  phone_video.send(picture);
  EXPECT_TRUE(browser_sees());
  expect_audio();

  phone_plan_.video->peer_direction = Direction::inactive;
  apply_both();
  phone_video.send(picture);
  EXPECT_FALSE(browser_sees(MediaBrowser::silence));
  expect_audio();

  phone_plan_.video->peer_direction = Direction::sendrecv;
  apply_both();
  expect_video();
}

TEST_F(VideoFixture, AHoldOfAllHoldsBothAndBothGoOn) {
  connect();
  expect_video();
  phone_video.send(picture);
  const auto before = browser_sees();
  ASSERT_TRUE(before);
  auto held = phone_plan_;
  held.audio.peer_direction = held.video->peer_direction = Direction::inactive;
  sessions->apply(held);
  settle();
  browser_sends(tone);
  browser_sends_video();
  phone.send(tone);
  phone_video.send(picture);
  expect_phone_hears_nothing();
  EXPECT_FALSE(phone_video.receive(1ms));
  expect_browser_hears_nothing();
  sessions->apply(phone_plan_);
  settle();
  phone_video.send(picture);
  const auto after = browser_sees();
  ASSERT_TRUE(after);
  EXPECT_EQ(rtp::PacketView::parse(*after)->sequence().since(rtp::PacketView::parse(*before)->sequence()), 1);
  expect_video();
  expect_audio();
}

TEST_F(VideoFixture, VideoThatEndsLeavesTheAudioAndMayComeBack) {
  connect();
  expect_video();
  auto without = phone_plan_;
  without.video.reset();
  sessions->apply(without);
  settle();
  browser_sends_video();
  phone_video.send(picture);
  EXPECT_FALSE(phone_video.receive(MediaBrowser::silence));
  EXPECT_FALSE(browser_sees(1ms));
  expect_audio();
  sessions->apply(phone_plan_);
  settle();
  expect_video();
}

TEST_F(VideoFixture, EachStreamOfAPhoneFollowsItsOwnSource) {
  connect();
  expect_audio();
  const test::TestSocket behind_nat;
  for (int i = 0; i < 5; ++i) behind_nat.send_to(phone_video.gateway.rtp, phone_video.source.next(picture));
  EXPECT_FALSE(browser_sees(MediaBrowser::silence));
  behind_nat.send_to(phone_video.gateway.rtp, phone_video.source.next(picture));
  EXPECT_TRUE(browser_sees());
  browser_sends_video();
  EXPECT_TRUE(behind_nat.receive(MediaBrowser::patience));
  expect_audio();
}

TEST_F(VideoFixture, ReportsOfBothStreamsAreMade) {
  connect();
  expect_audio();
  expect_video();
  std::map<std::uint32_t, std::uint32_t> reported;  // our SSRC, the peer's
  const auto read = [&](ByteView compound) {
    auto view = rtp::CompoundView::parse(compound);
    const auto first = view ? view->next() : std::nullopt;
    const auto* report = first ? std::get_if<rtp::SenderReport>(&*first) : nullptr;
    if (report == nullptr) return;
    EXPECT_EQ(report->info.packets, 1U);
    ASSERT_EQ(report->blocks.size(), 1U);
    reported[report->sender.value] = report->blocks[0].source.value;
  };
  for (const auto* socket : {&phone.rtcp, &phone_video.rtcp}) {
    const auto datagram = socket->receive(10s);
    ASSERT_TRUE(datagram);
    read(datagram->bytes);
  }
  for (int i = 0; i < 2; ++i) read(browser.receive_rtcp(10s).value());
  EXPECT_EQ(reported, (std::map<std::uint32_t, std::uint32_t>{{phone.gateway.audio.ssrc, 0x70707070},
                                                              {phone_video.gateway.ssrc, 0x71717171},
                                                              {web.audio.ssrc, 0xb0b0b0b0},
                                                              {web.video->ssrc, browser_video_ssrc}}));
}

}  // namespace
}  // namespace w2s::media
