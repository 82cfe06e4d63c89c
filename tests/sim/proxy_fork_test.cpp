// One AoR, several browsers: what the proxy forks itself (RFC 3261 16.5, 16.7).
#include "proxy_world.hpp"

namespace w2s::test {
namespace {

// A registrar that keeps no URI parameters it does not know: alice, in several tabs, is called by her AoR.
class TwoTabs : public testing::Test {
 protected:
  void SetUp() override {
    for (std::uint16_t tab = 0; tab < 2; ++tab) {
      flows.push_back(world.open_flow(static_cast<std::uint16_t>(55210 + tab)));
      world.receive(register_request(1 + tab), flows.back());
      const auto forwarded = world.take_request("REGISTER");
      world.receive(reply(forwarded.message, 200, "srv", "<sip:alice@203.0.113.1:5060>;expires=600"),
                    world.server());
      const auto ok = world.take_response(200, "REGISTER");
      EXPECT_EQ(uri_of(contact_in(ok.message)).host, "df7jal23ls0d.invalid");
    }
  }
  std::vector<Sent> call(const std::string& method = "INVITE") {
    world.receive(FromNetwork{}.text(method, "sip:alice@198.51.100.7", "f1"), world.server());
    std::vector<Sent> copies;
    for (std::size_t i = 0; i < flows.size(); ++i) copies.push_back(world.take_request(method));
    return copies;
  }
  void answer(const Sent& copy, int status) {
    const auto& flow = world.flows.at(copy.target.flow);
    world.receive(reply(copy.message, status, "t" + std::to_string(flow.remote.port),
                        "<sips:alice@df7jal23ls0d.invalid>"),
                  flow);
  }
  SipWorld world;
  std::vector<sip::Target> flows;
};

TEST_F(TwoTabs, BothRingAndTheFirstAnswerWins) {
  const auto copies = call();
  EXPECT_NE(copies[0].target.flow, copies[1].target.flow);
  EXPECT_NE(copies[0].message.top_via()->branch(), copies[1].message.top_via()->branch());
  for (const auto& copy : copies) {
    answer(copy, 180);
    world.take_response(180, "INVITE");
  }
  answer(copies[1], 200);
  EXPECT_EQ(world.take_response(200, "INVITE").message.to()->tag(), "t55211");
  const auto cancel = world.take_request("CANCEL");
  EXPECT_EQ(cancel.target.flow, copies[0].target.flow);
  EXPECT_EQ(cancel.message.get(HeaderId::reason), "SIP;cause=200;text=\"Call completed elsewhere\"");
  world.receive(reply(cancel.message, 200, "x"), flows[0]);
  answer(copies[0], 487);
  EXPECT_TRUE(world.take_request("ACK").message.is("ACK"));
  EXPECT_TRUE(world.nothing_but_trying());  // the caller hears nothing of it
  world.advance(60s);
  EXPECT_EQ(world.core.transactions(), 0U);
}

TEST_F(TwoTabs, BothAnswersReachTheCallerWhenTheyCross) {
  const auto copies = call();
  answer(copies[0], 200);
  answer(copies[1], 200);
  EXPECT_EQ(world.take_response(200, "INVITE").message.to()->tag(), "t55210");
  EXPECT_EQ(world.take_response(200, "INVITE").message.to()->tag(), "t55211");
}

TEST_F(TwoTabs, TheBestFailureIsAnswered) {
  const auto copies = call();
  answer(copies[0], 486);
  world.take_request("ACK");
  EXPECT_TRUE(world.nothing_but_trying());
  answer(copies[1], 480);
  world.take_response(486, "INVITE");
}

TEST_F(TwoTabs, ADeclineEndsTheOtherRinging) {
  const auto copies = call();
  answer(copies[1], 180);
  answer(copies[0], 603);
  const auto cancel = world.take_request("CANCEL");
  EXPECT_EQ(cancel.target.flow, copies[1].target.flow);
  world.receive(reply(cancel.message, 200, "x"), flows[1]);
  answer(copies[1], 487);
  world.take_response(603, "INVITE");
}

TEST_F(TwoTabs, TheCallersCancelReachesBoth) {
  const auto copies = call();
  for (const auto& copy : copies) answer(copy, 180);
  FromNetwork caller;
  caller.extra = "Reason: SIP;cause=487\r\n";
  world.receive(caller.text("CANCEL", "sip:alice@198.51.100.7", "f1"), world.server());
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(world.take_request("CANCEL").message.get(HeaderId::reason), "SIP;cause=487");
  for (const auto& copy : copies) answer(copy, 487);
  world.take_response(487, "INVITE");
}

TEST_F(TwoTabs, AMessageReachesBothAndIsAnsweredOnce) {
  const auto copies = call("MESSAGE");
  answer(copies[0], 200);
  world.take_response(200, "MESSAGE");
  answer(copies[1], 200);
  EXPECT_TRUE(world.sent.empty());
}

TEST_F(TwoTabs, OneWhoseSocketIsGoneIsLeftOut) {
  world.close_flow(flows[0]);
  world.receive(FromNetwork{}.text("INVITE", "sip:alice@198.51.100.7", "f1"), world.server());
  EXPECT_EQ(world.take_request("INVITE").target.flow, flows[1].flow);
  EXPECT_TRUE(world.nothing_but_trying());
  world.close_flow(flows[1]);
  world.receive(FromNetwork{"net-2"}.text("MESSAGE", "sip:alice@198.51.100.7", "f2"), world.server());
  world.take_response(480, "MESSAGE");
}

TEST_F(TwoTabs, ATabThatDiesWhileItRingsCountsAsNotThere) {
  const auto copies = call();
  world.close_flow(flows[0]);
  EXPECT_TRUE(world.nothing_but_trying());
  answer(copies[1], 486);
  world.take_response(486, "INVITE");
}

TEST_F(TwoTabs, AStrangerCannotCallByAor) {
  world.receive(FromNetwork{}.text("INVITE", "sip:alice@198.51.100.7", "f1"), world.server("198.51.100.66"));
  world.take_response(404, "INVITE");
}

TEST_F(TwoTabs, EachForkIsADialogOfItsOwn) {
  const auto copies = call();
  for (const auto& copy : copies) answer(copy, 200);
  for (const auto& copy : copies) {
    const auto ok = world.take_response(200, "INVITE");
    FromNetwork caller{"net-1", "<sip:bob@198.51.100.7>;tag=bob",
                       "<sip:alice@198.51.100.7>;tag=" + ok.message.to()->tag(), routes_of(ok.message), 2};
    world.receive(
        caller.text("BYE", uri_of(contact_in(ok.message)).to_string(), "b" + ok.message.to()->tag()),
        world.server());
    EXPECT_EQ(world.take_request("BYE").target.flow, copy.target.flow);
  }
}

}  // namespace
}  // namespace w2s::test
