#include "cpu_time.hpp"
#include "sdp/session.hpp"
#include "sdp_fixture.hpp"

// The gateway answers what browsers offer.
namespace w2s::sdp::test {
namespace {

TEST(WebAnswer, ToChromiumIsCompleteToTheLetter) {
  OfferAnswer leg(Kind::web, 4711);
  const auto offer = leg.on_offer(recorded("chromium-audio.sdp"));
  ASSERT_TRUE(offer) << offer.error().message();
  EXPECT_EQ(offer->kind, Kind::web);
  EXPECT_EQ(names(offer->codecs), (Names{"opus/48000", "red/48000", "g722/8000", "pcmu/8000", "pcma/8000",
                                         "cn/8000", "telephone-event/48000", "telephone-event/8000"}));
  EXPECT_EQ(offer->codecs[0].fmtp, "minptime=10;useinbandfec=1");
  EXPECT_EQ(offer->codecs[1].fmtp, "");
  EXPECT_FALSE(leg.restarts_ice());

  const auto answer = leg.answer(web_local(), {opus, pcmu, event48, event8}, Direction::sendrecv);
  EXPECT_EQ(lines_of(answer), (Names{
                                  "v=0",
                                  "o=- 4711 1 IN IP4 192.0.2.10",
                                  "s=-",
                                  "c=IN IP4 192.0.2.10",
                                  "t=0 0",
                                  "a=group:BUNDLE 0",
                                  "a=ice-lite",
                                  "m=audio 10065 UDP/TLS/RTP/SAVPF 111 0 110 126",
                                  "a=rtpmap:111 opus/48000/2",
                                  "a=rtpmap:0 PCMU/8000",
                                  "a=rtpmap:110 telephone-event/48000",
                                  "a=fmtp:110 0-16",
                                  "a=rtpmap:126 telephone-event/8000",
                                  "a=fmtp:126 0-16",
                                  "a=sendrecv",
                                  "a=candidate:1 1 udp 2130706431 192.0.2.10 10065 typ host",
                                  "a=candidate:2 1 udp 2130706175 2001:db8::10 10065 typ host",
                                  "a=end-of-candidates",
                                  "a=ice-ufrag:gwUf",
                                  "a=ice-pwd:gatewayPassword1234567",
                                  "a=fingerprint:sha-256 AA:BB",
                                  "a=setup:passive",
                                  "a=mid:0",
                                  "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid",
                                  "a=msid:gatewayCname audio",
                                  "a=ssrc:305419896 cname:gatewayCname",
                                  "a=rtcp-mux",
                              }));
}

TEST(WebAnswer, PlanNamesThePeerAndAllPayloads) {
  OfferAnswer leg(Kind::web, 1);
  ASSERT_TRUE(leg.on_offer(recorded("chromium-audio.sdp")));
  leg.answer(web_local(), {pcmu, event8}, Direction::sendrecv);
  const auto plan = plan_of(leg);
  EXPECT_EQ(plan.media, leg::MediaId{7});
  ASSERT_TRUE(plan.web);
  EXPECT_EQ(plan.web->ice_ufrag, "hT0R");
  EXPECT_EQ(plan.web->ice_pwd.reveal(), "h5XiUlKEmyxl2xN6KrB5tIQn");
  EXPECT_EQ(
      plan.web->fingerprint,
      "sha-256 "
      "36:7E:30:45:5C:62:A9:EF:12:D4:BA:47:12:48:B6:26:2C:95:D5:2A:CB:E9:44:3E:CF:D9:AA:3C:C6:BC:6D:F9");
  EXPECT_EQ(plan.web->our_role, leg::DtlsRole::passive);
  EXPECT_EQ(plan.audio.mid, "0");
  EXPECT_EQ(plan.audio.mid_extension, 4);
  EXPECT_EQ(numbers(plan.audio.payloads), (Names{"pcmu 0>0", "telephone-event 126>126"}));
  EXPECT_EQ(numbers(plan.audio.tolerated),
            (Names{"opus 111>111", "g722 9>9", "pcma 8>8", "telephone-event 110>110"}));
  EXPECT_EQ(plan.audio.peer_direction, Direction::sendrecv);
}

TEST(WebAnswer, ToFirefoxReadsTheSessionLevelAndKeepsEventsAt8000BesideOpus) {
  OfferAnswer leg(Kind::web, 1);
  const auto offer = leg.on_offer(recorded("firefox-audio.sdp"));
  ASSERT_TRUE(offer) << offer.error().message();
  EXPECT_EQ(offer->codecs[0].fmtp, "maxplaybackrate=48000;stereo=1;useinbandfec=1");
  const auto answer = leg.answer(web_local(), {opus, event48, event8}, Direction::sendrecv);
  EXPECT_TRUE(has_line(answer, "m=audio 10065 UDP/TLS/RTP/SAVPF 109 101")) << answer;
  EXPECT_TRUE(has_line(answer, "a=fmtp:101 0-16"));
  EXPECT_TRUE(has_line(answer, "a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid"));
  EXPECT_EQ(answer.find("transport-wide"), std::string::npos);
  EXPECT_EQ(answer.find("rtcp-fb"), std::string::npos);
  EXPECT_EQ(plan_of(leg).web->fingerprint.substr(0, 14), "sha-256 BD:6A:");
  EXPECT_EQ(plan_of(leg).web->ice_ufrag, "b2934f70");
}

TEST(WebAnswer, RefusesVideoAndKeepsItsPlace) {
  for (const auto& [file, refused] :
       {std::pair("chromium-audio-video.sdp", "m=video 0 UDP/TLS/RTP/SAVPF 96"),
        std::pair("firefox-audio-video.sdp", "m=video 0 UDP/TLS/RTP/SAVPF 120")}) {
    OfferAnswer leg(Kind::web, 1);
    ASSERT_TRUE(leg.on_offer(recorded(file)));
    const auto answer = leg.answer(web_local(), {opus}, Direction::sendrecv);
    EXPECT_TRUE(has_line(answer, "a=group:BUNDLE 0")) << answer;
    const auto lines = lines_of(answer);
    ASSERT_GE(lines.size(), 3U);
    EXPECT_EQ(Names(lines.end() - 3, lines.end()), (Names{refused, "a=inactive", "a=mid:1"}));
  }
}

TEST(WebAnswer, EchoesTheOtherLegsOpusParameters) {
  OfferAnswer leg(Kind::web, 1);
  ASSERT_TRUE(leg.on_offer(recorded("chromium-audio.sdp")));
  auto stereo = opus;
  stereo.fmtp = "stereo=1";
  EXPECT_TRUE(has_line(leg.answer(web_local(), {stereo}, Direction::sendrecv), "a=fmtp:111 stereo=1"));
  EXPECT_EQ(plan_of(leg).audio.payloads[0].codec.fmtp, "minptime=10;useinbandfec=1");
}

TEST(WebAnswer, IsRepeatedUnchanged) {
  OfferAnswer leg(Kind::web, 1);
  ASSERT_TRUE(leg.on_offer(recorded("chromium-audio.sdp")));
  EXPECT_TRUE(leg.offer_pending());
  EXPECT_FALSE(leg.agreed());
  EXPECT_EQ(leg.local_description(), "");
  const auto early = leg.answer(web_local(), {pcmu}, Direction::sendrecv);
  EXPECT_FALSE(leg.offer_pending());
  EXPECT_TRUE(leg.agreed());
  EXPECT_EQ(leg.answer(web_local(), {pcmu}, Direction::sendrecv), early);
  EXPECT_EQ(leg.local_description(), early);
}

TEST(WebAnswer, AnswersTheProfileThatWasOffered) {
  for (const auto* protocol : {"UDP/TLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP", "RTP/SAVPF", "RTP/SAVP"}) {
    const auto offer = web_sdp("111 0", "a=setup:actpass\r\n", protocol);
    EXPECT_EQ(*OfferAnswer::kind_of(offer), Kind::web) << protocol;
    OfferAnswer leg(Kind::web, 1);
    ASSERT_TRUE(leg.on_offer(offer));
    EXPECT_TRUE(has_line(leg.answer(web_local(), {pcmu}, Direction::sendrecv),
                         "m=audio 10065 " + std::string(protocol) + " 0"));
  }
}

// sipML5 2.1.4 as it was in its day: RTP/SAVPF, no BUNDLE, no mid, rtcp-mux, SDES beside DTLS, capability
// lines.
TEST(WebAnswer, ToAnOldSipml5HasNoBundleAndNoMid) {
  const std::string offer =
      "v=0\no=- 4181280120129270 2 IN IP4 127.0.0.1\ns=Doubango Telecom - chrome\nt=0 0\n"
      "a=tcap:1 RTP/SAVPF\na=acap:1 setup:actpass\na=pcfg:1 t=1 a=1\n"
      "m=audio 54710 RTP/SAVPF 111 103 0 126\nc=IN IP4 203.0.113.4\na=rtcp:54710 IN IP4 203.0.113.4\n"
      "a=candidate:1 2 udp 2113937151 203.0.113.4 54710 typ host generation 0\n"
      "a=ice-ufrag:Oyef7uvBlwafI3hT\na=ice-pwd:T0teqPLNQQOf+5W+ls+P2p16\na=sendrecv\na=rtcp-mux\n"
      "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:s6GAYVTcCvSdTdZ0CP8hkO3nHzUCB5NcShu2eeJb\n"
      "a=fingerprint:sha-1 AA:BB\n"
      "a=fingerprint:SHA-256 "
      "5a:bb:1c:62:a9:ef:12:d4:ba:47:12:48:b6:26:2c:95:d5:2a:cb:e9:44:3e:cf:d9:aa:3c:c6:bc:6d:"
      "f9:00:01\na=setup:actpass\na=rtpmap:111 opus/48000/2\na=rtpmap:103 ISAC/16000\na=rtpmap:0 PCMU/8000\n"
      "a=rtpmap:126 telephone-event/8000\n";
  OfferAnswer leg(Kind::web, 1);
  const auto media = leg.on_offer(offer);
  ASSERT_TRUE(media) << media.error().message();
  EXPECT_EQ(names(relayable(media->codecs)), (Names{"opus/48000", "pcmu/8000", "telephone-event/8000"}));
  const auto answer = leg.answer(web_local(), {pcmu, event8}, Direction::sendrecv);
  EXPECT_EQ(line_with(answer, "a=group"), "");
  EXPECT_EQ(line_with(answer, "a=mid"), "");
  EXPECT_EQ(line_with(answer, "a=crypto"), "");
  EXPECT_EQ(line_with(answer, "a=extmap"), "");
  EXPECT_TRUE(has_line(answer, "a=rtcp-mux"));
  EXPECT_TRUE(has_line(answer, "m=audio 10065 RTP/SAVPF 0 126"));
  EXPECT_EQ(plan_of(leg).web->fingerprint.substr(0, 16), "sha-256 5A:BB:1C");
  EXPECT_EQ(plan_of(leg).audio.mid_extension, std::nullopt);
}

TEST(WebAnswer, SetupFollowsTheOffer) {
  const auto answered = [](const std::string& setup) {
    OfferAnswer leg(Kind::web, 1);
    EXPECT_TRUE(leg.on_offer(web_sdp("0", setup)));
    const auto line = line_with(leg.answer(web_local(), {pcmu}, Direction::sendrecv), "a=setup:");
    EXPECT_EQ(line == "a=setup:active", plan_of(leg).web->our_role == leg::DtlsRole::active);
    return line;
  };
  EXPECT_EQ(answered("a=setup:actpass\r\n"), "a=setup:passive");
  EXPECT_EQ(answered("a=setup:active\r\n"), "a=setup:passive");
  EXPECT_EQ(answered("a=setup:passive\r\n"), "a=setup:active");
  EXPECT_EQ(answered(""), "a=setup:passive");
}

TEST(WebAnswer, AcceptsPayloadNumbersOfTheWholeRange) {
  OfferAnswer leg(Kind::web, 1);
  ASSERT_TRUE(leg.on_offer(web_sdp("35 63 127 64",
                                   "a=rtpmap:35 opus/48000/2\r\na=rtpmap:63 red/48000/2\r\n"
                                   "a=rtpmap:127 PCMU/8000\r\na=rtpmap:64 telephone-event/48000\r\n")));
  EXPECT_TRUE(has_line(leg.answer(web_local(), {opus, pcmu, event48}, Direction::sendrecv),
                       "m=audio 10065 UDP/TLS/RTP/SAVPF 35 127 64"));
}

TEST(WebAnswer, NeedsFingerprintAndCredentials) {
  const auto error = [](const std::string& from, const std::string& to) {
    OfferAnswer leg(Kind::web, 1);
    const auto result = leg.on_offer(replaced(web_sdp(), from, to));
    EXPECT_EQ(leg.offer_pending(), result.has_value());
    return result ? error_code() : result.error();
  };
  EXPECT_EQ(error("sha-256", "sha-1"), Errc::no_fingerprint);
  EXPECT_EQ(error("sha-256", "sha-384"), Errc::no_fingerprint);  // too short for its hash
  EXPECT_EQ(error("36:7E", "36:XX"), Errc::no_fingerprint);
  EXPECT_EQ(error("a=fingerprint", "a=x-fingerprint"), Errc::no_fingerprint);
  EXPECT_EQ(error("ice-ufrag:peer", "ice-ufrag:pee"), Errc::no_ice_credentials);
  EXPECT_EQ(error("ice-pwd:peer", "ice-pwd:pee"), error_code());
  EXPECT_EQ(error("a=ice-pwd:peerPeerPeer", "a=ice-pwd:"), Errc::no_ice_credentials);
  EXPECT_EQ(error("ice-ufrag:peer", "ice-ufrag:" + std::string(257, 'x')), Errc::no_ice_credentials);
  EXPECT_EQ(error("ice-ufrag:peer", "ice-ufrag:" + std::string(256, 'x')), error_code());
  EXPECT_EQ(error("UDP/TLS/RTP/SAVPF", "RTP/AVP"), Errc::unsupported_profile);
  EXPECT_EQ(error("UDP/TLS/RTP/SAVPF", "TCP/TLS/RTP/SAVPF"), Errc::unsupported_profile);
  EXPECT_EQ(error("m=audio 9", "m=audio 0"), Errc::no_audio);
  EXPECT_EQ(error("m=audio", "m=video"), Errc::no_audio);
  EXPECT_EQ(error("m=audio 9", "m=audio 99999"), Errc::malformed);
}

// Chromium with bundlePolicy max-bundle and a video m-line first: audio has no transport of its own.
TEST(WebAnswer, FindsTheTransportOfABundleOnlyLine) {
  const auto offer = replaced(web_sdp("0",
                                      "a=setup:passive\r\nm=audio 0 UDP/TLS/RTP/SAVPF 0\r\na=mid:snd\r\n"
                                      "a=bundle-only\r\na=rtcp-mux\r\n"),
                              "BUNDLE 0", "BUNDLE 0 snd");
  const auto video_first =
      replaced(replaced(offer, "m=audio 9 UDP/TLS/RTP/SAVPF 0", "m=video 9 UDP/TLS/RTP/SAVPF 96"),
               "a=rtpmap:111 opus/48000/2", "a=rtpmap:96 VP8/90000");
  OfferAnswer leg(Kind::web, 1);
  const auto media = leg.on_offer(video_first);
  ASSERT_TRUE(media) << media.error().message();
  const auto answer = leg.answer(web_local(), {pcmu}, Direction::sendrecv);
  EXPECT_TRUE(has_line(answer, "a=group:BUNDLE snd")) << answer;
  EXPECT_TRUE(has_line(answer, "m=video 0 UDP/TLS/RTP/SAVPF 96"));
  EXPECT_TRUE(has_line(answer, "m=audio 10065 UDP/TLS/RTP/SAVPF 0"));
  EXPECT_EQ(plan_of(leg).audio.mid, "snd");
  EXPECT_EQ(plan_of(leg).web->our_role, leg::DtlsRole::active);
}

TEST(WebAnswer, RefusesDataChannelsAndSecondAudioLines) {
  OfferAnswer leg(Kind::web, 1);
  ASSERT_TRUE(leg.on_offer(web_sdp("0",
                                   "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:data\r\n"
                                   "m=audio 9 UDP/TLS/RTP/SAVPF 8\r\na=mid:two\r\n")));
  const auto answer = leg.answer(web_local(), {pcmu}, Direction::sendrecv);
  EXPECT_TRUE(has_line(answer, "m=application 0 UDP/DTLS/SCTP webrtc-datachannel"));
  EXPECT_TRUE(has_line(answer, "a=mid:data"));
  EXPECT_TRUE(has_line(answer, "m=audio 0 UDP/TLS/RTP/SAVPF 8"));
  EXPECT_TRUE(has_line(answer, "a=mid:two"));
}

TEST(WebAnswer, NegotiatesOnlyUsableMidExtensions) {
  const auto answered = [](const std::string& extmap) {
    OfferAnswer leg(Kind::web, 1);
    EXPECT_TRUE(leg.on_offer(web_sdp("0", extmap + "\r\n")));
    return line_with(leg.answer(web_local(), {pcmu}, Direction::sendrecv), "a=extmap");
  };
  const std::string uri = " urn:ietf:params:rtp-hdrext:sdes:mid";
  EXPECT_EQ(answered("a=extmap:14/sendrecv" + uri), "a=extmap:14" + uri);
  for (const auto* id : {"0", "15", "256", "x", "3/recvonly", "3/sendonly"})
    EXPECT_EQ(answered("a=extmap:" + (id + uri)), "");
}

TEST(WebAnswer, WithoutACommonCodecRefusesTheAudioLineToo) {
  OfferAnswer leg(Kind::web, 1);
  ASSERT_TRUE(leg.on_offer(web_sdp("0")));
  const auto answer = leg.answer(web_local(), {g722, event8}, Direction::sendrecv);
  EXPECT_TRUE(has_line(answer, "m=audio 0 UDP/TLS/RTP/SAVPF 0")) << answer;
  EXPECT_EQ(line_with(answer, "a=group"), "");
  EXPECT_TRUE(plan_of(leg).audio.payloads.empty());
}

TEST(WebAnswer, IsLinearInHostileOffers) {
  const auto offer = recorded("chromium-audio.sdp");
  const auto line_end = offer.find("\r\n", offer.find("m=audio"));
  for (const std::string piece :
       {"a=rtpmap:0 PCMU/8000\r\n", "a=fmtp:111 x=1\r\n", "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n",
        "a=fingerprint:sha-256 00:11\r\n", "a=extmap:1 urn:x\r\n", "a=group:BUNDLE 0\r\n",
        "a=ssrc:1 cname:x\r\n", "a=mid:0\r\n", "a=x\r\n", "b=AS:1\r\n", "\n"}) {
    auto hostile = offer;
    std::string more;
    while (offer.size() + more.size() + piece.size() < max_description_bytes) more += piece;
    hostile.insert(line_end + 2, more);
    OfferAnswer leg(Kind::web, 1);
    const auto start = w2s::test::cpu_time();
    if (leg.on_offer(hostile)) (void)leg.answer(web_local(), {opus, pcmu}, Direction::sendrecv);
    EXPECT_LT(w2s::test::cpu_time() - start, std::chrono::milliseconds(100)) << piece;
  }
  auto formats = offer;
  std::string more;
  while (offer.size() + more.size() + 2 < max_description_bytes) more += " 0";
  formats.insert(line_end, more);
  OfferAnswer leg(Kind::web, 1);
  const auto start = w2s::test::cpu_time();
  (void)leg.on_offer(formats);
  EXPECT_LT(w2s::test::cpu_time() - start, std::chrono::milliseconds(100)) << "formats";
}

TEST(KindOf, LooksAtTheFirstAcceptableAudioLine) {
  EXPECT_EQ(*OfferAnswer::kind_of(recorded("firefox-audio-video.sdp")), Kind::web);
  EXPECT_EQ(*OfferAnswer::kind_of(phone_sdp()), Kind::phone);
  EXPECT_EQ(*OfferAnswer::kind_of(phone_sdp("m=audio 4000 RTP/SAVP 0\r\na=crypto:1 X inline:y\r\n"
                                            "m=audio 4002 RTP/AVPF 0\r\n")),
            Kind::phone);
  EXPECT_EQ(OfferAnswer::kind_of(phone_sdp("m=audio 4000 RTP/SAVP 0\r\n")).error(),
            Errc::unsupported_profile);
  EXPECT_EQ(OfferAnswer::kind_of(phone_sdp("m=audio 0 RTP/AVP 0\r\n")).error(), Errc::no_audio);
  EXPECT_EQ(OfferAnswer::kind_of(phone_sdp("m=image 4000 udptl t38\r\n")).error(), Errc::no_audio);
  EXPECT_EQ(OfferAnswer::kind_of("nonsense").error(), Errc::malformed);
}

}  // namespace
}  // namespace w2s::sdp::test
