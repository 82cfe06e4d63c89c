// A request that one server fails to answer is tried at the next one, within one server transaction (RFC 3263 4.3), and
// a request that is too large for a datagram tries TCP first (RFC 3261 18.1.1).
#include <gmock/gmock.h>

#include "sip_world.hpp"

namespace w2s::test {
namespace {

using sip::HeaderId;
using sip::Message;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const Endpoint first{*IpAddress::parse("198.51.100.1"), 5060}, second{*IpAddress::parse("198.51.100.2"), 5080};
const std::string phone_sdp =
    "v=0\r\no=- 1 1 IN IP4 198.51.100.20\r\ns=-\r\nc=IN IP4 198.51.100.20\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";

class Failover : public testing::Test {
 protected:
  explicit Failover(Duration server_quarantine = 30s) : world({}, {}, server_quarantine) {}
  void SetUp() override {
    world.names["pool.example.org"] = {first, second};
    flow = world.open_flow(55210);
  }
  // From the browser; `breaker` asks for a call of two legs.
  void request(const std::string& method, int cseq = 1, bool breaker = false, const std::string& extra = {}) {
    const auto offer = breaker ? phone_sdp : std::string{};
    world.receive(method + " sip:bob@pool.example.org SIP/2.0\r\nVia: SIP/2.0/WSS x.invalid;branch=z9hG4bK" + method +
                      std::to_string(cseq) + ";rport\r\nMax-Forwards: 70\r\nFrom: <sip:alice@pool.example.org>;tag=abc\r\n"
                      "To: <sip:bob@pool.example.org>\r\nCall-ID: call-1\r\nCSeq: " + std::to_string(cseq) + ' ' + method +
                      "\r\nContact: <sips:alice@x.invalid;transport=wss;rtcweb-breaker=" + (breaker ? "yes" : "no") + ">\r\n" + extra +
                      (breaker ? "Content-Type: application/sdp\r\n" : "") + "Content-Length: " + std::to_string(offer.size()) +
                      "\r\n\r\n" + offer,
                  flow);
  }
  void cancel(int cseq = 1) {
    world.receive("CANCEL sip:bob@pool.example.org SIP/2.0\r\nVia: SIP/2.0/WSS x.invalid;branch=z9hG4bKINVITE" + std::to_string(cseq) +
                      ";rport\r\nMax-Forwards: 70\r\nFrom: <sip:alice@pool.example.org>;tag=abc\r\nTo: <sip:bob@pool.example.org>\r\n"
                      "Call-ID: call-1\r\nCSeq: " + std::to_string(cseq) + " CANCEL\r\nContent-Length: 0\r\n\r\n",
                  flow);
  }
  // The request as it arrives at `place`.
  Sent arrives(const std::string& method, const Endpoint& place) {
    auto sent = world.take_request(method);
    EXPECT_EQ(sent.target.remote, place);
    return sent;
  }
  void answer(const Sent& sent, int status, const std::string& sdp = {}, const std::string& extra = {}) {
    auto response = reply(sent.message, status, "t" + sent.target.remote.to_string(), "<sip:bob@198.51.100.20>", sdp);
    if (!extra.empty()) response.append(HeaderId::retry_after, extra);
    world.receive(response, sent.target);
  }
  void expect_answer(int status, const std::string& method) {
    const auto answered = world.take_response(status, method);
    EXPECT_EQ(answered.target.flow, flow.flow);
    EXPECT_EQ(answered.message.values(HeaderId::via).size(), 1U);
    gateway_tag = answered.message.to()->tag();
  }
  bool nothing_sent_to(const Endpoint& place) const {
    return std::none_of(world.sent.begin(), world.sent.end(), [&](const auto& s) { return s.target.remote == place; });
  }
  std::string branch(const Sent& sent) { return sent.message.top_via()->branch(); }
  void TearDown() override {
    world.act([&](auto& core) { core.end_all_calls(world.now, "end"); });
    world.advance(400s);
    EXPECT_EQ(world.core.transactions(), 0U);
    EXPECT_EQ(world.core.call_records(), 0U);
  }

