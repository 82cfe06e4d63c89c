#include <boost/asio/write.hpp>

#include "outgoing_fixture.hpp"

namespace w2s::transport {
namespace {

using boost::asio::ip::tcp;

TEST_F(OutgoingTest, AConnectionIsOpenedOnDemandAndReused) {
  start_peer(sip::Transport::tcp);
  listen(sip::Transport::tcp);
  const auto target = to_peer(sip::Transport::tcp);
  transports->send(request(), target);
  transports->send(request(), target);  // queued until it is connected
  ASSERT_TRUE(await([&] { return peer_received.size() == 2; }));
  transports->send(request(), target);
  ASSERT_TRUE(await([&] { return peer_received.size() == 3; }));
  EXPECT_EQ(peer_received[0].second, peer_received[2].second);

  peer->send(sip::make_response(peer_received[0].first, 200, "t"), peer_received[0].second);
  ASSERT_TRUE(await([&] { return !received.empty(); }));
  const auto& source = received[0].second;
  EXPECT_EQ(source.remote, target.remote);
  EXPECT_EQ(source.local, peer_received[0].second.remote);
  EXPECT_TRUE(transports->is_open(source.flow));
  EXPECT_TRUE(failed.empty());
}

TEST_F(OutgoingTest, ARefusedConnectionFailsEachTargetOnce) {
  start_peer(sip::Transport::tcp);
  listen(sip::Transport::tcp);
  const auto target = to_peer(sip::Transport::tcp);
  peer.reset();
  transports->send(request(), target);
  transports->send(request(), target);
  EXPECT_TRUE(failed.empty());
  ASSERT_TRUE(await([&] { return !failed.empty(); }));
  settle();
  EXPECT_EQ(failed, std::vector{target});
  EXPECT_TRUE(closed_flows.empty());
}

TEST_F(OutgoingTest, AConnectionThatDiesFailsItsTargetsAndTheNextMessageOpensAnother) {
  start_peer(sip::Transport::tcp);
  listen(sip::Transport::tcp);
  const auto target = to_peer(sip::Transport::tcp);
  transports->send(request(), target);
  ASSERT_TRUE(await([&] { return peer_received.size() == 1; }));
  peer->close(peer_received[0].second.flow);
  ASSERT_TRUE(await([&] { return !failed.empty() && !closed_flows.empty(); }));
  EXPECT_EQ(failed, std::vector{target});
  transports->send(request(), target);
  ASSERT_TRUE(await([&] { return peer_received.size() == 2; }));
  EXPECT_NE(peer_received[0].second.flow, peer_received[1].second.flow);
}

// What the owner opens anew when the flow closes must not be taken for what failed with it.
TEST_F(OutgoingTest, WhatFailedWithAConnectionIsToldBeforeItsEnd) {
  start_peer(sip::Transport::tcp);
  listen(sip::Transport::tcp);
  std::size_t failed_before_the_end = 0;
  transports->send(request(), to_peer(sip::Transport::tcp));
  ASSERT_TRUE(await([&] { return peer_received.size() == 1; }));
  on_flow_closed = [&] { failed_before_the_end = failed.size(); };
  peer->close(peer_received[0].second.flow);
  ASSERT_TRUE(await([&] { return !closed_flows.empty(); }));
  EXPECT_EQ(failed_before_the_end, 1U);
}

TEST_F(OutgoingTest, AnIdleConnectionOfOursEndsInSilence) {
  start_peer(sip::Transport::tcp);
  Options options;
  options.idle_timeout = 50ms;
  listen(sip::Transport::tcp, options);
  transports->send(request(), to_peer(sip::Transport::tcp));
  ASSERT_TRUE(await([&] { return !closed_flows.empty(); }));
  settle();
  EXPECT_EQ(peer_received.size(), 1U);
  EXPECT_TRUE(failed.empty());
}

TEST_F(OutgoingTest, APeerThatNeverAnswersTheHandshakeFailsAtTheDeadline) {
  tcp::acceptor silent(io, {boost::asio::ip::make_address("127.0.0.1"), 0});
  Options options;
  options.handshake_deadline = 50ms;
  listen(sip::Transport::tls, options);
  const sip::Target target{
      sip::Transport::tls, Endpoint::from_sockaddr(silent.local_endpoint().data()), {}, {}, "a"};
  transports->send(request(), target);
  ASSERT_TRUE(await([&] { return !failed.empty(); }));
  EXPECT_EQ(failed, std::vector{target});
}

TEST_F(OutgoingTest, NobodyIsReachedByWebSocketWithoutAFlow) {
  start_peer(sip::Transport::ws);
  listen(sip::Transport::ws);
  transports->send(request(), to_peer(sip::Transport::ws));
  ASSERT_TRUE(await([&] { return !failed.empty(); }));
  EXPECT_TRUE(peer_received.empty());
}

// A peer of which the test holds every socket.
class DyingPeerTest : public OutgoingTest {
 protected:
  DyingPeerTest() {
    acceptor.non_blocking(true);
    Options options;
    options.send_queue_limit = 64 << 20;
    listen(sip::Transport::tcp, options);
  }
  // Null when nobody connects.
  std::unique_ptr<tcp::socket> accept() {
    auto socket = std::make_unique<tcp::socket>(io);
    error_code error;
    const auto accepted = [&] {
      acceptor.accept(*socket, error);
      return !error;
    };
    if (!await(accepted, 5s)) return nullptr;
    socket->non_blocking(true);
    return socket;
  }
  // Reads until `enough` holds of all that came.
  template <class Predicate>
  bool read(tcp::socket& socket, std::string& text, Predicate enough) {
    std::string room(256 * 1024, 0);
    return await([&] {
      error_code error;
      const auto size = socket.read_some(boost::asio::buffer(room), error);
      if (!error) text.append(room, 0, size);
      io.poll();
      return enough();
    });
  }
  // The first connection, on which a request was heard and answered.
  std::unique_ptr<tcp::socket> proven_connection() {
    transports->send(request(), target());
    auto socket = accept();
    std::string text;
    EXPECT_TRUE(read(*socket, text, [&] { return text.ends_with("\r\n\r\n"); }));
    const auto heard = sip::parse(text, sip::Framing::datagram).message;
    boost::asio::write(*socket, boost::asio::buffer(sip::make_response(*heard, 200, "t").to_string()));
    EXPECT_TRUE(await([&] { return received.size() == 1; }));
    return socket;
  }
  static void reset(tcp::socket& socket) {
    socket.set_option(boost::asio::socket_base::linger(true, 0));
    socket.close();
  }
  void send_more_than_fits() {
    for (int i = 0; i < messages; ++i) {
      auto message = sip::Message::request("MESSAGE", "sip:" + std::to_string(i) + "@x");
      message.set_body(std::string(64 * 1024, 'x'), "text/plain");
      transports->send(message, target());
    }
  }
  sip::Target target() const {
    return {sip::Transport::tcp, Endpoint::from_sockaddr(acceptor.local_endpoint().data()), server(), {}, {}};
  }

