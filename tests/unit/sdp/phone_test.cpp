#include "sdp_fixture.hpp"

// Offers and answers of phones and PBXs.
namespace w2s::sdp::test {
namespace {

TEST(PhoneOffer, IsSlim) {
  OfferAnswer leg(Kind::phone, 99);
  auto with_fec = opus;
  with_fec.fmtp = "useinbandfec=1";
  EXPECT_EQ(lines_of(leg.offer(phone_local(), {with_fec, pcmu, pcma, event48, event8}, Direction::sendrecv)),
            (Names{
                "v=0",
                "o=- 99 1 IN IP4 198.51.100.5",
                "s=-",
                "c=IN IP4 198.51.100.5",
                "t=0 0",
                "m=audio 20000 RTP/AVP 111 0 8 110 101",
                "a=rtpmap:111 opus/48000/2",
                "a=fmtp:111 useinbandfec=1",
                "a=rtpmap:0 PCMU/8000",
                "a=rtpmap:8 PCMA/8000",
                "a=rtpmap:110 telephone-event/48000",
                "a=fmtp:110 0-16",
                "a=rtpmap:101 telephone-event/8000",
                "a=fmtp:101 0-16",
                "a=sendrecv",
            }));
}

TEST(PhoneOffer, AsksForThePacketsThatTheOtherLegWants) {
  OfferAnswer web(Kind::web, 1);
  const auto wanted = web.on_offer(web_sdp("111 0",
                                           "a=setup:actpass\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n"
                                           "a=ptime:30\r\na=maxptime:60\r\n"));
  ASSERT_TRUE(wanted);
  OfferAnswer phone(Kind::phone, 1);
  const auto offer = phone.offer(phone_local(), relayable(wanted->codecs), Direction::sendrecv);
  EXPECT_TRUE(has_line(offer, "a=fmtp:111 minptime=10;useinbandfec=1"));
  EXPECT_TRUE(has_line(offer, "a=ptime:30"));
  EXPECT_TRUE(has_line(offer, "a=maxptime:60"));

  const auto accepted = phone.on_answer(phone_sdp("m=audio 4000 RTP/AVP 0\r\na=ptime:40\r\n"));
  ASSERT_TRUE(accepted);
  const auto answer = web.answer(web_local(), common(wanted->codecs, accepted->codecs), Direction::sendrecv);
  EXPECT_TRUE(has_line(answer, "a=ptime:40")) << "each leg hears the other's wish, never its own";
  EXPECT_EQ(line_with(answer, "a=maxptime"), "");
}

TEST(PhoneOffer, PacketTimesOutOfRangeSayNothing) {
  for (const auto* time : {"0", "201", "255", "99999999999", "-20", "20.5", ""}) {
    OfferAnswer web(Kind::web, 1);
    const auto media = web.on_offer(
        web_sdp("111 0", "a=setup:actpass\r\na=fmtp:111 minptime=" + std::string(time) +
                             ";useinbandfec=1\r\na=ptime:" + time + "\r\na=maxptime:" + time + "\r\n"));
    ASSERT_TRUE(media) << time;
    for (const auto& codec : media->codecs) {
      EXPECT_EQ(codec.ptime, 0) << time;
      EXPECT_EQ(codec.maxptime, 0) << time;
    }
    EXPECT_EQ(media->codecs.front().fmtp, "useinbandfec=1") << time;
  }
}

TEST(PhoneOffer, NamesTheRtcpPortOnlyWhenItIsNotTheNextOne) {
  OfferAnswer leg(Kind::phone, 1);
  auto local = phone_local();
  local.audio.rtp.ip = local.audio.rtcp.ip = *IpAddress::parse("2001:db8::5");
  local.audio.rtcp.port = 30000;
  const auto offer = leg.offer(local, {pcmu}, Direction::sendrecv);
  EXPECT_TRUE(has_line(offer, "a=rtcp:30000"));
  EXPECT_TRUE(has_line(offer, "c=IN IP6 2001:db8::5"));
  EXPECT_TRUE(has_line(offer, "o=- 1 1 IN IP6 2001:db8::5"));
}

TEST(PhoneOffer, BaresipAnswers) {
  OfferAnswer leg(Kind::phone, 1);
  leg.offer(phone_local(), {opus, pcmu, pcma, event8}, Direction::sendrecv);
  const auto media = leg.on_answer(
      "v=0\r\no=- 1094618347 2041936873 IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 "
      "0\r\na=tool:baresip 1.0.0\r\n"
      "m=audio 14730 RTP/AVP 0 8 101\r\nb=AS:125\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
      "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=rtcp:14731\r\na=sendrecv\r\na=label:1\r\n"
      "a=rtcp-rsize\r\na=ssrc:2113105133 cname:sip:phone@127.0.0.2\r\na=ptime:20\r\n");
  ASSERT_TRUE(media) << media.error().message();
  const auto plan = plan_of(leg);
  EXPECT_FALSE(plan.web);
  EXPECT_EQ(plan.audio.rtp.to_string(), "127.0.0.2:14730");
  EXPECT_EQ(plan.audio.rtcp.to_string(), "127.0.0.2:14731");
  EXPECT_EQ(numbers(plan.audio.payloads), (Names{"pcmu 0>0", "pcma 8>8", "telephone-event 101>101"}));
  EXPECT_EQ(numbers(plan.audio.tolerated), Names{"opus 111>111"});
}

TEST(PhoneOffer, AsteriskAnswersWithItsOwnNumbers) {
  OfferAnswer leg(Kind::phone, 1);
  leg.offer(phone_local(), {opus, pcma, event48, event8}, Direction::sendrecv);
  const auto media = leg.on_answer(
      "v=0\r\no=root 1821 1822 IN IP4 10.0.0.1\r\ns=Asterisk PBX 18.10\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\n"
      "m=audio 11234 RTP/AVP 107 8 102\r\na=rtpmap:107 opus/48000/2\r\na=fmtp:107 useinbandfec=1\r\n"
      "a=rtpmap:8 PCMA/8000\r\na=rtpmap:102 telephone-event/48000\r\na=fmtp:102 0-16\r\na=ptime:20\r\n"
      "a=maxptime:60\r\na=sendrecv\r\n");
  ASSERT_TRUE(media) << media.error().message();
  EXPECT_EQ(media->codecs[0].fmtp, "useinbandfec=1");
  EXPECT_EQ(numbers(plan_of(leg).audio.payloads), (Names{"opus 111>107", "pcma 8>8", "telephone-event 110>102"}));
}

TEST(PhoneOffer, AnAnswerMayLeaveRefusedLinesAtTheEndAway) {
  OfferAnswer leg(Kind::phone, 1);
  ASSERT_TRUE(leg.on_offer(phone_sdp("m=audio 4000 RTP/AVP 0\r\nm=video 4002 RTP/AVP 34\r\n")));
  leg.answer(phone_local(), {pcmu}, Direction::sendrecv);
  EXPECT_TRUE(has_line(leg.offer(phone_local(), {pcmu}, Direction::sendonly), "m=video 0 RTP/AVP 34"));
  EXPECT_TRUE(leg.on_answer(phone_sdp("m=audio 4000 RTP/AVP 0\r\na=recvonly\r\n")));
}

TEST(PhoneAnswer, ToLinphone) {
  OfferAnswer leg(Kind::phone, 5);
  const auto media = leg.on_offer(
      "v=0\r\no=bob 3456 1289 IN IP4 192.168.1.7\r\ns=Talk\r\nc=IN IP4 192.168.1.7\r\nt=0 0\r\n"
      "a=ice-pwd:8f2c4b6ee3b80b3c11b9fc1a\r\na=ice-ufrag:7c4b3d16\r\na=rtcp-xr:rcvr-rtt=all:10000\r\n"
      "m=audio 7078 RTP/AVPF 96 97 98 0 8 101 99 100\r\na=rtpmap:96 opus/48000/2\r\na=fmtp:96 "
      "useinbandfec=1\r\n"
      "a=rtpmap:97 speex/16000\r\na=fmtp:97 vbr=on\r\na=rtpmap:98 speex/8000\r\n"
      "a=rtpmap:101 telephone-event/48000\r\na=rtpmap:99 telephone-event/16000\r\n"
      "a=rtpmap:100 telephone-event/8000\r\na=rtcp:54321 IN IP4 192.168.1.8\r\na=candidate:1 1 UDP "
      "2130706431 192.168.1.7 7078 typ host\r\n"
      "a=rtcp-fb:* trr-int 5000\r\na=rtcp-mux\r\nm=video 9078 RTP/AVPF 96\r\na=rtpmap:96 VP8/90000\r\n");
  ASSERT_TRUE(media) << media.error().message();
  EXPECT_EQ(media->kind, Kind::phone);
  EXPECT_EQ(names(relayable(media->codecs)),
            (Names{"opus/48000", "pcmu/8000", "pcma/8000", "telephone-event/48000", "telephone-event/8000",
                   "vp8/90000"}));
  EXPECT_EQ(lines_of(leg.answer(phone_local(), {pcmu, event8}, Direction::sendrecv)),
            (Names{
                "v=0",
                "o=- 5 1 IN IP4 198.51.100.5",
                "s=-",
                "c=IN IP4 198.51.100.5",
                "t=0 0",
                "m=audio 20000 RTP/AVPF 0 100",
                "a=rtpmap:0 PCMU/8000",
                "a=rtpmap:100 telephone-event/8000",
                "a=fmtp:100 0-16",
                "a=sendrecv",
                "m=video 0 RTP/AVPF 96",
            }));
  EXPECT_EQ(plan_of(leg).audio.rtcp.to_string(), "192.168.1.8:54321");
}

TEST(PhoneAnswer, KnowsTheStaticNumbers) {
  OfferAnswer leg(Kind::phone, 1);
  const auto media =
      leg.on_offer(phone_sdp("m=audio 4000 RTP/AVP 18 9 8 3 0 97 0 4\r\na=rtpmap:97 G722/8000/1\r\n"));
  ASSERT_TRUE(media);
  EXPECT_EQ(names(media->codecs), (Names{"g729/8000", "g722/8000", "pcma/8000", "gsm/8000", "pcmu/8000"}));
  leg.answer(phone_local(), {g722}, Direction::sendrecv);
  EXPECT_EQ(numbers(plan_of(leg).audio.payloads), Names{"g722 9>9"});
  EXPECT_EQ(numbers(plan_of(leg).audio.tolerated), (Names{"pcma 8>8", "pcmu 0>0", "g722 97>97"}));
}

TEST(PhoneAnswer, ComparesNamesRatesAndChannels) {
  OfferAnswer leg(Kind::phone, 1);
  const auto media = leg.on_offer(phone_sdp(
      "m=audio 4000 RTP/AVP 96 97 98 99 100 102\r\na=rtpmap:96 pCmU/8000\r\na=rtpmap:97 PCMA/16000\r\n"
      "a=rtpmap:98 opus/48000\r\na=rtpmap:99 OPUS/48000/2\r\na=rtpmap:100 PCMA/0\r\na=rtpmap:102 PCMA\r\n"));
  ASSERT_TRUE(media);
  EXPECT_EQ(relayable(media->codecs), (std::vector{pcmu, opus}));
}

TEST(PhoneAnswer, NeedsAConnectionLine) {
  OfferAnswer leg(Kind::phone, 1);
  EXPECT_EQ(leg.on_offer(replaced(phone_sdp(), "c=IN IP4 203.0.113.9\r\n", "")).error(), Errc::malformed);
}

TEST(PhoneAnswer, ReadsUnusualEndpoints) {
  const auto endpoints = [](const std::string& media) {
    OfferAnswer leg(Kind::phone, 1);
    EXPECT_TRUE(leg.on_offer(phone_sdp(media)));
    leg.answer(phone_local(), {pcmu}, Direction::sendrecv);
    const auto plan = plan_of(leg);
    return plan.audio.rtp.to_string() + " " + plan.audio.rtcp.to_string();
  };
  EXPECT_EQ(endpoints("m=audio 4000 RTP/AVP 0\r\nc=IN IP6 2001:db8::9\r\na=rtcp:4005\r\n"),
            "[2001:db8::9]:4000 [2001:db8::9]:4005");
  EXPECT_EQ(endpoints("m=audio 4000 RTP/AVP 0\r\nc=IN IP4 media.example.org\r\n"),
            "0.0.0.0:4000 0.0.0.0:4001");
  EXPECT_EQ(endpoints("m=audio 65535 RTP/AVP 0\r\n"), "203.0.113.9:65535 203.0.113.9:0");
  EXPECT_EQ(endpoints("m=audio 4000 RTP/AVP 0\r\na=rtcp:x\r\n"), "203.0.113.9:4000 203.0.113.9:4001");
}

}  // namespace
}  // namespace w2s::sdp::test
