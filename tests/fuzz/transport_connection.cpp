// Any bytes on a connection. The first byte chooses TCP or WebSocket and how large the pieces are that it
// comes in; on a WebSocket a good upgrade goes before. Nothing may crash, block or keep the connection once
// the peer has closed.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>

#include "transport/stream_connection.hpp"
#include "transport/web_socket.hpp"

using namespace w2s;
using namespace w2s::transport;

namespace {

constexpr std::string_view upgrade =
    "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: sip\r\n\r\n";

void require(bool holds) {
  if (!holds) std::abort();
}

// Answers each message by itself, and closes on BYE.
struct Events final : ConnectionEvents {
  void on_open(Connection&) override { ++opened; }
  void on_open_failed(Connection&, EndedBy, std::string_view) override { ++failed; }
  void on_message(Connection& connection, sip::ParseOutcome outcome) override {
    require(outcome.message.has_value() != outcome.failure.has_value());
    if (!outcome.message) return;
    connection.send(outcome.message->to_string());
    if (outcome.message->is("BYE")) connection.close("BYE");
  }
  void on_flow_ended(Connection&, EndedBy, std::string_view) override { ++ended; }
  void on_socket_closed(Connection&, std::string_view) override { ++closed; }
  void on_next_time_changed(Connection&) override {}
  MutableByteView scratch() override { return room; }
  const Options& options() const override { return settings; }

  Options settings;
  Bytes room = Bytes(4096);
  int opened = 0, failed = 0, ended = 0, closed = 0;
};

void write_in_pieces(boost::asio::io_context& io, int peer, std::string_view bytes, std::size_t piece) {
  char answer[4096];
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    if (::send(peer, bytes.data(), std::min(piece, bytes.size()), MSG_DONTWAIT | MSG_NOSIGNAL) <= 0) return;
    io.poll();
    while (::recv(peer, answer, sizeof answer, MSG_DONTWAIT) > 0) io.poll();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const bool web_socket = (data[0] & 1) != 0;
  const std::size_t piece = std::size_t{1} << (data[0] >> 4);
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);

  int ends[2];
  require(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  boost::asio::io_context io;
  const auto events = std::make_shared<Events>();
  events->settings.limits = {1024, 4096, 64, 16 * 1024};
  events->settings.send_queue_limit = 64 * 1024;
  auto stream = std::make_unique<ByteStream>(tcp::socket(io, tcp::v4(), ends[0]));
  const sip::Target peer{web_socket ? sip::Transport::ws : sip::Transport::tcp, {}, {}, sip::FlowId{1}, {}};
  std::shared_ptr<Connection> connection;
  if (web_socket) {
    connection = std::make_shared<WebSocket>(events, std::move(stream), peer);
  } else {
    connection = std::make_shared<StreamConnection>(events, std::move(stream), peer, true);
  }
  connection->start();
  if (web_socket) write_in_pieces(io, ends[1], upgrade, upgrade.size());
  write_in_pieces(io, ends[1], bytes, piece);
  ::close(ends[1]);
  io.restart();
  io.poll();
  connection->on_time(Clock::now() + 1h);
  connection.reset();
  io.restart();
  io.poll();
  require(events->opened == 1 && events->failed == 0 && events->ended == 1 && events->closed == 1);
  return 0;
}
