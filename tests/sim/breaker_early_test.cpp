// Before the answer: reliable provisional responses on both legs (RFC 3262), early UPDATE, offerless INVITEs.
#include "breaker_world.hpp"
#include "w2s/sip/reliable_provisional.hpp"

namespace w2s::test {
namespace {

breaker::Options with_100rel() {
  breaker::Options options;
  options.reliable_provisionals = true;
  return options;
}

sip::Message reliable(const sip::Message& invite, int status, const std::string& tag, std::uint32_t rseq, const std::string& sdp = {},
                      const std::string& contact = "<sip:bob@198.51.100.20:5070>") {
  auto response = reply(invite, status, tag, contact, sdp);
  response.append(HeaderId::require, "100rel");
  response.append(HeaderId::rseq, std::to_string(rseq));
  response.append(HeaderId::allow, "INVITE, ACK, BYE, PRACK, UPDATE");
  return response;
}

class Reliable : public CallFromBrowser {
 protected:
  Reliable() : CallFromBrowser(with_100rel()) {}
  // A browser that supports 100rel, as SIP.js does when told to.
  void start_supporting(const std::string& extra = "Supported: 100rel\r\n") {
    start(browser_offer(), "Allow: INVITE, ACK, BYE, PRACK, UPDATE\r\n" + extra);
    invite = world.take_request("INVITE");
  }
  std::string prack(const Sent& response, int cseq, const std::string& body = {}) {
    return from_browser("PRACK", cseq, "p" + std::to_string(cseq), response.message.to()->tag(), body, "application/sdp",
                        "RAck: " + std::string(*response.message.get(HeaderId::rseq)) + " " + response.message.cseq()->to_string() + "\r\n");
  }
};

TEST_F(Reliable, ThePhoneIsToldThat100relIsSupportedAndGetsItsPrack) {
  start();
  invite = world.take_request("INVITE");
  EXPECT_TRUE(invite.message.has_option(HeaderId::supported, "100rel"));
  world.receive(reliable(invite.message, 183, "phone", 5, phone_sdp()), world.server());
  const auto prack = world.take_request("PRACK");
  EXPECT_EQ(prack.message.get(HeaderId::rack), "5 1 INVITE");
  EXPECT_EQ(prack.message.request_uri(), "sip:bob@198.51.100.20:5070");
  EXPECT_EQ(prack.message.to()->tag(), "phone");
  EXPECT_EQ(prack.message.cseq()->number, 2U);
  const auto early = world.take_response(183, "INVITE");
  EXPECT_FALSE(early.message.body().empty());
  EXPECT_FALSE(early.message.get(HeaderId::rseq)) << "the browser does not support 100rel";
  world.receive(reply(prack.message, 200, ""), phone_source);

  world.receive(reliable(invite.message, 183, "phone", 5, phone_sdp()), world.server());  // repeated
  world.receive(reliable(invite.message, 180, "phone", 7), world.server());               // 6 is missing
  EXPECT_TRUE(world.sent.empty());
  world.receive(reliable(invite.message, 180, "phone", 6), world.server());
  EXPECT_EQ(world.take_request("PRACK").message.get(HeaderId::rack), "6 1 INVITE");
  world.take_response(180, "INVITE");

  world.receive(reply(invite.message, 200, "phone", phone), world.server());  // the answer came in the 183
  EXPECT_EQ(world.take_request("ACK").message.cseq()->number, 1U);
  EXPECT_EQ(world.take_response(200, "INVITE").message.body(), early.message.body());
  world.receive(from_browser("BYE", 2, "b1", early.message.to()->tag()), flow);
  world.receive(from_browser("ACK", 1, "k1", early.message.to()->tag()), flow);
  EXPECT_EQ(world.take_request("BYE").message.cseq()->number, 4U) << "two PRACKs took 2 and 3";
}

TEST_F(Reliable, EachForkHasItsOwnOrderAndRoute) {
  start();
  invite = world.take_request("INVITE");
  world.receive(reliable(invite.message, 183, "one", 9), world.server());
  world.receive(reliable(invite.message, 183, "two", 3, {}, "<sip:bob@198.51.100.21>"), world.server());
  EXPECT_EQ(world.take_request("PRACK").message.to()->tag(), "one");
  const auto second = world.take_request("PRACK");
  EXPECT_EQ(second.message.request_uri(), "sip:bob@198.51.100.21");
  EXPECT_EQ(second.target.remote.to_string(), "198.51.100.21:5060");
}

TEST_F(CallFromBrowser, AReliableResponseIsAcknowledgedEvenWhenNobodyAskedForIt) {
  start();
  invite = world.take_request("INVITE");
  EXPECT_FALSE(invite.message.has_option(HeaderId::supported, "100rel"));
  world.receive(reliable(invite.message, 180, "phone", 1), world.server());
  world.take_request("PRACK");
}

TEST_F(Reliable, APrackIsChallengedAndAnswered) {
  start();
  invite = world.take_request("INVITE");
  world.receive(reliable(invite.message, 183, "phone", 5), world.server());
  const auto first = world.take_request("PRACK");
  auto refused = reply(first.message, 407, "");
  refused.append(HeaderId::proxy_authenticate, challenge("asterisk"));
  world.receive(refused, phone_source);
  const auto second = world.take_request("PRACK");
  EXPECT_THAT(std::string(*second.message.get(HeaderId::proxy_authorization)), HasSubstr("username=\"alice\""));
  EXPECT_EQ(second.message.cseq()->number, first.message.cseq()->number + 1);
  EXPECT_EQ(second.message.get(HeaderId::rack), first.message.get(HeaderId::rack));
}

TEST_F(Reliable, ACallerThatSupportsItGetsEarlyMediaReliably) {
  start_supporting();
  world.receive(reply(invite.message, 180, "phone", phone), world.server());
  EXPECT_FALSE(world.take_response(180, "INVITE").message.get(HeaderId::rseq));
  world.receive(reply(invite.message, 183, "phone", phone, phone_sdp()), world.server());
  const auto early = world.take_response(183, "INVITE");
  EXPECT_TRUE(early.message.has_option(HeaderId::require, "100rel"));
  world.advance(1600ms);
  EXPECT_EQ(world.take_response(183, "INVITE").message.get(HeaderId::rseq), early.message.get(HeaderId::rseq));
  world.take_response(183, "INVITE");

  // RFC 3262 3: no 2xx before the description is acknowledged.
  world.receive(reply(invite.message, 200, "phone", phone, phone_sdp()), world.server());
  world.take_request("ACK");
  EXPECT_TRUE(world.nothing_but_trying());
  world.receive(prack(early, 2), flow);
  world.take_response(200, "PRACK");
  EXPECT_EQ(world.take_response(200, "INVITE").message.body(), early.message.body());
  world.advance(30s);
  for (const auto& sent : world.sent) EXPECT_NE(sent.message.status(), 183);
}

TEST_F(Reliable, APrackOfNothingIs481) {
  start_supporting();
  world.receive(reply(invite.message, 183, "phone", phone, phone_sdp()), world.server());
  auto early = world.take_response(183, "INVITE");
  world.receive(prack(early, 2), flow);
  world.take_response(200, "PRACK");
  world.receive(prack(early, 3), flow);
  world.take_response(481, "PRACK");
  world.receive(from_browser("PRACK", 4, "p4", early.message.to()->tag()), flow);
  world.take_response(400, "PRACK");
}

TEST_F(Reliable, WithoutPrackTheCallEndsWith504) {
  start_supporting();
  world.receive(reply(invite.message, 183, "phone", phone, phone_sdp()), world.server());
  world.advance(33s);
  world.take_response(504, "INVITE");
  world.take_request("CANCEL");
  EXPECT_EQ(world.core.calls(), 0U);
}

TEST_F(Reliable, APhoneThatAnsweredIsHungUpWhenThePrackNeverComes) {
  start_supporting();
  world.receive(reply(invite.message, 183, "phone", phone, phone_sdp()), world.server());
  world.receive(reply(invite.message, 200, "phone", phone, phone_sdp()), world.server());
  world.advance(33s);
  world.take_response(504, "INVITE");
  world.take_request("BYE");
}

TEST_F(Reliable, ACancelWhileThe200WaitsHangsThePhoneUp) {
  start_supporting();
  world.receive(reply(invite.message, 183, "phone", phone, phone_sdp()), world.server());
  world.receive(reply(invite.message, 200, "phone", phone, phone_sdp()), world.server());
  world.receive(from_browser("CANCEL", 1, "i1", ""), flow);
  world.take_response(487, "INVITE");
  world.take_request("BYE");
}

TEST_F(Reliable, RequiredMeansEveryProvisionalResponse) {
  start_supporting("Require: 100rel\r\n");
  world.receive(reply(invite.message, 180, "phone", phone), world.server());
  const auto ringing = world.take_response(180, "INVITE");
  EXPECT_TRUE(ringing.message.has_option(HeaderId::require, "100rel"));
  world.receive(reply(invite.message, 183, "phone", phone, phone_sdp()), world.server());
  EXPECT_TRUE(world.sent.empty()) << "RFC 3262 3: one at a time";
  world.receive(prack(ringing, 2), flow);
  world.take_response(200, "PRACK");
  EXPECT_FALSE(world.take_response(183, "INVITE").message.body().empty());
}

TEST_F(Reliable, ThePrackOfRingingIsNoAnswerToAnything) {
  start_supporting("Require: 100rel\r\n");
  world.receive(reply(invite.message, 180, "phone", phone), world.server());
  world.receive(prack(world.take_response(180, "INVITE"), 2), flow);
  world.take_response(200, "PRACK");
  EXPECT_TRUE(world.nothing_but_trying());
  world.receive(reply(invite.message, 200, "phone", phone, phone_sdp()), world.server());
  world.take_request("ACK");
  EXPECT_FALSE(world.take_response(200, "INVITE").message.body().empty());
}

TEST_F(CallFromBrowser, Required100relIs420WhenItIsOff) {
  start(browser_offer(), "Require: 100rel, precondition\r\n");
  EXPECT_EQ(world.take_response(420, "INVITE").message.get(HeaderId::unsupported), "100rel, precondition");
}

TEST_F(Reliable, AnOfferInThePrackIsAnsweredInIts200AndThePhoneLearnsLater) {
  start_supporting();
  world.receive(reply(invite.message, 183, "phone", phone, phone_sdp()), world.server());
  const auto early = world.take_response(183, "INVITE");
  world.receive(prack(early, 2, offer(3, "sendonly")), flow);
  EXPECT_THAT(world.take_response(200, "PRACK").message.body(), HasSubstr("a=recvonly"));
  world.receive(reply(invite.message, 200, "phone", phone, phone_sdp()), world.server());
  world.take_request("ACK");
  const auto ok = world.take_response(200, "INVITE");
  world.receive(from_browser("ACK", 1, "k1", ok.message.to()->tag()), flow);
  EXPECT_THAT(world.take_request("INVITE").message.body(), HasSubstr("a=sendonly"));
}

TEST_F(Reliable, AnEarlyUpdateIsCarriedWhenBothLegsCan) {
  start_supporting();
  world.receive(reliable(invite.message, 183, "phone", 5, phone_sdp()), world.server());
  world.receive(reply(world.take_request("PRACK").message, 200, ""), phone_source);
  const auto early = world.take_response(183, "INVITE");
  world.receive(prack(early, 2), flow);
  world.take_response(200, "PRACK");

  world.receive(from_browser("UPDATE", 3, "u3", early.message.to()->tag(), offer(3, "sendonly")), flow);
  const auto update = world.take_request("UPDATE");
  EXPECT_THAT(update.message.body(), HasSubstr("a=sendonly"));
  world.receive(reply(update.message, 200, "", phone, phone_sdp("0 101", "recvonly", 2)), phone_source);
  EXPECT_THAT(world.take_response(200, "UPDATE").message.body(), HasSubstr("a=recvonly"));

  world.receive(from_phone("UPDATE", 1, phone_sdp("0 101", "inactive", 3)), phone_source);
  EXPECT_EQ(world.take_request("UPDATE").target.flow, flow.flow);
}

TEST_F(Reliable, AnEarlyUpdateThatCannotBeCarriedIs504AndChangesNothing) {
  start_supporting();
  world.receive(reply(invite.message, 183, "phone", phone, phone_sdp()), world.server());  // not reliable on leg b
  const auto early = world.take_response(183, "INVITE");
  const auto tag = early.message.to()->tag();
  world.receive(from_browser("UPDATE", 2, "u2", tag, offer(3, "sendonly")), flow);
  world.take_response(504, "UPDATE");
  world.receive(from_browser("UPDATE", 3, "u3", tag, offer(4)), flow);
  EXPECT_THAT(world.take_response(200, "UPDATE").message.body(), HasSubstr("a=sendrecv"));
  world.receive(from_phone("UPDATE", 1, phone_sdp("0 101", "sendonly", 2)), phone_source);
  world.take_response(491, "UPDATE");
}

TEST_F(CallFromBrowser, AnEarlyUpdateBeforeAnyAnswerMayComeAgain) {
  start();
  invite = world.take_request("INVITE");
  world.receive(reply(invite.message, 180, "phone", phone), world.server());
  const auto tag = world.take_response(180, "INVITE").message.to()->tag();
  world.receive(from_browser("UPDATE", 2, "u2", tag, offer(3)), flow);
  EXPECT_TRUE(world.take_response(500, "UPDATE").message.get(HeaderId::retry_after));
}

TEST_F(CallFromBrowser, TheEndOfTheLastForkIsToldToACallerThatKnows199) {
  start(browser_offer(), "Supported: 199\r\n");
  invite = world.take_request("INVITE");
  EXPECT_TRUE(invite.message.has_option(HeaderId::supported, "199"));
  world.receive(reply(invite.message, 180, "one", phone), world.server());
  world.receive(reply(invite.message, 180, "two", phone), world.server());
  world.take_response(180, "INVITE");
  world.take_response(180, "INVITE");
  world.receive(reply(invite.message, 199, "one"), world.server());
  EXPECT_TRUE(world.sent.empty()) << "the other still rings";
  world.receive(reply(invite.message, 199, "two"), world.server());
  world.take_response(199, "INVITE");
}

// RFC 3261 13.3.1.1: else timer C of a proxy ends the call.
TEST_F(CallFromBrowser, A18xIsRepeatedEveryMinuteUntilTheAnswer) {
  start();
  invite = world.take_request("INVITE");
  world.receive(reply(invite.message, 180, "phone", phone), world.server());
  const auto first = world.take_response(180, "INVITE");
  world.advance(59s);
  EXPECT_TRUE(world.sent.empty());
  world.advance(1s);
  EXPECT_EQ(world.take_response(180, "INVITE").message, first.message);
  world.advance(30s);
  world.receive(reply(invite.message, 183, "phone", phone, phone_sdp()), world.server());
  const auto second = world.take_response(183, "INVITE");
  world.advance(59s);
  EXPECT_TRUE(world.sent.empty()) << "a new one counts as the repetition";
  world.advance(1s);
  EXPECT_EQ(world.take_response(183, "INVITE").message, second.message);
  world.receive(reply(invite.message, 200, "phone", phone, phone_sdp()), world.server());
  world.receive(from_browser("ACK", 1, "k1", world.take_response(200, "INVITE").message.to()->tag()), flow);
  world.sent.clear();
  world.advance(50s);
  EXPECT_TRUE(world.sent.empty());
}

// RFC 3262 3: reliably, it is repeated every two and a half minutes, as a new response.
TEST_F(Reliable, AReliable18xIsSaidAnewEvery150s) {
  start_supporting();
  world.receive(reply(invite.message, 183, "phone", phone, phone_sdp()), world.server());
  const auto first = world.take_response(183, "INVITE");
  world.receive(prack(first, 2), flow);
  world.take_response(200, "PRACK");
  world.advance(149s);
  EXPECT_TRUE(world.sent.empty());
  world.advance(1s);
  const auto second = world.take_response(183, "INVITE");
  EXPECT_EQ(sip::reliable_number(second.message), *sip::reliable_number(first.message) + 1);
  EXPECT_TRUE(second.message.body().empty());
  world.receive(prack(second, 3), flow);
  world.take_response(200, "PRACK");
}

TEST_F(CallFromBrowser, AnotherForkIsHeardWhenTheFirstIsGone) {
  start();
  invite = world.take_request("INVITE");
  world.receive(reply(invite.message, 183, "one", phone, phone_sdp()), world.server());
  const auto early = world.take_response(183, "INVITE");
  world.receive(reply(invite.message, 199, "one"), world.server());
  EXPECT_TRUE(world.sent.empty()) << "this caller does not know 199";
  world.receive(reply(invite.message, 183, "two", phone, replaced(phone_sdp(), "4000", "4002")), world.server());
  EXPECT_EQ(world.take_response(183, "INVITE").message.body(), early.message.body());
  EXPECT_EQ(plan(leg::Side::b).audio.rtp.port, 4002);
}

TEST_F(CallFromBrowser, A200WithAnotherAddressThanThe183IsFollowed) {
  start();
  invite = world.take_request("INVITE");
  world.receive(reply(invite.message, 183, "phone", phone, phone_sdp()), world.server());
  world.receive(reply(invite.message, 200, "phone", phone, replaced(phone_sdp(), "4000", "4002")), world.server());
  EXPECT_EQ(plan(leg::Side::b).audio.rtp.port, 4002);
}

// ---- an INVITE without an offer (RFC 3261 13.2.1) ----

class Offerless : public Reliable {
 protected:
  void begin(const std::string& extra = {}) {
    world.receive(from_browser("INVITE", 1, "i1", "", "", "", extra), flow);
    invite = world.take_request("INVITE");
  }
};

TEST_F(Offerless, ThePhoneIsOfferedEverythingAndTheCallerWhatItAccepted) {
  begin();
  for (const auto* codec : {"opus", "PCMU", "PCMA", "G722", "telephone-event"}) EXPECT_THAT(invite.message.body(), HasSubstr(codec));
  world.receive(reply(invite.message, 183, "phone", phone, phone_sdp()), world.server());
  EXPECT_TRUE(world.take_response(183, "INVITE").message.body().empty()) << "an offer cannot go in an unreliable response";
  world.receive(reply(invite.message, 200, "phone", phone, phone_sdp("8 0 101")), world.server());
  world.take_request("ACK");
  const auto ok = world.take_response(200, "INVITE");
  EXPECT_THAT(ok.message.body(), HasSubstr("a=setup:actpass"));
  EXPECT_THAT(ok.message.body(), Not(HasSubstr("opus")));
  world.receive(from_browser("ACK", 1, "k1", ok.message.to()->tag(), browser_answer("0 101")), flow);
  EXPECT_EQ(plan(leg::Side::a).audio.payloads.front().codec.name, "pcmu");
  // The phone prefers PCMA, which the browser has refused: it hears of that.
  const auto narrowed = world.take_request("INVITE");
  EXPECT_THAT(narrowed.message.body(), Not(HasSubstr("PCMA")));
  EXPECT_EQ(world.core.calls(), 1U);
}

TEST_F(Offerless, AnAckWithoutAnswerEndsTheCall) {
  begin();
  world.receive(reply(invite.message, 200, "phone", phone, phone_sdp()), world.server());
  const auto ok = world.take_response(200, "INVITE");
  world.receive(from_browser("ACK", 1, "k1", ok.message.to()->tag()), flow);
  EXPECT_THAT(std::string(*world.take_request("BYE").message.get(HeaderId::reason)), HasSubstr("no answer"));
  world.take_request("BYE");
}

TEST_F(Offerless, AnAnswerThatDoesNotFitEndsTheCall) {
  begin();
  world.receive(reply(invite.message, 200, "phone", phone, phone_sdp()), world.server());
  const auto ok = world.take_response(200, "INVITE");
  world.receive(from_browser("ACK", 1, "k1", ok.message.to()->tag(), browser_answer("101")), flow);
  world.take_request("BYE");
  world.take_request("BYE");
  EXPECT_EQ(world.core.calls(), 0U);
}

TEST_F(Offerless, AReliable18xCarriesTheOfferAndItsPrackTheAnswer) {
  begin("Require: 100rel\r\n");
  world.receive(reply(invite.message, 180, "phone", phone), world.server());
  EXPECT_TRUE(world.nothing_but_trying()) << "the first reliable response has to carry an offer, and there is none yet";
  world.receive(reply(invite.message, 183, "phone", phone, phone_sdp()), world.server());
  const auto early = world.take_response(183, "INVITE");
  EXPECT_THAT(early.message.body(), HasSubstr("a=setup:actpass"));
  world.receive(prack(early, 2, browser_answer("0 101")), flow);
  world.take_response(200, "PRACK");
  EXPECT_EQ(plan(leg::Side::a).audio.payloads.front().codec.name, "pcmu");
  world.receive(reply(invite.message, 200, "phone", phone, phone_sdp()), world.server());
  EXPECT_TRUE(world.take_response(200, "INVITE").message.body().empty()) << "it would be a new offer";
}

TEST_F(Offerless, APrackWithoutTheAnswerEndsTheCall) {
  begin("Supported: 100rel\r\n");
  world.receive(reply(invite.message, 183, "phone", phone, phone_sdp()), world.server());
  const auto early = world.take_response(183, "INVITE");
  world.receive(prack(early, 2), flow);
  world.take_response(200, "PRACK");
  world.take_response(480, "INVITE");
  world.take_request("CANCEL");
}

}  // namespace
}  // namespace w2s::test
