// One connection over a socket pair: how often it writes, and what it makes of a socket that is full or gone.
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "transport/stream_connection.hpp"
#include "transport/web_socket.hpp"
#include "ws_client.hpp"

namespace w2s::transport {
namespace {

using test::WsClient;

constexpr std::string_view options_request =
    "OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/TCP a;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: "
    "<sip:a@b>\r\n"
    "Call-ID: 1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";

class CountingStream final : public ByteStream {
 public:
  CountingStream(tcp::socket socket, int& writes) : ByteStream(std::move(socket)), writes_(writes) {}
  IoResult write(ByteView from) override {
    ++writes_;
    return ByteStream::write(from);
  }

 private:
  int& writes_;
};

struct Heard final : ConnectionEvents {
  void on_open(Connection&) override { ++opened; }
  void on_open_failed(Connection&, EndedBy, std::string_view why) override { failed = why; }
  void on_message(Connection&, sip::ParseOutcome) override { ++messages; }
  void on_flow_ended(Connection&, EndedBy, std::string_view why) override { ended = why; }
  void on_socket_closed(Connection&, std::string_view) override { ++closed; }
  void on_next_time_changed(Connection&) override {}
  MutableByteView scratch() override { return room; }
  const Options& options() const override { return settings; }

  Options settings;
  Bytes room = Bytes(64 * 1024);
  int opened = 0, messages = 0, closed = 0;
  std::string failed, ended;
};

class ConnectionTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0); }
  ~ConnectionTest() override {
    connection.reset();
    ::close(ends[1]);
    io.restart();
    io.poll();
  }
  void start(sip::Transport transport) {
    const sip::Target peer{transport, {}, {}, sip::FlowId{1}, {}};
    auto stream = std::make_unique<CountingStream>(tcp::socket(io, tcp::v4(), ends[0]), writes);
    if (is_web_socket(transport))
      connection = std::make_shared<WebSocket>(events, std::move(stream), peer);
    else
      connection = std::make_shared<StreamConnection>(events, std::move(stream), peer, true);
    connection->start();
  }
  // All of it comes in one read.
  void peer_writes(std::string_view bytes) {
    ASSERT_EQ(::send(ends[1], bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
    io.restart();
    io.poll();
  }
  std::string peer_reads() {
    std::string all(64 * 1024, '\0');
    const auto count = ::recv(ends[1], all.data(), all.size(), MSG_DONTWAIT);
    all.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return all;
  }
  void start_web_socket() {
    start(sip::Transport::ws);
    peer_writes(WsClient::upgrade());
    ASSERT_EQ(peer_reads().substr(0, 12), "HTTP/1.1 101");
    writes = 0;
  }

  boost::asio::io_context io;
  std::shared_ptr<Heard> events = std::make_shared<Heard>();
  std::shared_ptr<Connection> connection;
  int ends[2] = {-1, -1};
  int writes = 0;
};

TEST_F(ConnectionTest, AFloodOfPingsIsAnsweredOnceForEachRead) {
  start_web_socket();
  std::string flood;
  for (int i = 1000; i < 3000; ++i) flood += WsClient::frame(0x89, std::to_string(i));
  peer_writes(flood);
  EXPECT_EQ(writes, 1);
  EXPECT_EQ(peer_reads(),
            "\x8a\x04"
            "2999");
}

TEST_F(ConnectionTest, AFloodOfKeepAlivesIsAnsweredOnceForEachRead) {
  start_web_socket();
  std::string flood;
  for (int i = 0; i < 2000; ++i) flood += WsClient::frame(0x81, "\r\n\r\n");
  peer_writes(flood);
  EXPECT_EQ(writes, 1);
  EXPECT_EQ(peer_reads(), "\x81\x02\r\n");
}

TEST_F(ConnectionTest, AFloodOfKeepAlivesOverTcpIsAnsweredOnceForEachRead) {
  start(sip::Transport::tcp);
  std::string flood;
  for (int i = 0; i < 2000; ++i) flood += "\r\n\r\n";
  peer_writes(flood);
  EXPECT_EQ(writes, 1);
  EXPECT_EQ(peer_reads(), "\r\n");
}

TEST_F(ConnectionTest, AnUpgradeWhoseAnswerIsTooMuchForTheQueueOpensNothing) {
  events->settings.send_queue_limit = 100;
  start(sip::Transport::ws);
  peer_writes(WsClient::upgrade());
  EXPECT_EQ(events->opened, 0);
  EXPECT_EQ(events->failed, "it does not read");
  EXPECT_EQ(events->closed, 1);
  EXPECT_TRUE(connection->is_closed());
}

TEST_F(ConnectionTest, APeerThatSpeaksAndNeverReadsIsClosedAtTheDeadline) {
  start(sip::Transport::tcp);
  connection->hold(true);
  for (int i = 0; i < 12; ++i) connection->send(std::string(64 * 1024, 'x'));
  const auto stuck = Clock::now();
  peer_writes(options_request);
  ASSERT_TRUE(connection->is_open());
  ASSERT_EQ(events->messages, 1);
  connection->on_time(stuck + events->settings.body_deadline + 1s);
  EXPECT_EQ(events->ended, "it does not read");
  EXPECT_TRUE(connection->is_closed());
}

TEST_F(ConnectionTest, APeerThatReadsHasNoDeadline) {
  start(sip::Transport::tcp);
  connection->hold(true);
  peer_writes(options_request);
  for (int i = 0; i < 12; ++i) connection->send(std::string(64 * 1024, 'x'));
  ASSERT_NE(connection->next_time(), std::nullopt);
  for (std::size_t read = 0; read < 12 * 64 * 1024;) {
    const auto some = peer_reads();
    ASSERT_FALSE(some.empty());
    read += some.size();
    io.restart();
    io.poll();
  }
  EXPECT_EQ(connection->next_time(), std::nullopt);
}

}  // namespace
}  // namespace w2s::transport
