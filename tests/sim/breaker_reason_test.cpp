// Why a call ended is told on the other leg (RFC 3326, RFC 3398).
#include "breaker/end_cause.hpp"
#include "two_legs.hpp"

namespace w2s::test {
namespace {

using sip::HeaderId;
using testing::HasSubstr;

std::vector<std::string> reasons(const sip::Message& message) {
  std::vector<std::string> values;
  for (const auto value : message.values(HeaderId::reason)) values.emplace_back(value);
  return values;
}

class Reasons : public testing::TestWithParam<Caller> {};

TEST_P(Reasons, OfAByeCross) {
  const std::string given = "Q.850;cause=31;text=\"Normal, unspecified\"";
  TwoLegs call;
  call.connect(GetParam());
  call.a.send("BYE", "Reason: " + given + "\r\n");
  EXPECT_THAT(reasons(call.world.take_request("BYE").message), testing::ElementsAre(given));
  TwoLegs back;
  back.connect(GetParam());
  back.b.send("BYE", "Reason: " + given + "\r\n");
  EXPECT_THAT(reasons(back.world.take_request("BYE").message), testing::ElementsAre(given));
}

TEST_P(Reasons, AreNotInventedForAPlainBye) {
  TwoLegs call;
  call.connect(GetParam());
  call.a.send("BYE");
  EXPECT_THAT(reasons(call.world.take_request("BYE").message), testing::IsEmpty());
}

TEST_P(Reasons, OfACancelCross) {
  const std::string given = "SIP;cause=200;text=\"Call completed elsewhere\"";
  TwoLegs call;
  call.start(GetParam());
  call.b.respond(call.invite, 180);
  call.a.send("CANCEL", "Reason: " + given + "\r\n");
  EXPECT_THAT(reasons(call.world.take_request("CANCEL").message), testing::ElementsAre(given));
}

TEST_P(Reasons, OfARefusalCross) {
  TwoLegs call;
  call.start(GetParam());
  call.b.respond(call.invite, 480, "Reason: Q.850;cause=19\r\n");  // RFC 6432
  EXPECT_THAT(reasons(call.world.take_response(480, "INVITE").message), testing::ElementsAre("Q.850;cause=19"));
}

TEST_P(Reasons, OfAMediaFailureNameItInBothWords) {
  const std::pair<leg::Failure, const char*> failures[] = {{leg::Failure::media_timeout, "SIP;cause=408;text=\"no RTP from the phone\""},
                                                           {leg::Failure::dtls_failed, "SIP;cause=488;text=\"DTLS handshake failed\""}};
  for (const auto& [failure, sip] : failures) {
    TwoLegs call;
    call.connect(GetParam());
    const leg::LegFailed failed{call.world.opened[0].media, leg::Side::a, failure, ""};
    call.world.act([&](auto& core) { core.on_media_event(call.world.now, failed); });
    for (int leg = 0; leg < 2; ++leg) {
      const auto values = reasons(call.world.take_request("BYE").message);
      ASSERT_FALSE(values.empty());
      EXPECT_EQ(values[0], sip);
      EXPECT_EQ(values.size(), failure == leg::Failure::media_timeout ? 2U : 1U);
      if (values.size() == 2) {
        EXPECT_EQ(values[1], "Q.850;cause=102");
      }
    }
  }
}

TEST_P(Reasons, OfALegThatForgotTheCallAreToldToTheOther) {
  TwoLegs call;
  call.connect(GetParam());
  auto held = GetParam() == Caller::browser ? web_sdp() : plain_sdp();
  if (const auto at = held.find("a=sendrecv"); at != std::string::npos) held.replace(at, 10, "a=sendonly");
  else held += "a=sendonly\r\n";
  held.replace(held.find(" 2 IN") != std::string::npos ? held.find(" 2 IN") : held.find(" 1 IN"), 5, " 9 IN");
  call.a.send("INVITE", {}, held, "application/sdp");
  call.b.respond(call.world.take_request("INVITE").message, 481);
  call.world.take_response(481, "INVITE");
  bool told = false;
  while (!told) {
    const auto bye = call.world.take_request("BYE").message;
    if (bye.is_response()) break;
    if (bye.call_id() == "leg-a") told = reasons(bye).size() == 2 && reasons(bye)[0] == "SIP;cause=481;text=\"the other leg is gone\"" &&
                                         reasons(bye)[1] == "Q.850;cause=41";
  }
  EXPECT_TRUE(told);
}

TEST_P(Reasons, OfAMissingAck) {
  TwoLegs call;
  call.start(GetParam());
  call.b.respond(call.invite, 200, {}, GetParam() == Caller::browser ? plain_sdp() : web_answer());
  call.world.take_request("ACK");
  call.world.advance(33s);
  EXPECT_THAT(reasons(call.world.take_request("BYE").message),
              testing::ElementsAre("SIP;cause=408;text=\"no ACK\"", "Q.850;cause=102"));
}

INSTANTIATE_TEST_SUITE_P(, Reasons, testing::Values(Caller::browser, Caller::phone), caller_name);

TEST(ReasonOf, AForkThatLostIsToldThatTheCallWasCompletedElsewhere) {
  TwoLegs call;
  call.connect(Caller::browser);
  call.world.receive(reply(call.invite, 200, "second-fork", "<sip:carol@198.51.100.21>", plain_sdp()), call.world.server());
  call.world.take_request("ACK");
  EXPECT_THAT(reasons(call.world.take_request("BYE").message),
              testing::ElementsAre("SIP;cause=200;text=\"Call completed elsewhere\"", "Q.850;cause=26"));
}

TEST(ReasonOf, AStopOfTheGatewayIsNormalClearing) {
  TwoLegs call;
  call.connect(Caller::browser);
  call.world.act([&](auto& core) { core.end_all_calls(call.world.now, "the gateway stops"); });
  EXPECT_THAT(reasons(call.world.take_request("BYE").message), testing::ElementsAre("Q.850;cause=16;text=\"the gateway stops\""));
}

// RFC 3398 section 8.2.6.1.
TEST(ReasonOf, FollowTheTableOfRfc3398) {
  const std::pair<int, int> some[] = {{404, 1}, {486, 17}, {603, 21}, {480, 18}, {408, 102}, {503, 41}, {484, 28}, {410, 22}, {502, 38}, {600, 17}};
  for (const auto& [status, cause] : some) EXPECT_EQ(breaker::q850_cause(status), cause) << status;
  for (const int status : {180, 487, 488, 606, 699}) EXPECT_EQ(breaker::q850_cause(status), std::nullopt) << status;
}

}  // namespace
}  // namespace w2s::test
