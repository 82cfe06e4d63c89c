#include <optional>

#include "transport_fixture.hpp"
#include "ws_client.hpp"

namespace w2s::transport {
namespace {

using test::Opcode;
using test::WsClient;
namespace ssl = boost::asio::ssl;

// One browser that connects, upgrades, sends a message in two fragments with a ping between them, gets
// answers until nobody reads them any more, pings, closes: and an end after any number of steps of that.
class LifetimeTest : public testing::TestWithParam<sip::Transport> {
 protected:
  struct World {
    explicit World(sip::Transport transport) {
      Options options;
      options.listeners = {{transport, IpAddress::parse("127.0.0.1").value(), 0}};
      options.ping_interval = 1ms;
      options.send_queue_limit = 16 << 20;
      Handlers handlers;
      handlers.on_message = [this](sip::Message message, const sip::Target& source) {
        ++received;
        message.set_body(std::string(1 << 20, 'x'), "text/plain");
        for (int i = 0; i < 8; ++i) transports->send(message, source);
      };
      transports = std::make_unique<SipTransports>(io->get_executor(), options, log, std::move(handlers));
      const auto server = transports->listeners().at(0).local;
      if (transport == sip::Transport::wss) {
        client.emplace(*io, server, tls);
      } else {
        client.emplace(*io, server);
      }
      // Else Nagle and delayed ACKs stop the story for longer than it takes.
      client->stream.socket().set_option(boost::asio::ip::tcp::no_delay(true));
      client->stream.stop_reading();
      client->stream.write(WsClient::upgrade());
      client->send(Opcode::text, options_request().substr(0, 50), false);
      client->send(Opcode::ping, "between");
      client->send(Opcode::continuation, options_request().substr(50));
      client->send(Opcode::ping, "while a message is on its way");
      client->stream.write(WsClient::announce(Opcode::text, 500) + "OPTIONS");
    }
    // True unless nothing happens any more.
    bool step() { return io->run_one_for(100ms) > 0; }

    std::unique_ptr<boost::asio::io_context> io = std::make_unique<boost::asio::io_context>();
    ssl::context tls{ssl::context::tls_client};
    NullLog log;
    int received = 0;
    std::unique_ptr<SipTransports> transports;
    std::optional<WsClient> client;
  };

  static std::size_t descriptors() {
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }

  // Calls `end` on a new world after 0, 1, 2, ... steps, until the story is told.
  void end_after_each_step(const std::function<void(World&)>& end) {
    const auto before = descriptors();
    int told = 0;
    for (int steps = 0; steps < 200; steps += 1 + steps / 20) {
      auto world = std::make_unique<World>(GetParam());
      for (int i = 0; i < steps && world->step(); ++i) {
      }
      told += world->received;
      end(*world);
      world->client.reset();
      world.reset();
      ASSERT_EQ(descriptors(), before) << "kept after " << steps << " steps";
    }
    EXPECT_GT(told, 0);
  }
};

TEST_P(LifetimeTest, TheTransportsEndAndTheLoopRunsOn) {
  end_after_each_step([](World& world) {
    world.transports.reset();
    world.io->run_for(1ms);
  });
}

// What waits for its turn inside the WebSocket must not keep it.
TEST_P(LifetimeTest, TheTransportsEndAndTheLoopNeverRunsAgain) {
  end_after_each_step([](World& world) {
    world.transports.reset();
    world.client.reset();
    world.io.reset();
  });
}

TEST_P(LifetimeTest, TheLoopEndsFirst) {
  end_after_each_step([](World& world) {
    world.transports->stop();
    world.client.reset();
    world.io->run_for(1ms);
    world.io->stop();
  });
}

TEST_P(LifetimeTest, TheBrowserIsGoneWithoutAWord) {
  end_after_each_step([](World& world) {
    boost::system::error_code ignored;
    world.client->stream.socket().set_option(boost::asio::socket_base::linger(true, 0), ignored);
    world.client->stream.close();
    world.io->run_for(2ms);
    world.transports.reset();
  });
}

TEST_P(LifetimeTest, TheFlowIsClosedUnderIt) {
  end_after_each_step([](World& world) {
    for (std::uint64_t flow = 1; flow < 3; ++flow) world.transports->close(sip::FlowId{flow});
    world.io->run_for(2ms);
    world.transports->stop();
    world.io->run_for(1ms);
  });
}

INSTANTIATE_TEST_SUITE_P(Over, LifetimeTest, testing::Values(sip::Transport::ws, sip::Transport::wss),
                         [](const auto& one) { return std::string(sip::uri_token(one.param)); });

}  // namespace
}  // namespace w2s::transport
