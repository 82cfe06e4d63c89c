#include "outgoing_fixture.hpp"
#include "ws_client.hpp"

namespace w2s::transport {
namespace {

using test::Opcode;
using test::WsClient;
namespace ssl = boost::asio::ssl;

// 40 header fields of more than 1,000 bytes, and a body that fills the message up to 64 KiB (a datagram holds
// a little less).
sip::Message large_message(sip::Transport transport) {
  auto message = *sip::parse(options_request("large@test"), sip::Framing::datagram).message;
  for (int i = 0; i < 40; ++i)
    message.append("X-Long-" + std::to_string(i), std::string(1200, static_cast<char>('a' + i % 26)));
  message.set_body("x", "text/plain");
  const std::size_t size = transport == sip::Transport::udp ? 65'000 : 64 * 1024;
  const std::size_t more_digits = 4;  // of Content-Length
  message.set_body(std::string(size - message.to_string().size() - more_digits + 1, 'x'), "text/plain");
  EXPECT_EQ(message.to_string().size(), size);
  return message;
}

class LargeMessageTest : public OutgoingTest, public testing::WithParamInterface<sip::Transport> {};
class LargeNetworkMessageTest : public LargeMessageTest {};
class LargeWebSocketMessageTest : public LargeMessageTest {};

TEST_P(LargeNetworkMessageTest, PassesWholeBothWays) {
  start_peer(GetParam());
  listen(GetParam());
  const auto message = large_message(GetParam());
  transports->send(message, to_peer(GetParam()));
  ASSERT_TRUE(await([&] { return !peer_received.empty(); }));
  EXPECT_EQ(peer_received[0].first.to_string(), message.to_string());
  peer->send(message, peer_received[0].second);
  ASSERT_TRUE(await([&] { return !received.empty(); }));
  EXPECT_EQ(received[0].first.to_string(), message.to_string());
}

TEST_P(LargeWebSocketMessageTest, PassesWholeBothWays) {
  listen(GetParam());
  ssl::context tls(ssl::context::tls_client);
  std::unique_ptr<WsClient> client;
  if (GetParam() == sip::Transport::ws) {
    client = std::make_unique<WsClient>(io, server());
  } else {
    client = std::make_unique<WsClient>(io, server(), tls);
  }
  const auto message = large_message(GetParam());
  client->stream.write(WsClient::upgrade());
  client->send(Opcode::text, message.to_string());
  ASSERT_TRUE(await([&] { return !received.empty(); }));
  EXPECT_EQ(received[0].first.to_string(), message.to_string());
  transports->send(message, received[0].second);
  std::optional<test::Frame> frame;
  ASSERT_TRUE(await([&] { return (frame = client->next()).has_value(); }));
  EXPECT_EQ(frame->payload, message.to_string());
}

constexpr auto token = [](const auto& one) { return std::string(sip::uri_token(one.param)); };
INSTANTIATE_TEST_SUITE_P(Over, LargeNetworkMessageTest,
                         testing::Values(sip::Transport::udp, sip::Transport::tcp, sip::Transport::tls),
                         token);
INSTANTIATE_TEST_SUITE_P(Over, LargeWebSocketMessageTest,
                         testing::Values(sip::Transport::ws, sip::Transport::wss), token);

}  // namespace
}  // namespace w2s::transport
