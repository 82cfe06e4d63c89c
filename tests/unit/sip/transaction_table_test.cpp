#include "w2s/sip/via_routing.hpp"

#include "transaction_script.hpp"

namespace w2s::sip {
namespace {

using namespace script;

struct TransactionTableTest : testing::Test {
  SeededRng rng{1};
  TransactionTable table{rng};

  TransactionOutputs receive(Duration when, Message message, const Target& source = udp_peer()) {
    return table.on_message(at(when), std::move(message), source);
  }
  ServerTransactionId accept(Duration when, Message message, const Target& source = udp_peer()) {
    return first<RequestReceived>(receive(when, std::move(message), source)).id;
  }
  TransactionOutputs respond(Duration when, ServerTransactionId id, int status, std::string_view tag = "b1") {
    return table.respond(at(when), id, make_response(*table.request_of(id), status, tag));
  }
  ClientTransactionId send(Duration when, const Message& message, const Target& target = udp_peer()) {
    ClientTransactionId id{};
    EXPECT_EQ(lines(table.send_request(at(when), message, target, id)), Lines{"send " + message.method()});
    return id;
  }
};

TEST_F(TransactionTableTest, ARequestIsReportedOnceAndItsRetransmissionAnswered) {
  const auto id = accept(0s, request("MESSAGE"));
  EXPECT_TRUE(table.has(id));
  EXPECT_EQ(lines(receive(1s, request("MESSAGE"))), Lines{});
  EXPECT_EQ(lines(respond(2s, id, 200)), Lines{"send 200"});
  EXPECT_EQ(lines(receive(3s, request("MESSAGE"))), Lines{"send 200"});
  EXPECT_EQ(run(table), Lines{"34000 server ended"});
  EXPECT_FALSE(table.has(id));
  EXPECT_EQ(table.request_of(id), nullptr);
  EXPECT_EQ(table.size(), 0U);
  EXPECT_EQ(lines(table.respond(at(40s), id, make_response(request("MESSAGE"), 200, "b1"))), Lines{});
}

// RFC 3261 17.2.3.
TEST_F(TransactionTableTest, RequestsMatchOnBranchSentByAndMethod) {
  accept(0s, request("MESSAGE", "z9hG4bKone"));
  accept(0s, request("MESSAGE", "z9hG4bKtwo"));
  accept(0s, request("INFO", "z9hG4bKone"));
  auto other_host = request("MESSAGE", "z9hG4bKone");
  other_host.set(HeaderId::via, "SIP/2.0/UDP other.example.com:5061;branch=z9hG4bKone");
  accept(0s, other_host);
  auto other_port = request("MESSAGE", "z9hG4bKone");
  other_port.set(HeaderId::via, "SIP/2.0/UDP client.example.com:5065;branch=z9hG4bKone");
  accept(0s, other_port);
  auto other_case = request("MESSAGE", "z9hG4bKone");
  other_case.set(HeaderId::via, "SIP/2.0/UDP CLIENT.example.com:5061;branch=z9hG4bKone");
  EXPECT_EQ(lines(receive(1s, other_case)), Lines{});
  EXPECT_EQ(table.size(), 5U);
}

TEST_F(TransactionTableTest, WithoutTheMagicCookieRequestsMatchAsInRfc2543) {
  for (const auto* branch : {"1", "z9hG4bK"}) {
    TransactionTable fresh(rng);
    const auto receive_new = [&](const Message& m) { return lines(fresh.on_message(at(0s), m, udp_peer())); };
    auto message = request("MESSAGE", branch);
    EXPECT_EQ(receive_new(message), Lines{"request MESSAGE"}) << branch;
    EXPECT_EQ(receive_new(message), Lines{}) << branch;
    auto next = message;
    next.set(HeaderId::cseq, "18 MESSAGE");
    EXPECT_EQ(receive_new(next), Lines{"request MESSAGE"}) << branch;
    auto other_call = message;
    other_call.set(HeaderId::call_id, "call-2@client");
    EXPECT_EQ(receive_new(other_call), Lines{"request MESSAGE"}) << branch;
    auto other_uri = message;
    other_uri.set_request_uri("sip:carol@example.com");
    EXPECT_EQ(receive_new(other_uri), Lines{"request MESSAGE"}) << branch;
    auto other_tag = message;
    other_tag.set(HeaderId::to, "<sip:bob@example.com>;tag=dialog");
    EXPECT_EQ(receive_new(other_tag), Lines{"request MESSAGE"}) << branch;
  }
}

TEST_F(TransactionTableTest, AnAckOfRfc2543MatchesByTheToTagOfTheResponse) {
  const auto invite = request("INVITE", "old");
  const auto id = accept(0s, invite);
  (void)respond(0s, id, 486);
  EXPECT_EQ(lines(receive(1s, follow(invite, "ACK", "another"))), Lines{"ack"});
  EXPECT_EQ(lines(receive(1s, follow(invite, "ACK", "b1"))), Lines{});
  EXPECT_EQ(run(table), Lines{"6000 server ended"});  // timer I: the second one was taken
}

TEST_F(TransactionTableTest, TheAckOfARefusalIsAbsorbedAndThatOfA2xxReported) {
  const auto refused = request("INVITE", "z9hG4bKrefused");
  (void)respond(0s, accept(0s, refused), 486);
  EXPECT_EQ(lines(receive(1s, follow(refused, "ACK", "b1"))), Lines{});

  (void)respond(0s, accept(0s, request("INVITE", "z9hG4bKtaken")), 200);
  const auto out = receive(1s, request("ACK", "z9hG4bKown"));
  EXPECT_EQ(lines(out), Lines{"ack"});
  EXPECT_EQ(first<AckReceived>(out).request.top_via()->params.get("received"), "192.0.2.7");
}

TEST_F(TransactionTableTest, TryingFollowsAnInviteUnlessItIsAnsweredAtOnce) {
  accept(0s, request("INVITE", "z9hG4bKone"));
  EXPECT_EQ(run(table, 1s), Lines{"0 send 100"});
  const auto id = accept(1s, request("INVITE", "z9hG4bKtwo"));
  (void)respond(1s, id, 200);
  EXPECT_EQ(run(table, 2s), Lines{});
}

// RFC 3261 9.2.
TEST_F(TransactionTableTest, ACancelIsAnsweredAndReportedOnce) {
  const auto invite = request("INVITE");
  const auto id = accept(0s, invite);
  (void)respond(0s, id, 180);
  const auto out = receive(1s, follow(invite, "CANCEL"));
  EXPECT_EQ(lines(out), (Lines{"send 200", "cancel of 1"}));
  EXPECT_EQ(first<Transmit>(out).message.to()->tag(), "b1");  // that of the INVITE's responses
  EXPECT_EQ(first<Transmit>(out).message.cseq()->method, "CANCEL");
  EXPECT_EQ(lines(receive(2s, follow(invite, "CANCEL"))), Lines{"send 200"});
  EXPECT_EQ(lines(respond(2s, id, 487)), Lines{"send 487"});
  EXPECT_EQ(lines(receive(2s, follow(invite, "ACK", "b1"))), Lines{});
  EXPECT_EQ(run(table), Lines{"7000 server ended"});  // the CANCEL's own end is nobody's business
  EXPECT_EQ(table.size(), 0U);
}

TEST_F(TransactionTableTest, ACancelAfterTheFinalResponseHasNoEffect) {
  const auto invite = request("INVITE");
  (void)respond(0s, accept(0s, invite), 200);
  EXPECT_EQ(lines(receive(1s, follow(invite, "CANCEL"))), Lines{"send 200"});
}

TEST_F(TransactionTableTest, ACancelWithoutItsInviteGets481AndLeavesNoState) {
  const auto cancel = request("CANCEL");
  const auto one = receive(0s, cancel);
  const auto two = receive(1s, cancel);
  EXPECT_EQ(lines(one), Lines{"send 481"});
  EXPECT_EQ(first<Transmit>(one).message.to_string(), first<Transmit>(two).message.to_string());
  EXPECT_EQ(table.size(), 0U);
  accept(2s, request("MESSAGE"));  // 9.2: only INVITE can be cancelled
  EXPECT_EQ(lines(receive(2s, cancel)), Lines{"send 481"});
}

// RFC 3261 18.2.1 and 18.2.2, RFC 3581 4.
TEST_F(TransactionTableTest, ResponsesGoWhereViaAndSourceSay) {
  const auto response_to = [&](const std::string& via, const Target& source) {
    auto message = request("MESSAGE");
    message.set(HeaderId::via, via);
    TransactionTable fresh(rng);
    const auto id = first<RequestReceived>(fresh.on_message(at(0s), message, source)).id;
    return first<Transmit>(fresh.respond(at(0s), id, make_response(*fresh.request_of(id), 200, "b1")));
  };
  // sent-by is a name: received is added, and the response goes there, to sent-by's port.
  auto sent = response_to("SIP/2.0/UDP client.example.com:5070;branch=z9hG4bK1", udp_peer());
  EXPECT_EQ(sent.target.remote.to_string(), "192.0.2.7:5070");
  EXPECT_EQ(sent.message.top_via()->params.get("received"), "192.0.2.7");
  EXPECT_FALSE(sent.message.top_via()->params.has("rport"));
  sent = response_to("SIP/2.0/UDP client.example.com;branch=z9hG4bK1", udp_peer());
  EXPECT_EQ(sent.target.remote.to_string(), "192.0.2.7:5060");
  // rport: the source port.
  sent = response_to("SIP/2.0/UDP 10.0.0.1:5070;rport;branch=z9hG4bK1", udp_peer());
  EXPECT_EQ(sent.target.remote.to_string(), "192.0.2.7:5062");
  EXPECT_EQ(sent.message.top_via()->params.get("rport"), "5062");
  EXPECT_EQ(sent.message.top_via()->params.get("received"), "192.0.2.7");
  // sent-by is the source: Via stays byte for byte.
  sent = response_to("SIP/2.0/UDP 192.0.2.7:5070;branch=z9hG4bK1", udp_peer());
  EXPECT_EQ(sent.message.get(HeaderId::via), "SIP/2.0/UDP 192.0.2.7:5070;branch=z9hG4bK1");
  // What the sender made up is neither believed nor passed on.
  sent = response_to("SIP/2.0/UDP 192.0.2.7:5070;maddr=203.0.113.9;received=203.0.113.9;branch=z9hG4bK1",
                     udp_peer());
  EXPECT_EQ(sent.target.remote.to_string(), "192.0.2.7:5070");
  EXPECT_EQ(sent.message.top_via()->params.get("received"), "192.0.2.7");
  // A connection wins over all of it.
  sent = response_to("SIP/2.0/WS df7jal23ls0d.invalid;branch=z9hG4bK1", web_socket(9));
  EXPECT_EQ(sent.target, web_socket(9));
}

// RFC 3261 17.1.3.
TEST_F(TransactionTableTest, ResponsesMatchOnBranchAndMethod) {
  const auto options = request("OPTIONS");
  const auto id = send(0s, options);
  const auto out = receive(1s, make_response(options, 200, "b1"));
  EXPECT_EQ(lines(out), (Lines{"response 200", "ended"}));
  EXPECT_EQ(first<ResponseReceived>(out).id, id);

  EXPECT_EQ(lines(receive(1s, make_response(request("INVITE"), 200, "b1"))), Lines{"stray 200"});
  EXPECT_EQ(lines(receive(1s, make_response(request("OPTIONS", "z9hG4bKother"), 200, "b1"))),
            Lines{"stray 200"});
  EXPECT_EQ(lines(receive(2s, make_response(options, 200, "b1"))), Lines{});  // retransmitted
  EXPECT_EQ(run(table), Lines{});
  EXPECT_EQ(lines(receive(7s, make_response(options, 200, "b1"))), Lines{"stray 200"});
}

TEST_F(TransactionTableTest, CancelIsATransactionOfItsOwnThatNobodyHearsOf) {
  const auto invite = request("INVITE");
  const auto id = send(0s, invite);
  EXPECT_EQ(lines(table.cancel(at(100ms), id)), Lines{});
  const auto out = receive(200ms, make_response(invite, 100, {}));
  EXPECT_EQ(lines(out), (Lines{"response 100", "send CANCEL"}));
  const auto cancel = first<Transmit>(out);
  EXPECT_EQ(cancel.target, udp_peer());
  EXPECT_EQ(lines(table.cancel(at(300ms), id)), Lines{});
  EXPECT_EQ(run(table, 2s), (Lines{"700 send CANCEL", "1700 send CANCEL"}));
  EXPECT_EQ(lines(receive(2s, make_response(cancel.message, 200, "b1"))), Lines{});
  EXPECT_EQ(lines(receive(3s, make_response(invite, 487, "b1"))), (Lines{"send ACK", "response 487"}));
  EXPECT_EQ(run(table), Lines{"35000 ended"});
  EXPECT_EQ(table.size(), 0U);
}

TEST_F(TransactionTableTest, CancelAfterAProvisionalResponseIsSentAtOnce) {
  const auto invite = request("INVITE");
  const auto id = send(0s, invite);
  (void)receive(1s, make_response(invite, 180, "b1"));
  EXPECT_EQ(lines(table.cancel(at(2s), id)), Lines{"send CANCEL"});
  EXPECT_EQ(lines(table.cancel(at(2s), ClientTransactionId{99})), Lines{});
}

// RFC 3261 16.8.
TEST_F(TransactionTableTest, TimerCSendsTheCancel) {
  const auto invite = request("INVITE");
  send(0s, invite, web_socket());
  (void)receive(1s, make_response(invite, 180, "b1"));
  EXPECT_EQ(run(table), (Lines{"182000 send CANCEL", "214000 failed timeout", "214000 ended"}));
  EXPECT_EQ(table.size(), 0U);
}

TEST_F(TransactionTableTest, ATransportErrorEndsWhatUsesThatTarget) {
  send(0s, request("OPTIONS", "z9hG4bKa"), udp_peer());
  send(0s, request("OPTIONS", "z9hG4bKb"), web_socket(7));
  send(0s, request("OPTIONS", "z9hG4bKc"), web_socket(8));
  accept(0s, request("MESSAGE", "z9hG4bKd"), web_socket(7));
  accept(0s, request("MESSAGE", "z9hG4bKe"), udp_peer());
  EXPECT_EQ(lines(table.on_transport_error(at(0s), web_socket(7))),
            (Lines{"failed transport", "ended", "server failed", "server ended"}));
  EXPECT_EQ(lines(table.on_transport_error(at(0s), udp_peer())), (Lines{"failed transport", "ended"}));
  EXPECT_EQ(table.size(), 2U);
}

// RFC 3261 18.2.2.
class LostConnection : public TransactionTableTest {
 protected:
  ServerTransactionId accept_over(Transport transport, const std::string& sent_by, const std::string& method = "INVITE") {
    source.transport = transport;
    auto message = request(method);
    message.replace_value(HeaderId::via, 0, "SIP/2.0/TCP " + sent_by + ";branch=z9hG4bK1");
    return accept(0s, message, source);
  }
  Lines lose(Duration when = 1s) {
    return lines(table.on_flow_closed(at(when), source.flow, [&](const Target& place) {
      asked.push_back(place);
      return reachable ? std::optional(place) : std::nullopt;
    }));
  }
  TransactionOutputs answer(ServerTransactionId id, int status, Duration when = 2s) {
    return table.respond(at(when), id, make_response(*table.request_of(id), status, "b1"));
  }

