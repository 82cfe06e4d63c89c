#include "sip/invite_client.hpp"

#include "transaction_script.hpp"

namespace w2s::sip {
namespace {

using namespace script;

constexpr ClientTransactionId id{1};

struct InviteClientTest : testing::Test {
  TransactionTimers timers;
  Message invite = request("INVITE");
  InviteClient udp{id, invite, udp_peer(), timers};
  InviteClient ws{id, invite, web_socket(), timers};

  Lines answer(InviteClient& client, Duration when, int status, std::string_view tag = "b1") {
    return lines(client.on_response(at(when), make_response(invite, status, tag), udp_peer()));
  }
};

TEST_F(InviteClientTest, TimerADoublesUntilTimerB) {
  EXPECT_EQ(lines(udp.start(at(0s))), Lines{"send INVITE"});
  EXPECT_EQ(run(udp),
            (Lines{"500 send INVITE", "1500 send INVITE", "3500 send INVITE", "7500 send INVITE",
                   "15500 send INVITE", "31500 send INVITE", "32000 failed timeout", "32000 ended"}));
  EXPECT_TRUE(udp.finished());
}

TEST_F(InviteClientTest, OverReliableTransportsOnlyTimerBRuns) {
  EXPECT_EQ(lines(ws.start(at(0s))), Lines{"send INVITE"});
  EXPECT_EQ(run(ws), (Lines{"32000 failed timeout", "32000 ended"}));
}

TEST_F(InviteClientTest, AnEarlyTimerCallChangesNothing) {
  (void)udp.start(at(0s));
  EXPECT_EQ(lines(udp.on_time(at(499ms))), Lines{});
  EXPECT_EQ(udp.next_time(), at(500ms));
}

TEST_F(InviteClientTest, AProvisionalResponseStopsRetransmission) {
  (void)udp.start(at(0s));
  EXPECT_EQ(answer(udp, 100ms, 100), Lines{"response 100"});
  EXPECT_EQ(udp.next_time(), at(181s));  // timer C, from the start
  EXPECT_EQ(answer(udp, 10s, 180), Lines{"response 180"});
  EXPECT_EQ(udp.next_time(), at(191s));  // begun again by 101-199
  EXPECT_EQ(answer(udp, 20s, 100), Lines{"response 100"});
  EXPECT_EQ(udp.next_time(), at(191s));  // not by 100
}

TEST_F(InviteClientTest, TimerCCancelsAndThenWaits64T1) {
  (void)udp.start(at(0s));
  (void)answer(udp, 1s, 180);
  EXPECT_EQ(lines(udp.on_time(at(182s))), Lines{});
  const auto cancel = udp.take_cancel();
  ASSERT_TRUE(cancel);
  EXPECT_EQ(cancel->get(HeaderId::cseq), "17 CANCEL");
  EXPECT_EQ(udp.next_time(), at(214s));
  EXPECT_EQ(run(udp), (Lines{"214000 failed timeout", "214000 ended"}));
}

TEST_F(InviteClientTest, NonSuccessIsAcknowledgedEachTimeAndReportedOnce) {
  (void)udp.start(at(0s));
  EXPECT_EQ(answer(udp, 1s, 486), (Lines{"send ACK", "response 486"}));
  EXPECT_EQ(answer(udp, 2s, 486), Lines{"send ACK"});
  EXPECT_EQ(answer(udp, 2s, 180), Lines{});
  EXPECT_EQ(answer(udp, 2s, 200), Lines{});
  EXPECT_EQ(run(udp), Lines{"33000 ended"});  // timer D
}

TEST_F(InviteClientTest, OverReliableTransportsTimerDIsZero) {
  (void)ws.start(at(0s));
  EXPECT_EQ(answer(ws, 1s, 603), (Lines{"send ACK", "response 603", "ended"}));
  EXPECT_TRUE(ws.finished());
  EXPECT_EQ(ws.next_time(), std::nullopt);
}

TEST_F(InviteClientTest, TheAckRepeatsTheInvitesHop) {
  invite.append(HeaderId::via, "SIP/2.0/WS browser.invalid;branch=z9hG4bKx");
  invite.append(HeaderId::route, "<sip:p1.example.com;lr>, <sip:p2.example.com;lr>");
  invite.set_body("v=0\r\n", "application/sdp");
  InviteClient client(id, invite, udp_peer(), timers);
  (void)client.start(at(0s));
  const auto out = client.on_response(at(1s), make_response(invite, 404, "b9"), udp_peer());
  const auto sent = first<Transmit>(out);
  const auto& ack = sent.message;
  EXPECT_EQ(sent.target, udp_peer());
  EXPECT_EQ(ack.request_uri(), invite.request_uri());
  ASSERT_EQ(ack.values(HeaderId::via).size(), 1U);
  EXPECT_EQ(ack.top_via()->branch(), "z9hG4bKtest1");
  EXPECT_EQ(ack.values(HeaderId::route),
            (std::vector<std::string_view>{"<sip:p1.example.com;lr>", "<sip:p2.example.com;lr>"}));
  EXPECT_EQ(ack.get(HeaderId::cseq), "17 ACK");
  EXPECT_EQ(ack.get(HeaderId::from), invite.get(HeaderId::from));
  EXPECT_EQ(ack.get(HeaderId::call_id), invite.get(HeaderId::call_id));
  EXPECT_EQ(ack.to()->tag(), "b9");
  EXPECT_EQ(ack.body(), "");
}

TEST_F(InviteClientTest, Every2xxIsDeliveredUntilTimerM) {
  (void)udp.start(at(0s));
  EXPECT_EQ(answer(udp, 1s, 200), Lines{"response 200"});
  EXPECT_EQ(answer(udp, 2s, 200), Lines{"response 200"});
  EXPECT_EQ(answer(udp, 3s, 200, "fork2"), Lines{"response 200"});
  EXPECT_EQ(answer(udp, 4s, 180), Lines{});
  EXPECT_EQ(answer(udp, 4s, 486), Lines{});
  EXPECT_EQ(run(udp), Lines{"33000 ended"});
}

TEST_F(InviteClientTest, TimerMRunsOnReliableTransportsToo) {
  (void)ws.start(at(0s));
  EXPECT_EQ(answer(ws, 1s, 200), Lines{"response 200"});
  EXPECT_EQ(run(ws), Lines{"33000 ended"});
}

TEST_F(InviteClientTest, CancelWaitsForAProvisionalResponse) {
  invite.append(HeaderId::route, "<sip:p1.example.com;lr>");
  InviteClient client(id, invite, udp_peer(), timers);
  (void)client.start(at(0s));
  client.cancel(at(1s), {{HeaderId::reason, "Reason", "SIP;cause=200", ": "}});
  EXPECT_FALSE(client.take_cancel());
  EXPECT_EQ(answer(client, 2s, 100), Lines{"response 100"});
  const auto cancel = client.take_cancel();
  ASSERT_TRUE(cancel);
  EXPECT_EQ(cancel->method(), "CANCEL");
  EXPECT_EQ(cancel->request_uri(), invite.request_uri());
  EXPECT_EQ(cancel->get(HeaderId::via), invite.get(HeaderId::via));
  EXPECT_EQ(cancel->get(HeaderId::route), "<sip:p1.example.com;lr>");
  EXPECT_EQ(cancel->get(HeaderId::to), invite.get(HeaderId::to));
  EXPECT_EQ(cancel->get(HeaderId::cseq), "17 CANCEL");
  EXPECT_EQ(cancel->get(HeaderId::reason), "SIP;cause=200");
  EXPECT_FALSE(client.take_cancel());
  EXPECT_EQ(client.next_time(), at(34s));  // 9.1: 64*T1 for the final response
  EXPECT_EQ(answer(client, 3s, 487), (Lines{"send ACK", "response 487"}));
}

TEST_F(InviteClientTest, ACancelThatAFinalResponseOvertakesIsNotSent) {
  (void)udp.start(at(0s));
  udp.cancel(at(1s), {});
  EXPECT_EQ(answer(udp, 2s, 200), Lines{"response 200"});
  EXPECT_FALSE(udp.take_cancel());
  udp.cancel(at(3s), {});
  EXPECT_FALSE(udp.take_cancel());
}

TEST_F(InviteClientTest, TransportErrorsFailItUntilAFinalResponse) {
  (void)udp.start(at(0s));
  EXPECT_EQ(lines(udp.on_transport_error()), (Lines{"failed transport", "ended"}));

  (void)ws.start(at(0s));
  (void)answer(ws, 1s, 180);
  EXPECT_EQ(lines(ws.on_transport_error()), (Lines{"failed transport", "ended"}));

  InviteClient refused(id, invite, udp_peer(), timers);
  (void)refused.start(at(0s));
  (void)answer(refused, 1s, 486);
  EXPECT_EQ(lines(refused.on_transport_error()), Lines{"ended"});

  InviteClient accepted(id, invite, udp_peer(), timers);
  (void)accepted.start(at(0s));
  (void)answer(accepted, 1s, 200);
  EXPECT_EQ(lines(accepted.on_transport_error()), Lines{});
}

}  // namespace
}  // namespace w2s::sip
