#include "w2s/sip/reliable_provisional.hpp"

#include <gtest/gtest.h>

namespace w2s::sip {
namespace {

Message ringing(const std::string& body = {}) {
  auto response = Message::response(183, "Session Progress");
  response.append(HeaderId::cseq, "7 INVITE");
  if (!body.empty()) response.set_body(body, "application/sdp");
  return response;
}
RAck rack_of(const Message& response) { return {*reliable_number(response), *response.cseq()}; }

TEST(RAckHeader, IsThreeFields) {
  EXPECT_EQ(*parse_rack(" 776656  1 INVITE "), (RAck{776656, {1, "INVITE"}}));
  EXPECT_EQ((RAck{776656, {1, "INVITE"}}).to_string(), "776656 1 INVITE");
  for (const auto* wrong : {"", "1", "1 INVITE", "0 1 INVITE", "x 1 INVITE", "4294967296 1 INVITE", "1 1 IN VITE"}) {
    EXPECT_FALSE(parse_rack(wrong)) << wrong;
  }
}

TEST(ReliableNumber, IsOfProvisionalResponsesThatRequire100rel) {
  auto response = ringing();
  response.append(HeaderId::rseq, "5");
  EXPECT_FALSE(reliable_number(response));
  response.append(HeaderId::require, "100rel");
  EXPECT_EQ(reliable_number(response), 5U);
  response.set_status(200, "OK");
  EXPECT_FALSE(reliable_number(response));
}

TEST(ReliableResponses, OneIsRepeatedFromT1OnUntilItsPrack) {
  SeededRng rng(1);
  ReliableResponses responses;
  const auto first = responses.send(Time{}, ringing("v=0"), rng);
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->has_option(HeaderId::require, "100rel"));
  EXPECT_TRUE(responses.description_unacknowledged());
  EXPECT_FALSE(responses.on_time(Time{} + 499ms));
  EXPECT_EQ(responses.on_time(Time{} + 500ms), first);
  EXPECT_EQ(responses.next_time(), Time{} + 1500ms);
  EXPECT_EQ(responses.on_time(Time{} + 1500ms), first);
  EXPECT_EQ(responses.next_time(), Time{} + 3500ms);
  EXPECT_FALSE(responses.acknowledge(Time{}, {rack_of(*first).rseq, {8, "INVITE"}}).known);
  EXPECT_TRUE(responses.acknowledge(Time{}, rack_of(*first)).known);
  EXPECT_FALSE(responses.next_time());
  EXPECT_FALSE(responses.description_unacknowledged());
  EXPECT_FALSE(responses.acknowledge(Time{}, rack_of(*first)).known) << "twice";
}

TEST(ReliableResponses, TheNextWaitsForThePrackOfTheOneBefore) {
  SeededRng rng(1);
  ReliableResponses responses;
  const auto first = *responses.send(Time{}, ringing(), rng);
  EXPECT_FALSE(responses.send(Time{}, ringing("v=0"), rng));
  EXPECT_TRUE(responses.description_unacknowledged());
  const auto acknowledged = responses.acknowledge(Time{} + 1s, rack_of(first));
  ASSERT_TRUE(acknowledged.next);
  EXPECT_EQ(*reliable_number(*acknowledged.next), *reliable_number(first) + 1);
  EXPECT_EQ(responses.next_time(), Time{} + 1500ms);
}

TEST(ReliableResponses, Without64T1OfPracksTheyHaveExpired) {
  SeededRng rng(1);
  ReliableResponses responses;
  (void)responses.send(Time{}, ringing(), rng);
  int repeats = 0;
  Time now{};
  while (!responses.expired(now)) {
    now = *responses.next_time();
    if (responses.on_time(now)) ++repeats;
  }
  EXPECT_EQ(now, Time{} + 32s);
  EXPECT_EQ(repeats, 6);
}

TEST(ReliableResponses, AfterAFinalNothingIsRepeatedButALatePrackIsKnown) {
  SeededRng rng(1);
  ReliableResponses responses;
  const auto first = *responses.send(Time{}, ringing(), rng);
  responses.stop();
  EXPECT_FALSE(responses.next_time());
  EXPECT_TRUE(responses.acknowledge(Time{} + 1s, rack_of(first)).known);
}

TEST(ReliableOrder, TakesEachNumberOnceAndInOrder) {
  ReliableOrder order;
  EXPECT_TRUE(order.take(100));
  EXPECT_FALSE(order.take(100));
  EXPECT_FALSE(order.take(102));
  EXPECT_TRUE(order.take(101));
}

}  // namespace
}  // namespace w2s::sip
