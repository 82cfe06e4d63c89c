#include "sip/non_invite_server.hpp"

#include "transaction_script.hpp"

namespace w2s::sip {
namespace {

using namespace script;

constexpr ServerTransactionId id{1};

struct NonInviteServerTest : testing::Test {
  TransactionTimers timers;
  Message message = request("MESSAGE");
  NonInviteServer udp{id, message, udp_peer(), udp_peer(), timers};
  NonInviteServer ws{id, message, web_socket(), web_socket(), timers};

  Lines answer(NonInviteServer& server, Duration when, int status) {
    return lines(server.respond(at(when), make_response(message, status, "b1")));
  }
};

TEST_F(NonInviteServerTest, TheFinalResponseIsRepeatedUntilTimerJ) {
  EXPECT_EQ(lines(udp.start(at(0s))), Lines{"request MESSAGE"});
  EXPECT_EQ(lines(udp.on_retransmission()), Lines{});
  EXPECT_EQ(answer(udp, 1s, 200), Lines{"send 200"});
  EXPECT_EQ(lines(udp.on_retransmission()), Lines{"send 200"});
  EXPECT_EQ(answer(udp, 2s, 404), Lines{});
  EXPECT_EQ(run(udp), Lines{"33000 server ended"});
}

TEST_F(NonInviteServerTest, OverReliableTransportsTimerJIsZero) {
  (void)ws.start(at(0s));
  EXPECT_EQ(answer(ws, 1s, 200), (Lines{"send 200", "server ended"}));
  EXPECT_EQ(ws.next_time(), std::nullopt);
}

TEST_F(NonInviteServerTest, ProvisionalResponsesAreRepeated) {
  (void)udp.start(at(0s));
  EXPECT_EQ(answer(udp, 1s, 183), Lines{"send 183"});
  EXPECT_EQ(lines(udp.on_retransmission()), Lines{"send 183"});
  EXPECT_EQ(answer(udp, 2s, 200), Lines{"send 200"});
}

TEST_F(NonInviteServerTest, WithoutAnAnswerItEndsInSilence) {
  (void)udp.start(at(0s));
  EXPECT_EQ(run(udp), Lines{"32000 server ended"});
}

TEST_F(NonInviteServerTest, A408IsNeverSent) {
  (void)udp.start(at(0s));
  EXPECT_EQ(answer(udp, 31s, 408), Lines{});
  EXPECT_EQ(lines(udp.on_retransmission()), Lines{});
  EXPECT_EQ(run(udp), Lines{"32000 server ended"});
}

TEST_F(NonInviteServerTest, ADeadFlowEndsIt) {
  (void)ws.start(at(0s));
  EXPECT_EQ(lines(ws.on_transport_error()), (Lines{"server failed", "server ended"}));
  (void)udp.start(at(0s));
  (void)answer(udp, 1s, 200);
  EXPECT_EQ(lines(udp.on_transport_error()), Lines{"server ended"});
}

}  // namespace
}  // namespace w2s::sip
