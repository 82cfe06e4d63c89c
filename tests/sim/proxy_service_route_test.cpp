// The service route that a registrar gives a browser (RFC 3608), followed by the gateway.
#include "proxy_world.hpp"

namespace w2s::test {
namespace {

class ServiceRoute : public testing::Test {
 protected:
  explicit ServiceRoute(std::optional<sip::NextHop> outbound = {}) : world(std::move(outbound)) {}
  void SetUp() override {
    flow = world.open_flow(55210);
    register_with("<sip:198.51.100.60;lr>, <sip:orig@198.51.100.61:5070;lr>");
  }
  void register_with(const std::string& service_route, int status = 200) {
    auto answer = reply(forward_register(world, flow, ++cseq, browser_contact).message, status, "srv");
    if (!service_route.empty()) answer.append(HeaderId::service_route, service_route);
    world.receive(answer, world.server());
    world.take_response(status, "REGISTER");
  }
  // What goes out when the browser sends a request with these headers.
  Sent send(const std::string& method, const std::string& extra = {}) {
    ++cseq;
    world.receive(request(method, "sip:bob@198.51.100.7", cseq, "s" + std::to_string(cseq), extra), flow);
    return world.take_request(method);
  }
  static std::vector<std::string> routes_in(const Sent& sent) {
    const auto values = sent.message.values(HeaderId::route);
    return {values.begin(), values.end()};
  }

  SipWorld world;
  sip::Target flow;
  int cseq = 0;
  const std::vector<std::string> both{"<sip:198.51.100.60;lr>", "<sip:orig@198.51.100.61:5070;lr>"};
};

TEST_F(ServiceRoute, IsTheRouteOfWhatTheBrowserSends) {
  for (const std::string method : {"INVITE", "MESSAGE", "PUBLISH"}) {
    const auto sent = send(method, method == "INVITE" ? "Contact: " + browser_contact + "\r\n" : "");
    EXPECT_EQ(sent.target.remote.to_string(), "198.51.100.60:5060") << method;
    EXPECT_EQ(routes_in(sent), both) << method;
  }
  EXPECT_EQ(send("REGISTER", "Contact: " + browser_contact + "\r\n").target.remote.ip.to_string(), "198.51.100.7");
}

TEST_F(ServiceRoute, ARouteOfTheBrowsersOwnComesFirst) {
  const auto sent = send("MESSAGE", "Route: <sip:198.51.100.99;lr>\r\n");
  EXPECT_EQ(routes_in(sent), std::vector<std::string>{"<sip:198.51.100.99;lr>"});
  // The outbound proxy that sipML5 names is only where the route begins.
  const auto behind = send("MESSAGE", "Route: <sip:198.51.100.98:5080;lr;sipml5-outbound;transport=udp>\r\n");
  EXPECT_EQ(behind.target.remote.to_string(), "198.51.100.98:5080");
  EXPECT_EQ(routes_in(behind), both);
}

TEST_F(ServiceRoute, IsWhatTheLastAnswerSays) {
  register_with("<sip:198.51.100.62;lr>");
  EXPECT_EQ(send("MESSAGE").target.remote.to_string(), "198.51.100.62:5060");
  register_with("<sip:198.51.100.63;lr>", 403);
  EXPECT_EQ(send("MESSAGE").target.remote.to_string(), "198.51.100.62:5060");
  for (const std::string none : {"", "<sip:198.51.100.64>", "<sip:203.0.113.1;lr>", "no route at all"}) {
    register_with("<sip:198.51.100.62;lr>");
    register_with(none);
    const auto sent = send("MESSAGE");
    EXPECT_EQ(sent.target.remote.to_string(), "198.51.100.7:5060") << none;
    EXPECT_EQ(routes_in(sent), std::vector<std::string>{}) << none;
  }
}

// We open no WebSockets.
TEST_F(ServiceRoute, LeadsNowhereOverWebSocket) {
  register_with("<sip:198.51.100.60;transport=ws;lr>, <sip:198.51.100.61;lr>");
  auto sent = send("MESSAGE");
  EXPECT_EQ(sent.target.remote.to_string(), "198.51.100.61:5060");
  EXPECT_EQ(routes_in(sent), std::vector<std::string>{"<sip:198.51.100.61;lr>"});
  register_with("<sip:198.51.100.60;transport=wss;lr>");
  sent = send("MESSAGE");
  EXPECT_EQ(sent.target.remote.to_string(), "198.51.100.7:5060");
  EXPECT_EQ(routes_in(sent), std::vector<std::string>{});
}

TEST_F(ServiceRoute, IsThatOfTheOnlyOneRegisteredWhenFromNamesNobody) {  // RFC 3323 4.1.1.3
  const auto send_anonymous = [&](const std::string& method, const std::string& extra) {
    ++cseq;
    auto text = request(method, "sip:bob@198.51.100.7", cseq, "a" + std::to_string(cseq), extra);
    const std::string alice = "\"Alice\"<sip:alice@198.51.100.7>";
    text.replace(text.find(alice), alice.size(), "\"Anonymous\" <sip:anonymous@anonymous.invalid>");
    world.receive(text, flow);
    return routes_in(world.take_request(method));
  };
  EXPECT_EQ(send_anonymous("MESSAGE", ""), both);
  EXPECT_EQ(send_anonymous("INVITE", "Contact: " + browser_contact + "\r\n"), both);
  // Of two nobody can say whose it is.
  auto second = register_request(++cseq);
  for (auto at = second.find("alice@198"); at != std::string::npos; at = second.find("alice@198"))
    second.replace(at, 5, "carol");
  world.receive(second, flow);
  world.receive(reply(world.take_request("REGISTER").message, 200, "srv"), world.server());
  world.take_response(200, "REGISTER");
  EXPECT_EQ(send_anonymous("MESSAGE", ""), std::vector<std::string>{});
}

TEST_F(ServiceRoute, EndsWithTheRegistration) {
  world.advance(201s);
  EXPECT_EQ(routes_in(send("MESSAGE")), std::vector<std::string>{});
}

// Whoever can choose a registrar can choose this.
TEST_F(ServiceRoute, LeadsNowhereThatIsNotAllowed) {
  world.refused.insert("198.51.100.60");
  world.receive(request("MESSAGE", "sip:bob@198.51.100.7", ++cseq, "n1", ""), flow);
  world.take_response(403, "MESSAGE");
  EXPECT_TRUE(world.sent.empty());
}

TEST_F(ServiceRoute, IsNoWayToFillTheMemory) {
  std::string many = "<sip:198.51.100.60;lr>";
  for (int i = 0; i < 100; ++i) many += ", <sip:198.51.100.61;lr>";
  register_with(many);
  EXPECT_EQ(routes_in(send("MESSAGE")), std::vector<std::string>{});
}

struct ServiceRouteBehindAProxy : ServiceRoute {
  ServiceRouteBehindAProxy() : ServiceRoute(sip::hop_of(*sip::parse_uri("sip:198.51.100.50"))) {}
};

// RFC 3608 6.1: it is appended to the route that leads out of the access network.
TEST_F(ServiceRouteBehindAProxy, BeginsBehindIt) {
  const auto sent = send("MESSAGE");
  EXPECT_EQ(sent.target.remote.to_string(), "198.51.100.50:5060");
  EXPECT_EQ(routes_in(sent), both);
}

}  // namespace
}  // namespace w2s::test
