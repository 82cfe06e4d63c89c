#include "sdp_fixture.hpp"

// The gateway offers to browsers and takes their answers.
namespace w2s::sdp::test {
namespace {

const std::vector<Codec> everything{opus, g722, pcmu, pcma, event48, event8};

std::string chromium_answer(const std::string& formats = "111 0 110 101",
                            const std::string& more = "a=setup:active\r\n") {
  return web_sdp(formats,
                 "a=rtpmap:110 telephone-event/48000\r\na=rtpmap:101 telephone-event/8000\r\n" + more);
}

TEST(WebOffer, IsCompleteToTheLetter) {
  OfferAnswer leg(Kind::web, 42);
  const auto offer = leg.offer(web_local(), everything, Direction::sendrecv);
  EXPECT_EQ(lines_of(offer), (Names{
                                 "v=0",
                                 "o=- 42 1 IN IP4 192.0.2.10",
                                 "s=-",
                                 "c=IN IP4 192.0.2.10",
                                 "t=0 0",
                                 "a=group:BUNDLE 0",
                                 "a=ice-lite",
                                 "m=audio 10065 UDP/TLS/RTP/SAVPF 111 9 0 8 110 101",
                                 "a=rtpmap:111 opus/48000/2",
                                 "a=rtpmap:9 G722/8000",
                                 "a=rtpmap:0 PCMU/8000",
                                 "a=rtpmap:8 PCMA/8000",
                                 "a=rtpmap:110 telephone-event/48000",
                                 "a=fmtp:110 0-16",
                                 "a=rtpmap:101 telephone-event/8000",
                                 "a=fmtp:101 0-16",
                                 "a=sendrecv",
                                 "a=candidate:1 1 udp 2130706431 192.0.2.10 10065 typ host",
                                 "a=candidate:2 1 udp 2130706175 2001:db8::10 10065 typ host",
                                 "a=end-of-candidates",
                                 "a=ice-ufrag:gwUf",
                                 "a=ice-pwd:gatewayPassword1234567",
                                 "a=fingerprint:sha-256 AA:BB",
                                 "a=setup:actpass",
                                 "a=mid:0",
                                 "a=msid:gatewayCname audio",
                                 "a=ssrc:305419896 cname:gatewayCname",
                                 "a=rtcp-mux",
                             }));
  EXPECT_TRUE(leg.offer_pending());
  EXPECT_FALSE(leg.agreed());
  EXPECT_EQ(leg.local_description(), offer);
  EXPECT_EQ(leg.offer(web_local(), everything, Direction::sendrecv), offer);
}

TEST(WebOffer, TakesTheBrowsersChoice) {
  OfferAnswer leg(Kind::web, 1);
  leg.offer(web_local(), everything, Direction::sendrecv);
  const auto media = leg.on_answer(chromium_answer("0 8 101"));
  ASSERT_TRUE(media) << media.error().message();
  EXPECT_EQ(names(media->codecs), (Names{"pcmu/8000", "pcma/8000", "telephone-event/8000"}));
  EXPECT_TRUE(leg.agreed());
  EXPECT_FALSE(leg.offer_pending());
  const auto plan = plan_of(leg);
  EXPECT_EQ(numbers(plan.audio.payloads), (Names{"pcmu 0>0", "pcma 8>8", "telephone-event 101>101"}));
  EXPECT_EQ(numbers(plan.audio.tolerated), (Names{"opus 111>111", "g722 9>9", "telephone-event 110>110"}));
  EXPECT_EQ(plan.web->ice_ufrag, "peer");
  EXPECT_EQ(plan.audio.mid, "0");
}

TEST(WebOffer, SetupOfTheAnswerDecidesTheRole) {
  const auto role = [](const std::string& setup) {
    OfferAnswer leg(Kind::web, 1);
    leg.offer(web_local(), everything, Direction::sendrecv);
    EXPECT_TRUE(leg.on_answer(web_sdp("0", setup)));
    return plan_of(leg).web->our_role;
  };
  EXPECT_EQ(role("a=setup:active\r\n"), leg::DtlsRole::passive);
  EXPECT_EQ(role("a=setup:passive\r\n"), leg::DtlsRole::active);
  EXPECT_EQ(role(""), leg::DtlsRole::passive);
}

TEST(WebOffer, AnswersMayUseOtherNumbersAndOmitRtpmaps) {
  OfferAnswer leg(Kind::web, 1);
  leg.offer(web_local(), everything, Direction::sendrecv);
  ASSERT_TRUE(leg.on_answer(web_sdp("96 110 0", "a=rtpmap:96 opus/48000/2\r\n")));
  EXPECT_EQ(numbers(plan_of(leg).audio.payloads), (Names{"opus 111>96", "telephone-event 110>110", "pcmu 0>0"}));
  // A peer that sends with its own number is understood too.
  EXPECT_EQ(numbers(plan_of(leg).audio.tolerated),
            (Names{"g722 9>9", "pcma 8>8", "telephone-event 101>101", "opus 96>96"}));
}

TEST(WebOffer, RefusesAnswersThatDoNotFit) {
  OfferAnswer leg(Kind::web, 1);
  leg.offer(web_local(), {opus, pcmu, event8}, Direction::sendrecv);
  const auto error = [&](const std::string& answer) {
    const auto result = leg.on_answer(answer);
    EXPECT_TRUE(leg.offer_pending());
    return result ? error_code() : result.error();
  };
  EXPECT_EQ(error(web_sdp("8 9")), Errc::no_common_codec);          // not offered
  EXPECT_EQ(error(chromium_answer("101")), Errc::no_common_codec);  // no audio in it
  EXPECT_EQ(error(replaced(web_sdp(), "m=audio 9", "m=audio 0")), Errc::no_audio);
  EXPECT_EQ(error(replaced(web_sdp(), "m=audio", "m=video")), Errc::answer_mismatch);
  EXPECT_EQ(error(replaced(web_sdp(), "UDP/TLS/RTP/SAVPF", "RTP/AVP")), Errc::answer_mismatch);
  EXPECT_EQ(error(web_sdp("0", "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n")), Errc::answer_mismatch);
  EXPECT_EQ(error(replaced(web_sdp(), "sha-256", "md5")), Errc::no_fingerprint);
  EXPECT_EQ(error(replaced(web_sdp(), "a=ice-pwd", "a=x-pwd")), Errc::no_ice_credentials);
  EXPECT_EQ(error("v=0"), Errc::malformed);
  EXPECT_TRUE(leg.on_answer(web_sdp("0")));
}

TEST(WebOffer, AnAnswerWithoutAnOfferIsRefused) {
  OfferAnswer leg(Kind::web, 1);
  EXPECT_EQ(leg.on_answer(web_sdp()).error(), Errc::answer_mismatch);
  ASSERT_TRUE(leg.on_offer(web_sdp()));
  EXPECT_EQ(leg.on_answer(web_sdp()).error(), Errc::answer_mismatch);
}

TEST(WebOffer, ACopyTriesAForksEarlyAnswer) {
  OfferAnswer leg(Kind::web, 1);
  leg.offer(web_local(), everything, Direction::sendrecv);
  auto fork = leg;
  ASSERT_TRUE(fork.on_answer(web_sdp("0")));
  EXPECT_TRUE(leg.offer_pending());
  ASSERT_TRUE(leg.on_answer(replaced(web_sdp("8"), "ice-ufrag:peer", "ice-ufrag:other")));
  EXPECT_EQ(numbers(plan_of(leg).audio.payloads), Names{"pcma 8>8"});
  EXPECT_EQ(numbers(plan_of(fork).audio.payloads), Names{"pcmu 0>0"});
}

TEST(WebOffer, TheSameAnswerMayComeTwice) {
  OfferAnswer leg(Kind::web, 1);
  leg.offer(web_local(), everything, Direction::sendrecv);
  ASSERT_TRUE(leg.on_answer(web_sdp("0")));
  const auto again = leg.on_answer(web_sdp("0"));
  ASSERT_TRUE(again);
  EXPECT_EQ(numbers(plan_of(leg).audio.payloads), Names{"pcmu 0>0"});
}

TEST(WebOffer, WithoutOpusHasNoEventsAt48000) {
  OfferAnswer leg(Kind::web, 1);
  EXPECT_EQ(line_with(leg.offer(web_local(), {pcma, event48, event8}, Direction::sendrecv), "m="),
            "m=audio 10065 UDP/TLS/RTP/SAVPF 8 101");
}

}  // namespace
}  // namespace w2s::sdp::test