  SipWorld world;
  sip::Target flow;
  std::string gateway_tag;  // of the last answer
};

TEST_F(Failover, A503GoesToTheNextServerOnANewBranch) {
  request("MESSAGE");
  const auto at_first = arrives("MESSAGE", first);
  answer(at_first, 503);
  const auto at_second = arrives("MESSAGE", second);
  EXPECT_NE(branch(at_first), branch(at_second));
  EXPECT_EQ(at_second.message.values(HeaderId::via).size(), 2U);
  for (const auto id : {HeaderId::call_id, HeaderId::cseq, HeaderId::from, HeaderId::contact, HeaderId::max_forwards}) {
    EXPECT_EQ(at_first.message.get(id), at_second.message.get(id));
  }
  EXPECT_TRUE(world.sent.empty());
  answer(at_second, 200);
  expect_answer(200, "MESSAGE");
  EXPECT_TRUE(world.sent.empty());
}

TEST_F(Failover, TheLastServersAnswerPasses) {
  request("MESSAGE");
  answer(arrives("MESSAGE", first), 503);
  answer(arrives("MESSAGE", second), 503);
  expect_answer(500, "MESSAGE");  // RFC 3261 16.7 step 6
  EXPECT_TRUE(world.sent.empty());
}

TEST_F(Failover, OtherFailuresAreTheServersAnswer) {
  request("MESSAGE");
  answer(arrives("MESSAGE", first), 500);
  expect_answer(500, "MESSAGE");
  EXPECT_TRUE(world.sent.empty());
}

TEST_F(Failover, ATransportFailureGoesToTheNextServerAtOnce) {
  request("INVITE");
  const auto at_first = arrives("INVITE", first);
  world.act([&](auto& core) { core.on_send_failed(world.now, at_first.target); });
  const auto at_second = arrives("INVITE", second);
  EXPECT_EQ(at_second.message.count(HeaderId::record_route), at_first.message.count(HeaderId::record_route));
  world.act([&](auto& core) { core.on_send_failed(world.now, at_second.target); });
  expect_answer(503, "INVITE");
}

TEST_F(Failover, ASilentServerIsLeftAfterFourSeconds) {
  request("INVITE");
  const auto at_first = arrives("INVITE", first);
  world.advance(3900ms);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(branch(arrives("INVITE", first)), branch(at_first));  // timer A
  EXPECT_TRUE(nothing_sent_to(second));
  world.advance(200ms);
  const auto at_second = arrives("INVITE", second);
  EXPECT_NE(branch(at_first), branch(at_second));
  answer(at_second, 180);
  world.take_response(100, "INVITE");
  expect_answer(180, "INVITE");
  // The first comes to life: its ringing is not heard, it is cancelled.
  answer(at_first, 180);
  const auto cancelled = arrives("CANCEL", first);
  EXPECT_EQ(branch(cancelled), branch(at_first));
  EXPECT_TRUE(world.sent.empty());
  answer(at_first, 487);
  arrives("ACK", first);
  answer(at_second, 200);
  expect_answer(200, "INVITE");
  EXPECT_TRUE(world.sent.empty());
}

TEST_F(Failover, AServerThatWasGivenUpMayStillAnswer) {
  request("INVITE");
  const auto at_first = arrives("INVITE", first);
  world.advance(4s);
  world.sent.clear();
  world.advance(1s);
  const auto at_second = arrives("INVITE", second);
  answer(at_second, 180);
  world.sent.clear();
  answer(at_first, 200);
  expect_answer(200, "INVITE");
  arrives("CANCEL", second);
  answer(at_second, 487);
  arrives("ACK", second);
  EXPECT_TRUE(world.sent.empty());
}

TEST_F(Failover, OtherRequestsWaitEightSecondsAndTheFirstAnswerCounts) {
  request("MESSAGE");
  const auto at_first = arrives("MESSAGE", first);
  world.advance(7900ms);
  EXPECT_TRUE(nothing_sent_to(second));
  world.sent.clear();
  world.advance(200ms);
  const auto at_second = arrives("MESSAGE", second);
  EXPECT_TRUE(nothing_sent_to(first));
  answer(at_first, 202);
  expect_answer(202, "MESSAGE");
  answer(at_second, 200);
  EXPECT_TRUE(world.sent.empty());
}

TEST_F(Failover, AServerThatRangIsLeftOnlyForIts503) {
  request("INVITE");
  auto at_first = arrives("INVITE", first);
  answer(at_first, 180);
  expect_answer(180, "INVITE");
  world.advance(60s);
  EXPECT_TRUE(nothing_sent_to(second));
  answer(at_first, 503);
  arrives("ACK", first);
  answer(arrives("INVITE", second), 180);
  expect_answer(180, "INVITE");
  // A connection that breaks while it rings ends the call.
  world.sent.clear();
  auto broken = world.server("198.51.100.2");
  broken.remote = second;
  world.act([&](auto& core) { core.on_send_failed(world.now, broken); });
  expect_answer(503, "INVITE");
}

TEST_F(Failover, ATryingIsNotSilence) {
  request("INVITE");
  answer(arrives("INVITE", first), 100);
  world.sent.clear();
  world.advance(100s);
  EXPECT_TRUE(nothing_sent_to(second));
}

TEST_F(Failover, ServersThatFailedAreTriedLastForAWhile) {
  request("MESSAGE", 1);
  answer(arrives("MESSAGE", first), 503);
  answer(arrives("MESSAGE", second), 200);
  request("MESSAGE", 2);
  const auto again = arrives("MESSAGE", second);
  answer(again, 503);  // all are quarantined now: they are tried all the same
  answer(arrives("MESSAGE", first), 200);
  request("MESSAGE", 3);
  answer(arrives("MESSAGE", first), 200);
  request("MESSAGE", 4);
  answer(arrives("MESSAGE", first), 503);
  answer(arrives("MESSAGE", second), 200);
  world.advance(31s);
  world.sent.clear();
  request("MESSAGE", 5);
  answer(arrives("MESSAGE", first), 503, {}, "120 (busy);duration=5");
  answer(arrives("MESSAGE", second), 200);
  world.advance(119s);
  request("MESSAGE", 6);
  answer(arrives("MESSAGE", second), 200);
  world.advance(1s);
  request("MESSAGE", 7);
  answer(arrives("MESSAGE", first), 200);
}

struct FailoverWithoutQuarantine : Failover {
  FailoverWithoutQuarantine() : Failover(0s) {}
};

TEST_F(FailoverWithoutQuarantine, AServerThatFailedIsTheFirstAgainUnlessItSaysWhen) {
  request("MESSAGE", 1);
  answer(arrives("MESSAGE", first), 503);
  answer(arrives("MESSAGE", second), 200);
  request("MESSAGE", 2);
  answer(arrives("MESSAGE", first), 503, {}, "20");
  answer(arrives("MESSAGE", second), 200);
  world.advance(19s);
  request("MESSAGE", 3);
  answer(arrives("MESSAGE", second), 200);
  world.advance(1s);
  request("MESSAGE", 4);
  answer(arrives("MESSAGE", first), 200);
}

TEST_F(Failover, WhenAllAreSilentTheLastHasItsFullTime) {
  request("INVITE");
  world.advance(4s);
  world.sent.clear();
  world.advance(31s);
  EXPECT_TRUE(nothing_sent_to(first));
  arrives("INVITE", second);
  world.sent.clear();
  world.advance(2s);
  expect_answer(408, "INVITE");
}

TEST_F(Failover, CancelGoesWhereTheInviteWentAndEndsTheSearch) {
  request("INVITE");
  answer(arrives("INVITE", first), 503);
  arrives("ACK", first);
  const auto at_second = arrives("INVITE", second);
  answer(at_second, 180);
  world.sent.clear();
  cancel();
  EXPECT_EQ(branch(arrives("CANCEL", second)), branch(at_second));
  world.take_response(200, "CANCEL");
  answer(at_second, 487);
  expect_answer(487, "INVITE");

  request("INVITE", 2);
  const auto unanswered = arrives("INVITE", second);  // the first is quarantined
  cancel(2);
  world.take_response(200, "CANCEL");
  world.advance(10s);
  EXPECT_TRUE(nothing_sent_to(first));
  answer(unanswered, 503);
  EXPECT_TRUE(nothing_sent_to(first));
}

TEST_F(Failover, TheContactFitsTheServersFamily) {
  const Endpoint v6{*IpAddress::parse("2001:db8::7"), 5060};
  world.names["pool.example.org"] = {v6, second};
  request("INVITE");
  const auto at_v6 = arrives("INVITE", v6);
  EXPECT_THAT(std::string(*at_v6.message.first_value(HeaderId::contact)), HasSubstr("[2001:db8::1]:5060"));
  EXPECT_THAT(std::string(*at_v6.message.first_value(HeaderId::record_route)), HasSubstr("[2001:db8::1]:5060"));
  answer(at_v6, 503);
  const auto at_v4 = arrives("INVITE", second);
  for (const auto id : {HeaderId::contact, HeaderId::record_route, HeaderId::via}) {
    EXPECT_THAT(std::string(*at_v4.message.first_value(id)), HasSubstr("203.0.113.1:5060"));
  }
  EXPECT_EQ(at_v4.message.count(HeaderId::record_route), at_v6.message.count(HeaderId::record_route));
}

TEST_F(Failover, ABreakerCallGoesToTheNextServer) {
  request("INVITE", 1, true);
  const auto at_first = arrives("INVITE", first);
  answer(at_first, 503);
  arrives("ACK", first);
  const auto at_second = arrives("INVITE", second);
  EXPECT_NE(branch(at_first), branch(at_second));
  EXPECT_EQ(at_second.message.values(HeaderId::via).size(), 1U);
  EXPECT_EQ(at_first.message.call_id(), at_second.message.call_id());
  EXPECT_EQ(at_first.message.get(HeaderId::cseq), at_second.message.get(HeaderId::cseq));
  EXPECT_EQ(at_first.message.body(), at_second.message.body());
  EXPECT_TRUE(world.nothing_but_trying());
  answer(at_second, 200, phone_sdp);
  expect_answer(200, "INVITE");
  EXPECT_EQ(world.take_request("ACK").target.remote.to_string(), "198.51.100.20:5060");
}

TEST_F(Failover, ABreakerCallLeavesASilentServer) {
  const Endpoint v6{*IpAddress::parse("2001:db8::7"), 5060};
  world.names["pool.example.org"] = {v6, second};
  request("INVITE", 1, true);
  const auto at_v6 = arrives("INVITE", v6);
  EXPECT_THAT(std::string(*at_v6.message.get(HeaderId::contact)), HasSubstr("[2001:db8::1]:5060"));
  world.advance(4s);
  std::erase_if(world.sent, [&](const auto& s) { return s.target.remote == v6; });
  const auto at_second = arrives("INVITE", second);
  EXPECT_THAT(std::string(*at_second.message.get(HeaderId::contact)), HasSubstr("203.0.113.1:5060"));
  // Both answer: the first that comes is the call, the other is hung up.
  answer(at_v6, 200, phone_sdp);
  expect_answer(200, "INVITE");
  answer(at_second, 100);
  arrives("CANCEL", second);
  world.take_request("ACK");
  answer(at_second, 200, phone_sdp);
  world.take_request("ACK");
  world.take_request("BYE");
  EXPECT_TRUE(world.nothing_but_trying());
}

TEST_F(Failover, TheMediaOfABreakerCallMovesToTheFamilyOfTheNextServer) {
  world.names["pool.example.org"] = {{*IpAddress::parse("2001:db8::7"), 5060}, second};
  request("INVITE", 1, true);
  const auto at_v6 = world.take_request("INVITE");
  EXPECT_THAT(at_v6.message.body(), HasSubstr("c=IN IP6 2001:db8::1\r\n"));
  world.act([&](auto& core) { core.on_send_failed(world.now, at_v6.target); });
  const auto at_v4 = arrives("INVITE", second);
  EXPECT_THAT(at_v4.message.body(), HasSubstr("c=IN IP4 203.0.113.1\r\n"));
  EXPECT_EQ(at_v4.message.cseq(), at_v6.message.cseq());
  answer(at_v4, 200, phone_sdp);
  expect_answer(200, "INVITE");
}

TEST_F(Failover, ACallThatIsCancelledWhileItsMediaMovesLeavesNothing) {
  world.names["pool.example.org"] = {{*IpAddress::parse("2001:db8::7"), 5060}, second};
  request("INVITE", 1, true);
  const auto at_v6 = world.take_request("INVITE");
  world.open_media = false;
  world.act([&](auto& core) { core.on_send_failed(world.now, at_v6.target); });
  cancel();
  expect_answer(487, "INVITE");
  expect_answer(200, "CANCEL");
  EXPECT_TRUE(world.nothing_but_trying());
}

TEST_F(Failover, AServerThatAnswersAfterTheMediaMovedHearsWhereItIs) {
  const Endpoint v6{*IpAddress::parse("2001:db8::7"), 5060};
  world.names["pool.example.org"] = {v6, second};
  request("INVITE", 1, true);
  const auto at_v6 = arrives("INVITE", v6);
  world.open_media = false;
  world.advance(4s);
  answer(at_v6, 200, phone_sdp);
  expect_answer(200, "INVITE");
  world.take_request("ACK");
  std::erase_if(world.sent, [](const auto& s) { return s.message.is("INVITE") && s.message.to()->tag().empty(); });
  world.receive("ACK sip:x@203.0.113.1 SIP/2.0\r\nVia: SIP/2.0/WSS x.invalid;branch=z9hG4bKack\r\nMax-Forwards: 70\r\n"
                "From: <sip:alice@pool.example.org>;tag=abc\r\nTo: <sip:bob@pool.example.org>;tag=" + gateway_tag +
                "\r\nCall-ID: call-1\r\nCSeq: 1 ACK\r\nContent-Length: 0\r\n\r\n", flow);
  EXPECT_FALSE(world.take_request("INVITE").message.to()->tag().empty());
}

TEST_F(Failover, ABreakerCallFailsWhenEveryServerDoes) {
  request("INVITE", 1, true);
  const auto at_first = arrives("INVITE", first);
  world.act([&](auto& core) { core.on_send_failed(world.now, at_first.target); });
  answer(arrives("INVITE", second), 503);
  expect_answer(503, "INVITE");
  EXPECT_EQ(world.core.calls(), 0U);
}

class LargeRequest : public Failover {
 protected:
  void SetUp() override {
    Failover::SetUp();
    world.has_tcp = true;
    world.names["pool.example.org"] = {first};
  }
  void fail(const Sent& sent) {
    world.act([&](auto& core) { core.on_send_failed(world.now, sent.target); });
  }
  const std::string padding = "X-Padding: " + std::string(1300, 'x') + "\r\n";
};

TEST_F(LargeRequest, TriesTcpFirst) {
  request("MESSAGE", 1, false, padding);
  const auto by_tcp = arrives("MESSAGE", first);
  EXPECT_EQ(by_tcp.target.transport, sip::Transport::tcp);
  EXPECT_TRUE(by_tcp.target.tentative);
  EXPECT_THAT(std::string(*by_tcp.message.first_value(HeaderId::via)), StartsWith("SIP/2.0/TCP 203.0.113.1:5060"));
  answer(by_tcp, 200);
  expect_answer(200, "MESSAGE");

  request("MESSAGE", 2);
  const auto small = arrives("MESSAGE", first);
  EXPECT_EQ(small.target.transport, sip::Transport::udp);
}

TEST_F(LargeRequest, FallsBackToUdpAndRemembersItForFiveMinutes) {
  request("INVITE", 1, false, padding);
  const auto by_tcp = arrives("INVITE", first);
  fail(by_tcp);
  const auto by_udp = arrives("INVITE", first);
  EXPECT_EQ(by_udp.target.transport, sip::Transport::udp);
  EXPECT_THAT(std::string(*by_udp.message.first_value(HeaderId::via)), StartsWith("SIP/2.0/UDP 203.0.113.1:5060"));
  EXPECT_NE(branch(by_tcp), branch(by_udp));
  EXPECT_EQ(branch(by_tcp).substr(branch(by_tcp).find('.')), branch(by_udp).substr(branch(by_udp).find('.')));
  EXPECT_EQ(by_tcp.message.get(HeaderId::contact), by_udp.message.get(HeaderId::contact));
  EXPECT_EQ(by_udp.message.values(HeaderId::via).size(), 2U);
  answer(by_udp, 486);
  expect_answer(486, "INVITE");
  world.advance(290s);
  world.sent.clear();
  request("MESSAGE", 2, false, padding);
  const auto again = arrives("MESSAGE", first);
  EXPECT_EQ(again.target.transport, sip::Transport::udp);
  answer(again, 200);
  world.advance(11s);
  request("MESSAGE", 3, false, padding);
  EXPECT_EQ(arrives("MESSAGE", first).target.transport, sip::Transport::tcp);
}

TEST_F(LargeRequest, A503ByTcpIsTheServersAnswer) {
  request("MESSAGE", 1, false, padding);
  answer(arrives("MESSAGE", first), 503);
  expect_answer(500, "MESSAGE");
  EXPECT_TRUE(world.sent.empty());
}

TEST_F(LargeRequest, FallsBackBeforeTheNextServerIsTried) {
  world.names["pool.example.org"] = {first, second};
  request("MESSAGE", 1, false, padding);
  fail(arrives("MESSAGE", first));
  auto sent = arrives("MESSAGE", first);
  EXPECT_EQ(sent.target.transport, sip::Transport::udp);
  answer(sent, 503);
  sent = arrives("MESSAGE", second);
  EXPECT_EQ(sent.target.transport, sip::Transport::tcp);
  answer(sent, 200);
  expect_answer(200, "MESSAGE");
}

TEST_F(LargeRequest, OfTheBreakerToo) {
  request("INVITE", 1, true, padding);
  const auto by_tcp = arrives("INVITE", first);
  EXPECT_EQ(by_tcp.target.transport, sip::Transport::tcp);
  fail(by_tcp);
  const auto by_udp = arrives("INVITE", first);
  EXPECT_EQ(by_udp.target.transport, sip::Transport::udp);
  answer(by_udp, 200, phone_sdp);
  expect_answer(200, "INVITE");
}

TEST_F(LargeRequest, AnAckOfA200GoesByTcpAsWell) {
  request("INVITE");
  const auto invite = arrives("INVITE", first);
  const auto record_route = std::string(*invite.message.first_value(HeaderId::record_route));
  answer(invite, 200);
  expect_answer(200, "INVITE");
  const auto ack = "ACK sip:bob@198.51.100.20 SIP/2.0\r\nVia: SIP/2.0/WSS x.invalid;branch=z9hG4bKa\r\nMax-Forwards: 70\r\nRoute: " +
                   record_route + "\r\nFrom: <sip:alice@pool.example.org>;tag=abc\r\nTo: <sip:bob@pool.example.org>;tag=b\r\n"
                   "Call-ID: call-1\r\nCSeq: 1 ACK\r\n" + padding + "Content-Length: 0\r\n\r\n";
  world.receive(ack, flow);
  const auto by_tcp = world.take_request("ACK");
  EXPECT_EQ(by_tcp.target.transport, sip::Transport::tcp);
  EXPECT_THAT(std::string(*by_tcp.message.first_value(HeaderId::via)), StartsWith("SIP/2.0/TCP "));
  fail(by_tcp);
  world.receive(ack, flow);  // the peer repeated its 200
  EXPECT_EQ(world.take_request("ACK").target.transport, sip::Transport::udp);
}

}  // namespace
}  // namespace w2s::test