  Target source = web_socket(7);
  std::vector<Target> asked;
  bool reachable = true;
};

TEST_F(LostConnection, TheResponseGoesToThePortOfSentByOverAnother) {
  const auto id = accept_over(Transport::tcp, "client.example.com:5071");
  EXPECT_EQ(lose(), Lines{});
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].remote.to_string(), "192.0.2.7:5071");
  EXPECT_EQ(asked[0].transport, Transport::tcp);
  EXPECT_EQ(asked[0].flow, FlowId::none);
  EXPECT_EQ(first<Transmit>(answer(id, 180)).target, asked[0]);
  const auto refused = answer(id, 486);
  EXPECT_EQ(first<Transmit>(refused).target, asked[0]);
}

TEST_F(LostConnection, ATlsPeerMustProveTheNameInSentBy) {
  accept_over(Transport::tls, "client.example.com");
  lose();
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].remote.port, 5061);
  EXPECT_EQ(asked[0].host, "client.example.com");
  asked.clear();
  accept_over(Transport::tls, "10.0.0.1");  // behind NAT: there is no name, it must prove its address
  lose();
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].remote.to_string(), "192.0.2.7:5061");
  EXPECT_EQ(asked[0].host, "");
}

TEST_F(LostConnection, NobodyConnectsToABrowser) {
  accept_over(Transport::ws, "client.example.com:5071", "MESSAGE");
  EXPECT_EQ(lose(), (Lines{"server failed", "server ended"}));
  EXPECT_TRUE(asked.empty());
}

