#include "sip/invite_server.hpp"

#include "transaction_script.hpp"

namespace w2s::sip {
namespace {

using namespace script;

constexpr ServerTransactionId id{1};

struct InviteServerTest : testing::Test {
  TransactionTimers timers;
  Message invite = request("INVITE");
  InviteServer udp{id, invite, udp_peer(), udp_peer(), timers};
  InviteServer ws{id, invite, web_socket(), web_socket(), timers};

  Lines answer(InviteServer& server, Duration when, int status) {
    return lines(server.respond(at(when), make_response(invite, status, "b1")));
  }
  Lines ack(InviteServer& server, Duration when) {
    return lines(server.on_ack(at(when), follow(invite, "ACK", "b1"), udp_peer()));
  }
};

TEST_F(InviteServerTest, OverUdpTryingIsDueAtOnce) {
  EXPECT_EQ(lines(udp.start(at(0s))), Lines{"request INVITE"});
  EXPECT_EQ(run(udp), Lines{"0 send 100"});
  EXPECT_EQ(udp.next_time(), std::nullopt);
  EXPECT_EQ(lines(udp.on_retransmission()), Lines{"send 100"});
}

TEST_F(InviteServerTest, OverReliableTransportsTryingIsDueAfter200Milliseconds) {
  (void)ws.start(at(0s));
  EXPECT_EQ(run(ws), Lines{"200 send 100"});
}

TEST_F(InviteServerTest, AnAnswerInTimeReplacesTrying) {
  (void)ws.start(at(0s));
  EXPECT_EQ(answer(ws, 100ms, 180), Lines{"send 180"});
  EXPECT_EQ(run(ws), Lines{});
}

TEST_F(InviteServerTest, ARetransmittedInviteGetsTheLastResponse) {
  (void)udp.start(at(0s));
  EXPECT_EQ(lines(udp.on_retransmission()), Lines{});
  (void)answer(udp, 1s, 180);
  (void)answer(udp, 2s, 183);
  EXPECT_EQ(lines(udp.on_retransmission()), Lines{"send 183"});
  (void)answer(udp, 3s, 486);
  EXPECT_EQ(lines(udp.on_retransmission()), Lines{"send 486"});
  EXPECT_EQ(udp.to_tag(), "b1");
}

TEST_F(InviteServerTest, TimerGRepeatsTheFinalResponseUntilTimerH) {
  (void)udp.start(at(0s));
  EXPECT_EQ(answer(udp, 0s, 486), Lines{"send 486"});
  EXPECT_EQ(run(udp),
            (Lines{"500 send 486", "1500 send 486", "3500 send 486", "7500 send 486", "11500 send 486",
                   "15500 send 486", "19500 send 486", "23500 send 486", "27500 send 486", "31500 send 486",
                   "32000 server failed", "32000 server ended"}));
}

TEST_F(InviteServerTest, OverReliableTransportsOnlyTimerHRuns) {
  (void)ws.start(at(0s));
  (void)answer(ws, 0s, 486);
  EXPECT_EQ(run(ws), (Lines{"32000 server failed", "32000 server ended"}));
}

TEST_F(InviteServerTest, TheAckStopsTimerGAndTimerIAbsorbsMore) {
  (void)udp.start(at(0s));
  (void)answer(udp, 1s, 486);
  EXPECT_EQ(ack(udp, 2s), Lines{});
  EXPECT_EQ(ack(udp, 3s), Lines{});
  EXPECT_EQ(lines(udp.on_retransmission()), Lines{});
  EXPECT_EQ(run(udp), Lines{"7000 server ended"});
}

TEST_F(InviteServerTest, OverReliableTransportsTimerIIsZero) {
  (void)ws.start(at(0s));
  (void)answer(ws, 1s, 486);
  EXPECT_EQ(ack(ws, 2s), Lines{"server ended"});
  EXPECT_TRUE(ws.finished());
}

TEST_F(InviteServerTest, AcceptedPassesEvery2xxAndAckUntilTimerL) {
  (void)udp.start(at(0s));
  EXPECT_EQ(answer(udp, 1s, 200), Lines{"send 200"});
  EXPECT_EQ(answer(udp, 2s, 200), Lines{"send 200"});
  EXPECT_EQ(answer(udp, 2s, 486), Lines{});
  EXPECT_EQ(lines(udp.on_retransmission()), Lines{});
  EXPECT_EQ(ack(udp, 3s), Lines{"ack"});
  EXPECT_EQ(run(udp), Lines{"33000 server ended"});
}

TEST_F(InviteServerTest, OnlyTheFirstFinalResponseCounts) {
  (void)udp.start(at(0s));
  (void)answer(udp, 1s, 486);
  EXPECT_EQ(answer(udp, 2s, 200), Lines{});
  EXPECT_EQ(answer(udp, 2s, 180), Lines{});
}

TEST_F(InviteServerTest, ADeadFlowEndsIt) {
  (void)ws.start(at(0s));
  EXPECT_EQ(lines(ws.on_transport_error()), (Lines{"server failed", "server ended"}));

  InviteServer accepted(id, invite, web_socket(), web_socket(), timers);
  (void)accepted.start(at(0s));
  (void)answer(accepted, 1s, 200);
  EXPECT_EQ(lines(accepted.on_transport_error()), Lines{"server ended"});
}

}  // namespace
}  // namespace w2s::sip
