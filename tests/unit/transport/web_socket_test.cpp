#include "transport_fixture.hpp"
#include "ws_client.hpp"

namespace w2s::transport {
namespace {

using test::Frame;
using test::Opcode;
using test::WsClient;
namespace ssl = boost::asio::ssl;

class WebSocketTest : public TransportTest {
 protected:
  std::unique_ptr<WsClient> connect() {
    auto client = std::make_unique<WsClient>(io, server());
    client->stream.write(WsClient::upgrade());
    EXPECT_TRUE(await([&] { return !client->head().empty(); }));
    EXPECT_EQ(client->head().substr(0, 12), "HTTP/1.1 101");
    return client;
  }
  std::optional<Frame> next(WsClient& client) {
    std::optional<Frame> frame;
    EXPECT_TRUE(await([&] { return (frame = client.next()).has_value() || client.stream.closed; }));
    return frame;
  }
  // The answer of a server that refuses and closes.
  std::string refusal_of(const std::string& request) {
    WsClient client(io, server());
    client.stream.write(request);
    EXPECT_TRUE(await([&] { return client.stream.closed; }));
    return client.stream.received;
  }
  // The close code that answers these bytes.
  unsigned close_code_of(const std::string& bytes) {
    auto client = connect();
    client->stream.write(bytes);
    const auto frame = next(*client);
    EXPECT_TRUE(await([&] { return client->stream.closed; }));
    return frame && frame->opcode() == Opcode::close ? frame->close_code() : 0;
  }
  static std::string without(std::string text, std::string_view part, std::string_view instead = {}) {
    return text.replace(text.find(part), part.size(), instead);
  }
};

TEST_F(WebSocketTest, TheUpgradeSelectsTheSubprotocol) {
  listen(sip::Transport::ws);
  auto client = connect();
  EXPECT_THAT(client->head(), testing::HasSubstr("Sec-WebSocket-Protocol: sip\r\n"));
  EXPECT_THAT(client->head(), testing::HasSubstr("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
  EXPECT_THAT(client->head(), testing::Not(testing::HasSubstr("Server:")));
  for (const auto* protocols : {"Sec-WebSocket-Protocol: chat, SIP\r\n",
                                "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: sip\r\n"}) {
    WsClient other(io, server());
    other.stream.write(WsClient::upgrade(protocols));
    ASSERT_TRUE(await([&] { return !other.head().empty(); }));
    EXPECT_EQ(other.head().substr(0, 12), "HTTP/1.1 101") << protocols;
  }
  WsClient split(io, server());
  split.stream.write(without(WsClient::upgrade("Sec-WebSocket-Protocol: sip\r\nContent-Length: 0\r\n"),
                             "Connection: keep-alive, Upgrade\r\n",
                             "Connection: keep-alive\r\nConnection: Upgrade\r\n"));
  ASSERT_TRUE(await([&] { return !split.head().empty(); }));
  EXPECT_EQ(split.head().substr(0, 12), "HTTP/1.1 101");
}

TEST_F(WebSocketTest, AnUpgradeThatBreaksARuleIsToldWhich) {
  Options options;
  options.allow_origins = {"https://phone.example"};
  listen(sip::Transport::ws, options);
  const std::string origin = "Sec-WebSocket-Protocol: sip\r\nOrigin: https://phone.example\r\n";
  const auto good = WsClient::upgrade(origin);
  const std::vector<std::pair<std::string, std::string>> breaks = {
      {WsClient::upgrade("Origin: https://phone.example\r\n"), "400"},
      {WsClient::upgrade("Sec-WebSocket-Protocol: xsip\r\nOrigin: https://phone.example\r\n"), "400"},
      {WsClient::upgrade("Sec-WebSocket-Protocol: sip2, sips\r\nOrigin: https://phone.example\r\n"), "400"},
      {WsClient::upgrade("Sec-WebSocket-Protocol: sip\r\nOrigin: https://evil.example\r\n"), "403"},
      {WsClient::upgrade(), "403"},  // no Origin at all
      {without(good, "Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 8"), "426"},
      {without(good, "Sec-WebSocket-Version: 13\r\n"), "426"},
      {without(good, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"), "400"},
      {without(good, "dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZQ=="), "400"},
      {without(good, "Upgrade: websocket\r\n"), "426"},
      {without(good, "Host: gateway.example\r\n"), "400"},
      {WsClient::upgrade(origin + "Host: other.example\r\n"), "400"},
      {WsClient::upgrade(origin + "Origin: https://evil.example\r\n"), "400"},
      {WsClient::upgrade(origin + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"), "400"},
      {WsClient::upgrade(origin + "Sec-WebSocket-Version: 8\r\n"), "400"},
      {WsClient::upgrade(origin + "Content-Length: 5\r\n"), "400"},
      {WsClient::upgrade(origin + "Transfer-Encoding: chunked\r\n"), "400"},
      {without(good, "GET ", "POST "), "400"},
      {without(good, "HTTP/1.1", "HTTP/1.0"), "400"},
      {"GET / HTTP/1.1\r\nHost: gateway.example\r\n\r\n", "426"},
      {options_request(), "400"},
      {"\x16\x03\x01 TLS on the clear port\r\n\r\n", "400"},
      {"GET /" + std::string(40'000, 'a'), "431"},
  };
  for (const auto& [request, status] : breaks) {
    const auto answer = refusal_of(request);
    EXPECT_EQ(answer.substr(0, 13), "HTTP/1.1 " + status + " ") << request.substr(0, 400);
    EXPECT_THAT(answer, testing::Not(testing::HasSubstr("Server:")));
    EXPECT_EQ(answer.substr(answer.size() - std::min<std::size_t>(answer.size(), 2)), ".\n")
        << request.substr(0, 400);
  }
  WsClient client(io, server());
  client.stream.write(good);
  ASSERT_TRUE(await([&] { return !client.head().empty(); }));
  EXPECT_EQ(client.head().substr(0, 12), "HTTP/1.1 101");
}

TEST_F(WebSocketTest, MessagesPassBothWaysAsTextOverWsAndWss) {
  Options options;
  options.listeners = {on(sip::Transport::ws), on(sip::Transport::wss)};
  make(options);
  ssl::context tls(ssl::context::tls_client);
  WsClient clear(io, server(0));
  WsClient encrypted(io, server(1), tls);
  for (auto* client : {&clear, &encrypted}) {
    received.clear();
    client->stream.write(WsClient::upgrade());
    client->send(Opcode::text, options_request());
    client->send(Opcode::binary, options_request("binary@test", std::string(70'000, 'x')));
    ASSERT_TRUE(await([&] { return received.size() == 2; }));
    const auto [request, source] = received[1];
    EXPECT_EQ(request.body().size(), 70'000U);
    EXPECT_EQ(source.transport, client == &clear ? sip::Transport::ws : sip::Transport::wss);
    EXPECT_EQ(source.remote, client->stream.local());
    EXPECT_EQ(transports->flow_target(source.flow), source);

    auto response = sip::make_response(request, 200, "t");
    response.set_body(std::string(70'000, 'y'), "text/plain");
    transports->send(response, source);
    transports->send(received[0].first, source);
    auto frame = next(*client);
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->first, 0x81);
    EXPECT_EQ(frame->payload, response.to_string());
    frame = next(*client);
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->payload, received[0].first.to_string());
    EXPECT_FALSE(client->masked_frame_came);
  }
}

TEST_F(WebSocketTest, FramesMayComeRightBehindTheUpgradeAndInPieces) {
  listen(sip::Transport::ws);
  WsClient client(io, server());
  const auto bytes = WsClient::upgrade() + WsClient::frame(0x81, options_request());
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    client.stream.write(bytes.substr(i, 3));
    io.poll();
  }
  ASSERT_TRUE(await([&] { return received.size() == 1; }));
  WsClient at_once(io, server());
  at_once.stream.write(bytes);
  EXPECT_TRUE(await([&] { return received.size() == 2; }));
}

TEST_F(WebSocketTest, FragmentsAreJoinedAndPingsBetweenThemAnswered) {
  listen(sip::Transport::ws);
  auto client = connect();
  const auto message = options_request("fragments@test", "body");
  client->send(Opcode::text, message.substr(0, 10), false);
  client->send(Opcode::ping, "now");
  client->send(Opcode::continuation, message.substr(10, 50), false);
  client->send(Opcode::continuation, "", false);
  client->send(Opcode::continuation, message.substr(60));
  ASSERT_TRUE(await([&] { return !received.empty(); }));
  EXPECT_EQ(received[0].first.body(), "body");
  const auto pong = next(*client);
  ASSERT_TRUE(pong);
  EXPECT_EQ(pong->opcode(), Opcode::pong);
  EXPECT_EQ(pong->payload, "now");
}

TEST_F(WebSocketTest, RuleBreaksAreAnsweredByTheirCloseCode) {
  Options options;
  options.limits.message = 10'000;
  listen(sip::Transport::ws, options);
  const auto text = options_request();
  EXPECT_EQ(close_code_of(WsClient::frame(0x81, text, false)), 1002U);  // not masked
  EXPECT_EQ(close_code_of(WsClient::frame(0xc1, text)), 1002U);         // RSV1 without an extension
  EXPECT_EQ(close_code_of(WsClient::frame(0x83, text)), 1002U);         // reserved opcode
  EXPECT_EQ(close_code_of(WsClient::frame(0x8b, "")), 1002U);           // reserved control opcode
  EXPECT_EQ(close_code_of(WsClient::frame(0x80, text)), 1002U);         // continues nothing
  EXPECT_EQ(close_code_of(WsClient::frame(0x01, text) + WsClient::frame(0x81, text)),
            1002U);                                             // a second beginning
  EXPECT_EQ(close_code_of(WsClient::frame(0x09, "x")), 1002U);  // fragmented ping
  EXPECT_EQ(close_code_of(WsClient::frame(0x89, std::string(126, 'x'))), 1002U);
  EXPECT_EQ(close_code_of(WsClient::frame(0x81, "\xff\xfe")), 1007U);
  // Refused at the length that is announced, before a byte of it has come.
  EXPECT_EQ(close_code_of(WsClient::announce(Opcode::text, 10'001)), 1009U);
  EXPECT_EQ(close_code_of(WsClient::announce(Opcode::binary, 1ULL << 30)), 1009U);
  EXPECT_EQ(close_code_of(WsClient::frame(0x01, std::string(6'000, 'x')) +
                          WsClient::announce(Opcode::continuation, 6'000)),
            1009U);
  EXPECT_TRUE(received.empty());
  EXPECT_TRUE(await([&] { return closed_flows.size() == 12; }));
  connect();  // others are still served
}

TEST_F(WebSocketTest, AMessageThatIsNoSipIsCountedAndTheSocketStays) {
  listen(sip::Transport::ws);
  auto client = connect();
  client->send(Opcode::text, "hello");
  client->send(Opcode::text, "");
  client->send(Opcode::text, broken_request());
  client->send(Opcode::text, options_request());
  ASSERT_TRUE(await([&] { return !received.empty(); }));
  EXPECT_EQ(broken.size(), 2U);
  const auto refusal = next(*client);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->payload.substr(0, 12), "SIP/2.0 400 ");
  EXPECT_TRUE(transports->is_open(received[0].second.flow));
}

// RFC 7118 6 with RFC 5626 3.5.1: SIP.js pings like this and waits for the pong; JsSIP answers our ping like
// this.
TEST_F(WebSocketTest, ACrlfPingIsAnsweredAndAPongIsNot) {
  listen(sip::Transport::ws);
  auto client = connect();
  client->send(Opcode::text, "\r\n");
  client->send(Opcode::text, "\r\n\r\n");
  client->send(Opcode::ping, "after them");
  const auto pong = next(*client);
  ASSERT_TRUE(pong);
  EXPECT_EQ(pong->first, 0x81);
  EXPECT_EQ(pong->payload, "\r\n");
  const auto frame = next(*client);
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->opcode(), Opcode::pong);
  EXPECT_TRUE(broken.empty());
}

TEST_F(WebSocketTest, WhatIsNotUtf8LeavesAsBinary) {
  listen(sip::Transport::ws);
  auto client = connect();
  client->send(Opcode::text, options_request());
  ASSERT_TRUE(await([&] { return !received.empty(); }));
  auto message = sip::Message::request("MESSAGE", "sip:x");
  message.set_body("caf\xe9", "text/plain");
  transports->send(message, received[0].second);
  const auto frame = next(*client);
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->first, 0x82);
  EXPECT_EQ(frame->payload, message.to_string());
}

TEST_F(WebSocketTest, ACloseIsAnsweredAndTheFlowEnds) {
  listen(sip::Transport::ws);
  auto client = connect();
  client->send(Opcode::text, options_request());
  ASSERT_TRUE(await([&] { return !received.empty(); }));
  client->send(Opcode::close, std::string("\x03\xe8", 2));
  const auto frame = next(*client);
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->opcode(), Opcode::close);
  EXPECT_EQ(frame->close_code(), 1000U);
  EXPECT_TRUE(await([&] { return client->stream.closed && closed_flows.size() == 1; }));
}

TEST_F(WebSocketTest, OurCloseFollowsWhatIsQueued) {
  listen(sip::Transport::ws);
  auto client = connect();
  client->send(Opcode::text, options_request());
  ASSERT_TRUE(await([&] { return !received.empty(); }));
  const auto [request, source] = received[0];
  transports->send(request, source);
  transports->close(source.flow);
  transports->close(source.flow);
  EXPECT_FALSE(transports->is_open(source.flow));
  auto frame = next(*client);
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->opcode(), Opcode::text);
  frame = next(*client);
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->opcode(), Opcode::close);
  EXPECT_EQ(frame->close_code(), 1001U);
  client->send(Opcode::text, options_request("late@test"));
  settle();
  EXPECT_FALSE(client->stream.closed);  // the answer is awaited
  client->send(Opcode::close, frame->payload);
  EXPECT_TRUE(await([&] { return client->stream.closed; }));
  EXPECT_EQ(received.size(), 1U);
  EXPECT_TRUE(await([&] { return closed_flows == std::vector{source.flow}; }));
}

TEST_F(WebSocketTest, PingsFindADeadPeerAndKeepALivingOne) {
  Options options;
  options.ping_interval = 40ms;
  listen(sip::Transport::ws, options);
  auto dead = connect();
  auto living = connect();
  int pings = 0;
  const auto start = Clock::now();
  const auto dead_is_closed = [&] {
    if (const auto frame = living->next(); frame && frame->opcode() == Opcode::ping) {
      ++pings;
      living->send(Opcode::pong, frame->payload);
    }
    return dead->stream.closed;
  };
  ASSERT_TRUE(await(dead_is_closed));
  EXPECT_GE(Clock::now() - start, 100ms);  // two pings went unanswered
  EXPECT_TRUE(await([&] { return dead_is_closed() && pings >= 5; }));
  EXPECT_FALSE(living->stream.closed);
  EXPECT_EQ(closed_flows.size(), 1U);
}

TEST_F(WebSocketTest, SlowUpgradesFramesAndSilenceEndAtTheirDeadlines) {
  Options options;
  options.handshake_deadline = 60ms;
  options.first_message_deadline = 120ms;
  options.body_deadline = 60ms;
  listen(sip::Transport::ws, options);
  on_message = [this](const sip::Target& source) { transports->hold(source.flow, true); };

  WsClient half_upgrade(io, server());
  half_upgrade.stream.write("GET / HTTP/1.1\r\n");
  auto silent = connect();
  ASSERT_TRUE(await([&] { return half_upgrade.stream.closed; }));
  EXPECT_FALSE(silent->stream.closed);
  const auto close = next(*silent);
  ASSERT_TRUE(close);
  EXPECT_EQ(close->opcode(), Opcode::close);

  for (const auto& start : {WsClient::announce(Opcode::text, 1000), WsClient::frame(0x01, "OPTIONS"),
                            WsClient::announce(Opcode::text, 1000) + "OPTIONS", std::string("\x81")}) {
    auto slow = connect();
    slow->send(Opcode::text, options_request());
    const auto before = received.size();
    ASSERT_TRUE(await([&] { return received.size() > before; }));
    slow->stream.write(start);
    const auto since = Clock::now();
    const auto frame = next(*slow);
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->opcode(), Opcode::close);
    EXPECT_GE(Clock::now() - since, 40ms);
  }
}

TEST_F(WebSocketTest, AReaderThatNeverReadsIsClosedAtTheQueueLimit) {
  Options options;
  options.send_queue_limit = 256 * 1024;
  listen(sip::Transport::ws, options);
  auto client = connect();
  client->stream.stop_reading();
  client->send(Opcode::text, options_request());
  ASSERT_TRUE(await([&] { return !received.empty(); }));
  const auto target = received[0].second;
  auto message = sip::Message::request("MESSAGE", "sip:x");
  message.set_body(std::string(64 * 1024, 'x'), "text/plain");
  int sent = 0;
  for (; sent < 1000 && transports->is_open(target.flow); ++sent) {
    transports->send(message, target);
    io.poll();
  }
  EXPECT_LT(sent, 1000);
  EXPECT_TRUE(await([&] { return closed_flows == std::vector{target.flow}; }));
}

TEST_F(WebSocketTest, DescriptorsAreBackAtTheStartAfterAStormOfConnections) {
  Options options;
  options.listeners = {on(sip::Transport::ws), on(sip::Transport::wss)};
  make(options);
  ssl::context tls(ssl::context::tls_client);
  io.poll();
  const auto before = descriptors();
  for (int round = 0; round < 30; ++round) {
    WsClient whole(io, server());
    WsClient encrypted(io, server(1), tls);
    WsClient half(io, server());
    WsClient reset(io, server());
    half.stream.write("GET / HT");
    reset.stream.write(WsClient::upgrade() + WsClient::announce(Opcode::text, 500) + "OPT");
    for (auto* client : {&whole, &encrypted}) {
      client->stream.write(WsClient::upgrade());
      client->send(Opcode::text, options_request());
    }
    const auto wanted = static_cast<std::size_t>(2 * (round + 1));
    ASSERT_TRUE(await([&] { return received.size() == wanted; }));
    reset.stream.socket().set_option(boost::asio::socket_base::linger(true, 0));
  }
  EXPECT_TRUE(await([&] { return descriptors() == before; }));
}

TEST_F(WebSocketTest, StopsInTheMiddleOfEverything) {
  listen(sip::Transport::ws);
  on_message = [this](const sip::Target& source) {
    transports->send(sip::Message::request("OPTIONS", "sip:x"), source);
    transports.reset();
  };
  auto client = connect();
  client->stream.write(WsClient::frame(0x81, options_request()) + WsClient::frame(0x81, options_request()));
  EXPECT_TRUE(await([&] { return client->stream.closed; }));
  settle();
  EXPECT_EQ(received.size(), 1U);
  EXPECT_TRUE(closed_flows.empty());
}

}  // namespace
}  // namespace w2s::transport
