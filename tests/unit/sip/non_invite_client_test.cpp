#include "sip/non_invite_client.hpp"

#include "transaction_script.hpp"

namespace w2s::sip {
namespace {

using namespace script;

constexpr ClientTransactionId id{1};

struct NonInviteClientTest : testing::Test {
  TransactionTimers timers;
  Message options = request("OPTIONS");
  NonInviteClient udp{id, options, udp_peer(), timers};
  NonInviteClient ws{id, options, web_socket(), timers};

  Lines answer(NonInviteClient& client, Duration when, int status) {
    return lines(client.on_response(at(when), make_response(options, status, "b1"), udp_peer()));
  }
};

TEST_F(NonInviteClientTest, TimerEDoublesUpToT2UntilTimerF) {
  EXPECT_EQ(lines(udp.start(at(0s))), Lines{"send OPTIONS"});
  EXPECT_EQ(run(udp),
            (Lines{"500 send OPTIONS", "1500 send OPTIONS", "3500 send OPTIONS", "7500 send OPTIONS",
                   "11500 send OPTIONS", "15500 send OPTIONS", "19500 send OPTIONS", "23500 send OPTIONS",
                   "27500 send OPTIONS", "31500 send OPTIONS", "32000 failed timeout", "32000 ended"}));
}

TEST_F(NonInviteClientTest, OverReliableTransportsOnlyTimerFRuns) {
  (void)ws.start(at(0s));
  EXPECT_EQ(run(ws), (Lines{"32000 failed timeout", "32000 ended"}));
}

TEST_F(NonInviteClientTest, AfterAProvisionalResponseTimerEIsT2) {
  (void)udp.start(at(0s));
  EXPECT_EQ(answer(udp, 100ms, 100), Lines{"response 100"});
  EXPECT_EQ(run(udp, 14s),
            (Lines{"500 send OPTIONS", "4500 send OPTIONS", "8500 send OPTIONS", "12500 send OPTIONS"}));
  EXPECT_EQ(answer(udp, 14s, 200), (Lines{"response 200", "ended"}));
  EXPECT_EQ(run(udp), Lines{});
}

TEST_F(NonInviteClientTest, TheFinalResponseIsDeliveredOnceAndTimerKAbsorbs) {
  (void)udp.start(at(0s));
  EXPECT_EQ(answer(udp, 1s, 404), (Lines{"response 404", "ended"}));
  EXPECT_EQ(udp.next_time(), at(6s));
  EXPECT_EQ(answer(udp, 2s, 404), Lines{});
  EXPECT_EQ(lines(udp.on_transport_error()), Lines{});
  EXPECT_FALSE(udp.finished());
  EXPECT_EQ(run(udp), Lines{});
  EXPECT_TRUE(udp.finished());
}

TEST_F(NonInviteClientTest, TheFinalResponseFreesTheRequest) {
  options.set_body(std::string(10000, 'x'), "text/plain");
  NonInviteClient client(id, options, udp_peer(), timers);
  (void)client.start(at(0s));
  EXPECT_GT(client.octets(), 10000U);
  (void)answer(client, 1s, 200);
  EXPECT_LT(client.octets(), 100U);
}

TEST_F(NonInviteClientTest, OverReliableTransportsTimerKIsZero) {
  (void)ws.start(at(0s));
  EXPECT_EQ(answer(ws, 1s, 200), (Lines{"response 200", "ended"}));
  EXPECT_EQ(ws.next_time(), std::nullopt);
}

TEST_F(NonInviteClientTest, TransportErrorsFailIt) {
  (void)ws.start(at(0s));
  (void)answer(ws, 1s, 100);
  EXPECT_EQ(lines(ws.on_transport_error()), (Lines{"failed transport", "ended"}));
}

}  // namespace
}  // namespace w2s::sip
