#include "stream_client.hpp"
#include "transport_fixture.hpp"

namespace w2s::transport {
namespace {

using test::StreamClient;
namespace ssl = boost::asio::ssl;

class StreamTest : public TransportTest {
 protected:
  std::string answers(StreamClient& client, std::string_view end) {
    EXPECT_TRUE(await([&] { return client.received.find(end) != std::string::npos || client.closed; }));
    return client.received;
  }
  static std::size_t count(std::string_view text, std::string_view part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++found;
    return found;
  }
  ssl::context tls{ssl::context::tls_client};
};

TEST_F(StreamTest, AnswersGoBackOnTheFlowOfTheirRequest) {
  listen(sip::Transport::tcp);
  StreamClient client(io, server());
  client.write(options_request());
  ASSERT_TRUE(await([&] { return !received.empty(); }));
  const auto [request, source] = received[0];
  EXPECT_EQ(source.transport, sip::Transport::tcp);
  EXPECT_EQ(source.remote, client.local());
  EXPECT_EQ(source.local, server());
  EXPECT_TRUE(transports->is_open(source.flow));
  EXPECT_EQ(transports->flow_target(source.flow), source);

  transports->send(sip::make_response(request, 200, "t"), source);
  EXPECT_EQ(answers(client, "\r\n\r\n").substr(0, 14), "SIP/2.0 200 OK");

  client.close();
  ASSERT_TRUE(await([&] { return !closed_flows.empty(); }));
  EXPECT_EQ(closed_flows, std::vector{source.flow});
  EXPECT_FALSE(transports->is_open(source.flow));
  transports->send(sip::make_response(request, 200, "t"), source);
  ASSERT_TRUE(await([&] { return !failed.empty(); }));
  EXPECT_EQ(failed, std::vector{source});
}

// The first answer meets a connection that is gone; the second message came before it went.
TEST_F(StreamTest, AWriteThatFailsLosesNoMessageThatHasCome) {
  Options options;
  options.listeners = {on(sip::Transport::tcp), on(sip::Transport::tls)};
  make(options);
  on_message = [this](const sip::Target& source) { transports->send(received.back().first, source); };
  for (const std::size_t listener : {0, 1}) {
    received.clear();
    closed_flows.clear();
    const auto client = listener == 0 ? std::make_unique<StreamClient>(io, server(0))
                                      : std::make_unique<StreamClient>(io, server(1), tls);
    client->write(options_request("first@test"));
    ASSERT_TRUE(await([&] { return !client->received.empty(); }));
    const auto messages = options_request("second@test") + options_request("third@test");
    if (listener == 0)
      ASSERT_GT(::send(client->socket().native_handle(), messages.data(), messages.size(), 0), 0);
    else
      client->write(messages);  // OpenSSL's bytes leave within this call
    client->socket().set_option(boost::asio::socket_base::linger(true, 0));
    client->close();
    EXPECT_TRUE(await([&] { return !closed_flows.empty(); }));
    EXPECT_EQ(received.size(), 3U) << listener;
  }
}

TEST_F(StreamTest, TlsCarriesTheSame) {
  listen(sip::Transport::tls);
  StreamClient client(io, server(), tls);
  const std::string large(100'000, 'x');
  client.write(options_request("large@test", large));
  ASSERT_TRUE(await([&] { return !received.empty(); }));
  EXPECT_EQ(received[0].second.transport, sip::Transport::tls);
  EXPECT_EQ(received[0].first.body(), large);
  transports->send(received[0].first, received[0].second);
  answers(client, large);
  EXPECT_GT(client.received.size(), large.size());
}

TEST_F(StreamTest, MessagesAreCutFromTheStreamHoweverItComes) {
  listen(sip::Transport::tcp);
  StreamClient client(io, server());
  const auto stream = options_request("one@test", "body") + "\r\n\r\n" + options_request("two@test");
  for (const char c : stream) {
    client.write(std::string(1, c));
    io.poll();
  }
  client.write(options_request("three@test") + options_request("four@test"));
  ASSERT_TRUE(await([&] { return received.size() == 4; }));
  EXPECT_EQ(received[0].first.body(), "body");
  EXPECT_EQ(received[3].first.call_id(), "four@test");
  EXPECT_EQ(client.received, "\r\n");  // RFC 5626 4.4.1
}

TEST_F(StreamTest, ABrokenMessageIsRefusedAndTheNextOneHeard) {
  listen(sip::Transport::tcp);
  StreamClient client(io, server());
  client.write(broken_request() + options_request("next@test"));
  ASSERT_TRUE(await([&] { return !received.empty(); }));
  EXPECT_EQ(received[0].first.call_id(), "next@test");
  EXPECT_EQ(answers(client, "\r\n\r\n").substr(0, 12), "SIP/2.0 400 ");
  EXPECT_EQ(broken.size(), 1U);
  EXPECT_FALSE(client.closed);
}

TEST_F(StreamTest, LostFramingIsRefusedAndTheConnectionClosed) {
  listen(sip::Transport::tcp);
  for (const auto* length : {"-1", "+5", "0x10", "", "99999999999999999999", "4\r\nContent-Length: 5"}) {
    StreamClient client(io, server());
    auto request = options_request();
    request.replace(request.find("Content-Length: 0"), 17, std::string("Content-Length: ") + length);
    client.write(request + options_request("smuggled@test"));
    ASSERT_TRUE(await([&] { return client.closed; })) << length;
    EXPECT_EQ(client.received.substr(0, 12), "SIP/2.0 400 ") << length;
    EXPECT_EQ(count(client.received, "SIP/2.0 "), 1U) << length;
  }
  EXPECT_TRUE(received.empty());
}

TEST_F(StreamTest, JunkIsClosedWithoutAnAnswer) {
  listen(sip::Transport::tcp);
  StreamClient client(io, server());
  client.write(std::string(100'000, 'a'));
  ASSERT_TRUE(await([&] { return client.closed; }));
  EXPECT_EQ(client.received, "");
  EXPECT_EQ(broken.size(), 1U);
}

TEST_F(StreamTest, SilenceEndsAtTheFirstMessageDeadlineAndPingsDoNotPutItOff) {
  Options options;
  options.first_message_deadline = 60ms;
  listen(sip::Transport::tcp, options);
  StreamClient silent(io, server());
  StreamClient pinging(io, server());
  pinging.write("\r\n\r\n");
  ASSERT_TRUE(await([&] { return silent.closed && pinging.closed; }));
  EXPECT_EQ(pinging.received, "\r\n");
}

TEST_F(StreamTest, AHalfHandshakeEndsAtItsDeadline) {
  Options options;
  options.handshake_deadline = 60ms;
  listen(sip::Transport::tls, options);
  StreamClient silent(io, server());
  StreamClient half(io, server());
  half.write(std::string("\x16\x03\x01\x02\x00\x01", 6));
  ASSERT_TRUE(await([&] { return silent.closed && half.closed; }));
  EXPECT_TRUE(closed_flows.empty());  // they never were flows
}

TEST_F(StreamTest, ABodyThatTricklesEndsAtItsDeadlineThoughTheFlowIsHeld) {
  Options options;
  options.body_deadline = 60ms;
  listen(sip::Transport::tcp, options);
  on_message = [this](const sip::Target& source) { transports->hold(source.flow, true); };
  StreamClient client(io, server());
  client.write(options_request());
  ASSERT_TRUE(await([&] { return !received.empty(); }));
  const auto start = Clock::now();
  auto slow = options_request("slow@test", "body");
  slow.pop_back();
  client.write(slow);
  ASSERT_TRUE(await([&] { return client.closed; }));
  EXPECT_GE(Clock::now() - start, 60ms);
  EXPECT_EQ(received.size(), 1U);
}

TEST_F(StreamTest, AnIdleFlowEndsUnlessItIsHeld) {
  Options options;
  options.idle_timeout = 80ms;
  listen(sip::Transport::tcp, options);
  on_message = [this](const sip::Target& source) {
    if (received.back().first.call_id() == "held@test") transports->hold(source.flow, true);
  };
  StreamClient held(io, server());
  StreamClient idle(io, server());
  held.write(options_request("held@test"));
  idle.write(options_request("idle@test"));
  ASSERT_TRUE(await([&] { return idle.closed; }));
  EXPECT_FALSE(held.closed);
  ASSERT_EQ(closed_flows.size(), 1U);
  for (const auto& [request, source] : received)
    if (request.call_id() == "held@test") transports->hold(source.flow, false);
  EXPECT_TRUE(await([&] { return held.closed; }));
}

TEST_F(StreamTest, BrokenMessagesAndTheirRefusalsKeepNoIdleFlow) {
  Options options;
  options.idle_timeout = 100ms;
  listen(sip::Transport::tcp, options);
  StreamClient client(io, server());
  client.write(options_request());
  ASSERT_TRUE(await([&] { return !received.empty(); }));
  const auto start = Clock::now();
  while (!client.closed && Clock::now() - start < 1s) {
    client.write(broken_request());
    io.run_for(20ms);
  }
  EXPECT_TRUE(client.closed);
  EXPECT_EQ(answers(client, "\r\n\r\n").substr(0, 12), "SIP/2.0 400 ");
}

TEST_F(StreamTest, AReaderThatNeverReadsIsClosedAtTheQueueLimit) {
  Options options;
  options.send_queue_limit = 256 * 1024;
  listen(sip::Transport::tcp, options);
  StreamClient client(io, server());
  client.stop_reading();
  client.write(options_request());
  ASSERT_TRUE(await([&] { return !received.empty(); }));
  const auto target = received[0].second;
  auto message = sip::Message::request("MESSAGE", "sip:x");
  message.set_body(std::string(64 * 1024, 'x'), "text/plain");
  int sent = 0;
  for (; sent < 1000 && transports->is_open(target.flow); ++sent) transports->send(message, target);
  EXPECT_LT(sent, 1000);  // the socket's buffers plus 256 KiB
  EXPECT_TRUE(closed_flows.empty());
  EXPECT_TRUE(await([&] { return !closed_flows.empty(); }));
}

TEST_F(StreamTest, WhatIsQueuedLeavesBeforeACloseTakesEffect) {
  listen(sip::Transport::tcp);
  StreamClient client(io, server());
  client.write(options_request());
  ASSERT_TRUE(await([&] { return !received.empty(); }));
  auto message = sip::Message::request("MESSAGE", "sip:x");
  message.set_body(std::string(200'000, 'x'), "text/plain");
  transports->send(message, received[0].second);
  transports->close(received[0].second.flow);
  EXPECT_FALSE(transports->is_open(received[0].second.flow));
  ASSERT_TRUE(await([&] { return client.closed; }));
  EXPECT_GT(client.received.size(), 200'000U);
}

TEST_F(StreamTest, ConnectionsBeyondTheCapsAreRefusedAndServiceGoesOn) {
  for (const bool per_address : {false, true}) {
    Options options;
    (per_address ? options.max_connections_per_address : options.max_connections) = 2;
    received.clear();
    listen(sip::Transport::tcp, options);
    StreamClient first(io, server());
    auto second = std::make_unique<StreamClient>(io, server());
    StreamClient third(io, server());
    ASSERT_TRUE(await([&] { return third.closed; }));
    first.write(options_request());
    ASSERT_TRUE(await([&] { return received.size() == 1; }));
    second->write(options_request());
    ASSERT_TRUE(await([&] { return received.size() == 2; }));
    second->close();
    ASSERT_TRUE(await([&] { return closed_flows.size() == 1; }));
    closed_flows.clear();
    StreamClient fourth(io, server());
    fourth.write(options_request());
    EXPECT_TRUE(await([&] { return received.size() == 3; }));
  }
}

TEST_F(StreamTest, StarListensOnBothFamilies) {
  Options options;
  options.listeners = {{sip::Transport::tcp, std::nullopt, 0}};
  make(options);
  for (const auto* ip : {"127.0.0.1", "::1"}) {
    const Endpoint own{IpAddress::parse(ip).value(), server().port};
    StreamClient client(io, own);
    client.write(options_request());
    ASSERT_TRUE(await([&] { return !received.empty(); })) << ip;
    EXPECT_EQ(received[0].second.local, own);
    EXPECT_EQ(received[0].second.remote, client.local());
    EXPECT_TRUE(transports->is_own_address(own));
    EXPECT_EQ(transports->local_for(sip::Transport::tcp, own.ip), own);
    received.clear();
  }
}

TEST_F(StreamTest, DescriptorsAreBackAtTheStartAfterAStormOfConnections) {
  Options options;
  options.listeners = {on(sip::Transport::tcp), on(sip::Transport::tls)};
  make(options);
  io.poll();
  const auto before = descriptors();
  for (int round = 0; round < 50; ++round) {
    StreamClient whole(io, server());
    StreamClient reset(io, server());
    StreamClient half(io, server(1));
    StreamClient encrypted(io, server(1), tls);
    whole.write(options_request());
    encrypted.write(options_request());
    half.write("\x16\x03");
    reset.socket().set_option(boost::asio::socket_base::linger(true, 0));
    reset.close();
    const auto wanted = static_cast<std::size_t>(2 * (round + 1));
    ASSERT_TRUE(await([&] { return received.size() == wanted; }));
  }
  EXPECT_TRUE(await([&] { return descriptors() == before; }));
  EXPECT_TRUE(await([&] { return closed_flows.size() >= 100; }));
}

TEST_F(StreamTest, StopsInTheMiddleOfEverything) {
  Options options;
  options.listeners = {on(sip::Transport::tcp), on(sip::Transport::tls)};
  make(options);
  on_message = [this](const sip::Target&) { transports->stop(); };
  StreamClient first(io, server());
  StreamClient second(io, server(1), tls);
  first.write(options_request() + options_request());
  EXPECT_TRUE(await([&] { return first.closed && second.closed; }));
  settle();
  EXPECT_EQ(received.size(), 1U);
  EXPECT_TRUE(closed_flows.empty());  // after stop() the owner hears nothing
}

}  // namespace
}  // namespace w2s::transport