TEST_F(LostConnection, WhereNothingMayBeSentTheTransactionFails) {
  reachable = false;
  accept_over(Transport::tcp, "client.example.com");
  EXPECT_EQ(lose(), (Lines{"server failed", "server ended"}));
  EXPECT_EQ(table.size(), 0U);
}

TEST_F(LostConnection, APeerThatCannotBeReachedAgainFailsIt) {
  const auto id = accept_over(Transport::tcp, "client.example.com", "MESSAGE");
  lose();
  EXPECT_EQ(lines(table.on_transport_error(at(2s), asked[0])), (Lines{"server failed", "server ended"}));
  EXPECT_FALSE(table.has(id));
}

TEST_F(LostConnection, A2xxIsRepeatedOverTheNewOneAndARefusalIsNot) {
  const auto id = accept_over(Transport::tcp, "client.example.com");
  (void)answer(id, 200);
  EXPECT_EQ(lose(3s), Lines{});
  EXPECT_EQ(first<Transmit>(answer(id, 200, 4s)).target, asked[0]);

  TransactionTable other(rng);
  const auto refused = first<RequestReceived>(other.on_message(at(0s), request("INVITE", "z9hG4bK2"), source)).id;
  (void)other.respond(at(1s), refused, make_response(*other.request_of(refused), 486, "b1"));
  const auto way = [](const Target& place) { return std::optional(place); };
  EXPECT_EQ(lines(other.on_flow_closed(at(2s), source.flow, way)), (Lines{"server failed", "server ended"}));
}

