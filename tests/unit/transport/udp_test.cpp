#include <boost/asio/ip/udp.hpp>

#include "w2s/net/local_addresses.hpp"

#include "transport_fixture.hpp"

namespace w2s::transport {
namespace {

using boost::asio::ip::udp;

class UdpTest : public TransportTest {
 protected:
  struct Client {
    Client(boost::asio::io_context& io, std::string_view ip)
        : socket(io, {boost::asio::ip::make_address(ip), 0}) {
      receive();
    }
    void receive() {
      socket.async_receive_from(boost::asio::buffer(buffer), from, [this](auto error, std::size_t size) {
        if (error) return;
        datagrams.emplace_back(buffer.data(), size);
        receive();
      });
    }
    void send(std::string_view bytes, const Endpoint& to) {
      socket.send_to(boost::asio::buffer(bytes), {boost::asio::ip::make_address(to.ip.to_string()), to.port});
    }
    Endpoint local() { return Endpoint::from_sockaddr(socket.local_endpoint().data()); }

    udp::socket socket;
    udp::endpoint from;
    std::array<char, 65536> buffer{};
    std::vector<std::string> datagrams;
  };
};

TEST_F(UdpTest, ADatagramIsAMessageAndItsAnswerLeavesFromTheSameSocket) {
  for (const auto* ip : {"127.0.0.1", "::1"}) {
    Options options;
    options.listeners = {on(sip::Transport::udp, ip)};
    make(options);
    Client client(io, ip);
    client.send(options_request(), server());
    ASSERT_TRUE(await([&] { return !received.empty(); }));
    const auto [request, source] = received.back();
    EXPECT_EQ(request.method(), "OPTIONS");
    EXPECT_EQ(source, (sip::Target{sip::Transport::udp, client.local(), server(), sip::FlowId::none, {}}));

    transports->send(sip::make_response(request, 200, "t"), source);
    ASSERT_TRUE(await([&] { return !client.datagrams.empty(); }));
    EXPECT_EQ(client.datagrams[0].substr(0, 15), "SIP/2.0 200 OK\r");
    EXPECT_EQ(Endpoint::from_sockaddr(client.from.data()), server());
    received.clear();
  }
}

TEST_F(UdpTest, AnswersACrlfKeepAliveWithLessAndIsSilentToJunk) {
  listen(sip::Transport::udp);
  Client client(io, "127.0.0.1");
  client.send(std::string_view("\0\0\0\0", 4), server());
  client.send("\r\n", server());
  client.send("", server());
  client.send("junk", server());
  client.send(std::string_view("\x00\x01\x00\x00\x21\x12\xa4\x42 a STUN one", 19), server());
  client.send("SIP/2.0 200 OK\r\n\r\n", server());
  client.send("\r\n\r\n", server());
  ASSERT_TRUE(await([&] { return !client.datagrams.empty(); }));
  settle();
  EXPECT_EQ(client.datagrams, std::vector<std::string>{"\r\n"});
  EXPECT_TRUE(received.empty());
  EXPECT_EQ(broken.size(), 3U);  // counted, not answered
}

TEST_F(UdpTest, RefusesABrokenRequestTheSameWayEachTime) {
  listen(sip::Transport::udp);
  Client client(io, "127.0.0.1");
  client.send(broken_request(), server());
  client.send(broken_request(), server());
  ASSERT_TRUE(await([&] { return client.datagrams.size() == 2; }));
  EXPECT_EQ(client.datagrams[0].substr(0, 12), "SIP/2.0 400 ");
  EXPECT_THAT(client.datagrams[0], testing::HasSubstr("rport=" + std::to_string(client.local().port)));
  EXPECT_THAT(client.datagrams[0], testing::HasSubstr(";tag="));
  EXPECT_EQ(client.datagrams[0], client.datagrams[1]);
  EXPECT_LE(client.datagrams[0].size(), 2 * broken_request().size());
  EXPECT_TRUE(received.empty());
}

TEST_F(UdpTest, NeverAnswersABrokenAck) {
  listen(sip::Transport::udp);
  Client client(io, "127.0.0.1");
  auto ack = broken_request();
  ack.replace(0, 7, "ACK");
  client.send(ack, server());
  ASSERT_TRUE(await([&] { return !broken.empty(); }));
  settle();
  EXPECT_TRUE(client.datagrams.empty());
}

TEST_F(UdpTest, RefusalsForOneAddressAreLimited) {
  listen(sip::Transport::udp);
  Client client(io, "127.0.0.1");
  for (int i = 0; i < 300; ++i) {
    client.send(broken_request(), server());
    ASSERT_TRUE(await([&] { return broken.size() == static_cast<std::size_t>(i + 1); }));
  }
  settle();
  EXPECT_GE(client.datagrams.size(), 200U);  // a new period may have begun meanwhile
  EXPECT_LT(client.datagrams.size(), 300U);
}

TEST_F(UdpTest, StarIsOneSocketForEachLocalAddressOnOnePort) {
  Options options;
  options.listeners = {{sip::Transport::udp, std::nullopt, 0}};
  make(options);
  std::vector<IpAddress> bound;
  for (const auto& listener : transports->listeners()) {
    bound.push_back(listener.local.ip);
    EXPECT_EQ(listener.local.port, server().port);
    EXPECT_NE(listener.local.port, 0);
  }
  EXPECT_THAT(bound, testing::UnorderedElementsAreArray(net::local_addresses()));

  Client client(io, "127.0.0.1");
  const Endpoint loopback{IpAddress::parse("127.0.0.1").value(), server().port};
  client.send(options_request(), loopback);
  ASSERT_TRUE(await([&] { return !received.empty(); }));
  EXPECT_EQ(received[0].second.local, loopback);
  EXPECT_EQ(transports->local_for(sip::Transport::udp, IpAddress::parse("127.0.0.1").value()), loopback);
}

TEST_F(UdpTest, WhatCannotBeSentIsReportedLater) {
  listen(sip::Transport::udp);
  const auto request = sip::Message::request("OPTIONS", "sip:x");
  const sip::Target other_family{
      sip::Transport::udp, {IpAddress::parse("::1").value(), 9}, {}, sip::FlowId::none, {}};
  transports->send(request, other_family);
  EXPECT_TRUE(failed.empty());
  ASSERT_TRUE(await([&] { return !failed.empty(); }));
  EXPECT_EQ(failed[0], other_family);
}

TEST_F(UdpTest, APublicAddressIsAdvertisedAndRecognised) {
  Options options;
  options.listeners = {on(sip::Transport::udp)};
  options.public_addresses = {{std::nullopt, IpAddress::parse("198.51.100.9").value()}};
  make(options);
  const Endpoint advertised{IpAddress::parse("198.51.100.9").value(), server().port};
  EXPECT_EQ(transports->local_for(sip::Transport::udp, IpAddress::parse("127.0.0.1").value()), advertised);
  EXPECT_TRUE(transports->is_own_address(advertised));
  EXPECT_TRUE(transports->is_own_address(server()));
  EXPECT_FALSE(transports->is_own_address({advertised.ip, 1}));
  EXPECT_TRUE(transports->is_own_host("198.51.100.9", server().port));
  EXPECT_FALSE(transports->is_own_host("198.51.100.9", std::nullopt));
  EXPECT_FALSE(transports->is_own_host("gateway.example", server().port));
  EXPECT_EQ(transports->local_for(sip::Transport::tcp, IpAddress::parse("127.0.0.1").value()), std::nullopt);

  // A request whose Via carries the public address leaves from the socket behind it.
  Client client(io, "127.0.0.1");
  transports->send(sip::Message::request("OPTIONS", "sip:x"),
                   {sip::Transport::udp, client.local(), advertised, sip::FlowId::none, {}});
  ASSERT_TRUE(await([&] { return !client.datagrams.empty(); }));
  EXPECT_EQ(Endpoint::from_sockaddr(client.from.data()), server());
}

TEST_F(UdpTest, APortThatIsTakenStopsTheStartAndNamesTheListener) {
  listen(sip::Transport::udp);
  Options options;
  options.listeners = {{sip::Transport::udp, server().ip, server().port}};
  try {
    SipTransports second(io.get_executor(), options, log, {});
    FAIL() << "bound twice";
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(error.what(), "cannot listen on udp " + server().to_string() + ": Address already in use");
  }
}

}  // namespace
}  // namespace w2s::transport