  static constexpr int messages = 200;  // 12.5 MiB: more than the sockets of both sides hold
  tcp::acceptor acceptor{io, {boost::asio::ip::make_address("127.0.0.1"), 0}};
};

TEST_F(DyingPeerTest, AMessageForAConnectionThatDiedMeanwhileOpensAnother) {
  const auto first = proven_connection();
  first->close();  // the kernel knows; no handler has run yet
  transports->send(request(), target());
  const auto second = accept();
  ASSERT_TRUE(second);
  std::string text;
  ASSERT_TRUE(read(*second, text, [&] { return text.ends_with("\r\n\r\n"); }));
  EXPECT_EQ(text, options_request());
  settle();
  EXPECT_TRUE(failed.empty());
}

TEST_F(DyingPeerTest, WhatWasQueuedLeavesOverAnotherConnectionWholeAndOnce) {
  const auto first = proven_connection();
  send_more_than_fits();
  reset(*first);
  const auto second = accept();
  ASSERT_TRUE(second);
  std::string text;
  const auto last = "MESSAGE sip:" + std::to_string(messages - 1) + "@x";
  ASSERT_TRUE(read(*second, text, [&] { return text.find(last) != std::string::npos; }));
  ASSERT_EQ(text.substr(0, 12), "MESSAGE sip:");
  int next = std::stoi(text.substr(12));
  EXPECT_GT(next, 0);  // what the kernel had taken is not known to be lost
  for (std::size_t at = 0; at != std::string::npos; at = text.find("MESSAGE sip:", at + 1))
    EXPECT_EQ(std::stoi(text.substr(at + 12)), next++);
  EXPECT_EQ(next, messages);
  EXPECT_TRUE(failed.empty());
}

TEST_F(DyingPeerTest, APeerThatNeverSpokeIsNotCalledAgainByItself) {
  send_more_than_fits();
  const auto first = accept();
  ASSERT_TRUE(first);
  std::string text;
  ASSERT_TRUE(read(*first, text, [&] { return !text.empty(); }));
  reset(*first);
  ASSERT_TRUE(await([&] { return !failed.empty(); }));
  EXPECT_EQ(failed, std::vector{target()});
  settle();
  error_code error;
  tcp::socket none(io);
  acceptor.accept(none, error);
  EXPECT_EQ(error, boost::asio::error::would_block);
}

}  // namespace
}  // namespace w2s::transport