TEST_F(TransactionTableTest, BeyondItsLimitNewRequestsGet503WithoutState) {
  TransactionTable small(rng, {.max_transactions = 8});
  const auto receive_in = [&](const Message& m) { return small.on_message(at(0s), m, udp_peer()); };
  for (int i = 0; i < 8; ++i) (void)receive_in(request("INVITE", "z9hG4bK" + std::to_string(i)));
  const auto refused = receive_in(request("INVITE", "z9hG4bKlate"));
  EXPECT_EQ(lines(refused), Lines{"send 503"});
  EXPECT_EQ(first<Transmit>(refused).message.get(HeaderId::retry_after), "10");
  EXPECT_EQ(small.size(), 8U);
  // Calls that exist go on: their requests have a little room of their own, and their INVITEs can be
  // cancelled.
  auto bye = request("BYE", "z9hG4bKbye");
  bye.set(HeaderId::to, "<sip:bob@example.com>;tag=b1");
  EXPECT_EQ(lines(receive_in(bye)), Lines{"request BYE"});
  EXPECT_EQ(lines(receive_in(follow(request("INVITE", "z9hG4bK1"), "CANCEL"))),
            (Lines{"send 200", "cancel of 2"}));
}

TEST_F(TransactionTableTest, WhatTransactionsRememberIsBoundedInOctets) {
  TransactionTable small(rng, {.max_octets = 10'000});
  auto large = request("MESSAGE", "z9hG4bKlarge");
  large.set_body(std::string(9'500, 'x'), "text/plain");
  // A received body is its owner's at once; one that is sent is kept for retransmission.
  EXPECT_EQ(lines(small.on_message(at(0s), large, udp_peer())), Lines{"request MESSAGE"});
  ClientTransactionId id{};
  (void)small.send_request(at(0s), large, udp_peer(), id);
  EXPECT_EQ(lines(small.on_message(at(0s), request("MESSAGE", "z9hG4bKlate"), udp_peer())),
            Lines{"send 503"});
  (void)run(small);
  EXPECT_EQ(lines(small.on_message(at(100s), request("MESSAGE", "z9hG4bKlater"), udp_peer())),
            Lines{"request MESSAGE"});
}

TEST_F(TransactionTableTest, ARefusalWithoutStateLeavesNothingBehind) {
  const auto invite = request("INVITE");
  const auto id = accept(0s, invite);
  const auto refusal = stateless_response(*table.request_of(id), 404, {}, "secret");
  EXPECT_EQ(lines(table.refuse(id, refusal)), (Lines{"send 404", "server ended"}));
  EXPECT_EQ(table.size(), 0U);
  EXPECT_EQ(table.next_time(), std::nullopt);
  EXPECT_EQ(lines(table.refuse(id, refusal)), Lines{});
  EXPECT_EQ(lines(receive(1s, follow(invite, "ACK", refusal.to()->tag()))), Lines{"ack"});
}

TEST(StatelessResponse, HasTheSameTagForEachRetransmissionOnly) {
  const auto tag = [](const Message& message, std::string_view secret) {
    return stateless_response(message, 404, {}, secret).to()->tag();
  };
  const auto message = request("OPTIONS");
  auto received = message;
  add_received(received, udp_peer());
  EXPECT_EQ(tag(message, "s").size(), 16U);
  EXPECT_EQ(tag(message, "s"), tag(received, "s"));
  EXPECT_NE(tag(message, "s"), tag(message, "t"));
  EXPECT_NE(tag(message, "s"), tag(request("OPTIONS", "z9hG4bKother"), "s"));
  EXPECT_EQ(stateless_response(message, 404, {}, "s").reason(), "Not Found");
}

TEST_F(TransactionTableTest, ManyTransactionsFireInOrderOfTheirTimers) {
  for (int i = 0; i < 1000; ++i)
    send(std::chrono::milliseconds((i * 7919) % 1000), request("OPTIONS", "z9hG4bK" + std::to_string(i)),
         web_socket());
  Time last = at(0s);
  int ended = 0;
  while (const auto next = table.next_time()) {
    EXPECT_GE(*next, last);
    last = *next;
    for (const auto& text : lines(table.on_time(*next))) ended += text == "ended";
  }
  EXPECT_EQ(ended, 1000);
  EXPECT_EQ(last, at(32999ms));
  EXPECT_EQ(table.size(), 0U);
}

}  // namespace
}  // namespace w2s::sip
