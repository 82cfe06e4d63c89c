// Proxied dialogs beyond the plain call: subscriptions, browser to browser, and a WebSocket that is lost.
#include "proxy_world.hpp"

namespace w2s::test {
namespace {

// ---- subscriptions (RFC 6665) ----

TEST(ProxyDialog, AnOutboundProxyThatDidNotRecordItselfIsNotInIt) {
  SipWorld world(sip::NextHop{{}, "198.51.100.7", 5060, sip::Transport::udp});
  const auto flow = world.open_flow(55210);
  register_alice(world, flow);
  world.receive(request("INVITE", "sip:bob@198.51.100.9", 1, "i1", "Contact: " + browser_contact + "\r\n"), flow);
  const auto invite = world.take_request("INVITE");
  EXPECT_EQ(invite.target.remote.to_string(), "198.51.100.7:5060");
  world.receive(reply(invite.message, 200, "bobtag", "<sip:bob@198.51.100.20:5070>"), world.server());
  const auto routes = routes_of(world.take_response(200, "INVITE").message);
  world.receive(request("BYE", "sip:bob@198.51.100.20:5070", 2, "b1", routes, "bobtag"), flow);
  EXPECT_EQ(world.take_request("BYE").target.remote.to_string(), "198.51.100.20:5070");
}

TEST(ProxySubscription,
     TheNotifyThatMakesTheDialogIsRecordRouted) {  // 4.3; SIP.js takes its route set from there
  SipWorld world;
  const auto flow = world.open_flow(55210);
  const auto stored = uri_of(register_alice(world, flow)).to_string();
  world.receive(request("SUBSCRIBE", "sip:bob@198.51.100.7", 1, "s1",
                        "Event: presence\r\nContact: " + browser_contact + "\r\n"),
                flow);
  const auto subscribe = world.take_request("SUBSCRIBE");
  EXPECT_EQ(subscribe.message.values(HeaderId::record_route).size(), 2U);
  // The NOTIFY may overtake the 200.
  FromNetwork server{"call-1", "<sip:bob@198.51.100.7>;tag=srv", "\"Alice\"<sip:alice@198.51.100.7>;tag=abc",
                     routes_of(subscribe.message) +
                         "Event: presence\r\nSubscription-State: active\r\nContact: <sip:198.51.100.7>\r\n"};
  world.receive(server.text("NOTIFY", stored, "n1"), world.server());
  const auto notify = world.take_request("NOTIFY");
  EXPECT_EQ(notify.target.flow, flow.flow);
  EXPECT_EQ(contact_in(notify.message), "<sip:198.51.100.7>");
  world.receive(reply(notify.message, 200, "", "<sips:alice@df7jal23ls0d.invalid>"), flow);
  world.take_response(200, "NOTIFY");
  world.receive(reply(subscribe.message, 200, "srv", "<sip:198.51.100.7>"), world.server());
  world.take_response(200, "SUBSCRIBE");
  EXPECT_TRUE(world.held.contains(flow.flow));

  world.receive(
      request("SUBSCRIBE", "sip:198.51.100.7", 2, "s2",
              routes_of(notify.message) + "Event: presence\r\nContact: " + browser_contact + "\r\n", "srv"),
      flow);
  EXPECT_EQ(world.take_request("SUBSCRIBE").target.remote.to_string(), "198.51.100.7:5060");
}

TEST(ProxyRecordRoute, StandsInWhatMayFormADialogOnly) {
  SipWorld world;
  const auto flow = world.open_flow(55210);
  const std::string contact = "Contact: " + browser_contact + "\r\n";
  for (const auto* method : {"INVITE", "SUBSCRIBE", "REFER", "NEWTHING"}) {
    world.receive(request(method, "sip:bob@198.51.100.7", 1, std::string("y") + method, contact), flow);
    EXPECT_EQ(world.take_request(method).message.values(HeaderId::record_route).size(), 2U) << method;
  }
  for (const auto* method : {"MESSAGE", "OPTIONS", "PUBLISH", "INFO"}) {
    world.receive(request(method, "sip:bob@198.51.100.7", 1, std::string("n") + method,
                          contact + "Record-Route: <sip:evil.example;lr>\r\n"),
                  flow);
    EXPECT_EQ(world.take_request(method).message.count(HeaderId::record_route), 0U) << method;
  }
}

TEST(ProxyAddresses, EachSideIsToldTheOneItReaches) {
  SipWorld world;
  world.public_address = IpAddress::parse("203.0.113.77");
  const auto flow = world.open_flow(55210);
  const auto stored = uri_of(register_alice(world, flow));
  EXPECT_EQ(stored.host, "203.0.113.1");
  world.receive(FromNetwork{}.text("SUBSCRIBE", stored.to_string(), "s1"), world.server());
  const auto delivered = world.take_request("SUBSCRIBE");
  EXPECT_EQ(delivered.message.top_via()->host, "203.0.113.77");
  const auto routes = *delivered.message.name_addrs(HeaderId::record_route);
  ASSERT_EQ(routes.size(), 2U);
  EXPECT_EQ(routes[0].uri.host, "203.0.113.77");
  EXPECT_EQ(routes[1].uri.host, "203.0.113.1");
  world.receive(reply(delivered.message, 200, "a", "<sips:alice@df7jal23ls0d.invalid>"), flow);
  EXPECT_EQ(uri_of(contact_in(world.take_response(200, "SUBSCRIBE").message)).host, "203.0.113.1");
  // The answer's routes come back whole.
  auto notify = request("NOTIFY", "sip:bob@198.51.100.7", 1, "n1", routes_of(delivered.message), "bob");
  notify.replace(notify.find("call-1"), 6, "net-1");
  world.receive(notify, flow);
  EXPECT_EQ(world.take_request("NOTIFY").target.remote.to_string(), "198.51.100.7:5060");
  world.receive(request("OPTIONS", "sip:203.0.113.77", 1, "o1", ""), flow);
  world.take_response(200, "OPTIONS");
}

TEST(ProxyAddresses, ABrowserOnIpv6IsNamedInAFormThatParses) {
  SipWorld world;
  auto flow = world.open_flow(55210);
  world.flows.erase(flow.flow);
  flow.remote.ip = *IpAddress::parse("2001:db8::50");
  flow.local.ip = *IpAddress::parse("2001:db8::1");
  world.flows[flow.flow] = flow;
  auto stored = uri_of(register_alice(world, flow));
  EXPECT_EQ(stored.params.get("ws-src-ip"), "[2001:db8::50]");
  stored.params.erase("ws-flow");
  world.receive(FromNetwork{}.text("MESSAGE", stored.to_string(), "m1"), world.server());
  const auto delivered = world.take_request("MESSAGE");
  EXPECT_EQ(delivered.target.flow, flow.flow);
  EXPECT_EQ(delivered.message.top_via()->host, "[2001:db8::1]");
}

// ---- browser to browser ----

// Alice calls the Contact that Carol's registrar stored, as after a REFER: no server is between them.
class BrowserToBrowser : public testing::Test {
 protected:
  void SetUp() override {
    alice = world.open_flow(55210);
    carol = world.open_flow(55300);
    register_alice(world, alice);
    const auto carols = register_alice(world, carol, 2, "<sip:carol@c.invalid;transport=ws>");
    world.receive(
        request("INVITE", uri_of(carols).to_string(), 1, "i1", "Contact: " + browser_contact + "\r\n"),
        alice);
    invite = world.take_request("INVITE");
    world.receive(reply(invite.message, 200, "carol", "<sip:carol@c.invalid;transport=ws>"), carol);
    ok = world.take_response(200, "INVITE");
  }
  SipWorld world;
  sip::Target alice, carol;
  Sent invite{sip::Message::response(500, ""), {}}, ok = invite;
};

TEST_F(BrowserToBrowser, BothAreToldAddressesOfTheGateway) {
  EXPECT_EQ(invite.target.flow, carol.flow);
  EXPECT_EQ(invite.message.request_uri(), "sip:carol@c.invalid;transport=ws");
  EXPECT_EQ(uri_of(contact_in(invite.message)).host, "203.0.113.1");
  EXPECT_EQ(ok.target.flow, alice.flow);
  EXPECT_EQ(uri_of(contact_in(ok.message)).host, "203.0.113.1");
  EXPECT_EQ(invite.message.values(HeaderId::record_route).size(), 2U);
}

TEST_F(BrowserToBrowser, RequestsPassBothWays) {
  world.receive(
      request("ACK", uri_of(contact_in(ok.message)).to_string(), 1, "a1", routes_of(ok.message), "carol"),
      alice);
  const auto ack = world.take_request("ACK");
  EXPECT_EQ(ack.target.flow, carol.flow);
  EXPECT_EQ(ack.message.count(HeaderId::route), 0U);
  auto bye = request("BYE", uri_of(contact_in(invite.message)).to_string(), 1, "b1",
                     routes_of(invite.message), "abc");
  bye.replace(bye.find("From: \"Alice\"<sip:alice@198.51.100.7>;tag=abc"), 45,
              "From: <sip:carol@198.51.100.7>;tag=carol");
  world.receive(bye, carol);
  EXPECT_EQ(world.take_request("BYE").target.flow, alice.flow);
}

// ---- a WebSocket that is lost ----

class LostSocket : public ProxiedCall {
 protected:
  void SetUp() override {
    ProxiedCall::SetUp();
    routes = answer();
  }
  // A request of Alice's in the call over `socket`.
  void send(const std::string& method, int cseq, const sip::Target& socket, const std::string& extra = {}) {
    world.receive(request(method, "sip:bob@198.51.100.20:5070", cseq, method + std::to_string(cseq),
                          routes + extra, "bobtag"),
                  socket);
  }
  std::string routes;
};

TEST_F(LostSocket, AByeForAVanishedBrowserIs480AtOnce) {
  world.close_flow(flow);
  world.receive(from_bob("BYE", "b1"), world.server());
  world.take_response(480, "BYE");
}

TEST_F(LostSocket, TheBrowserIsItselfBeforeItsRegisterIsAnswered) {
  world.close_flow(flow);
  const auto second = world.open_flow(55300);
  world.receive(register_request(2), second);
  send("INFO", 2, second);
  const auto info = world.take_request("INFO");
  EXPECT_EQ(info.target.remote.to_string(), "198.51.100.20:5070");
  world.receive(reply(info.message, 200, ""), world.server());
  EXPECT_EQ(world.take_response(200, "INFO").target.flow, second.flow);
}

TEST_F(LostSocket, AlsoWhileTheOldSocketStillLooksOpen) {
  const auto second = world.open_flow(55300);
  send("BYE", 2, second);
  EXPECT_EQ(world.take_request("BYE").target.remote.to_string(), "198.51.100.20:5070");
}

TEST_F(LostSocket, ARequestForTheBrowserWaitsForItsRegister) {
  world.close_flow(flow);
  const auto second = world.open_flow(55300);
  world.receive(register_request(2), second);
  const auto challenged = world.take_request("REGISTER");
  world.receive(from_bob("BYE", "b1"), world.server());
  world.receive(reply(challenged.message, 401, "srv"), world.server());
  world.take_response(401, "REGISTER");
  EXPECT_TRUE(world.sent.empty());
  world.receive(register_request(3), second);
  const auto authorized = world.take_request("REGISTER");
  world.receive(reply(authorized.message, 200, "srv", contact_in(authorized.message)), world.server());
  EXPECT_EQ(world.take_request("BYE").target.flow, second.flow);
}

TEST_F(LostSocket, ButNotForEver) {
  world.close_flow(flow);
  world.receive(register_request(2), world.open_flow(55300));
  world.receive(from_bob("INFO", "b1"), world.server());
  world.advance(4900ms);
  EXPECT_TRUE(std::none_of(world.sent.begin(), world.sent.end(),
                           [](const auto& s) { return s.message.is_response(); }));
  world.advance(200ms);
  world.take_response(480, "INFO");
}

TEST_F(LostSocket, ARefusedRegisterOrASecondLossEndsTheWait) {
  world.close_flow(flow);
  const auto second = world.open_flow(55300);
  world.receive(register_request(2), second);
  const auto forwarded = world.take_request("REGISTER");
  world.receive(from_bob("INFO", "b1", 1), world.server());
  world.receive(reply(forwarded.message, 403, "srv"), world.server());
  world.take_response(480, "INFO");

  world.receive(register_request(3), second);
  world.receive(from_bob("INFO", "b2", 2), world.server());
  world.close_flow(second);
  world.take_response(480, "INFO");
}

TEST_F(LostSocket, AWaitingReInviteCanBeCancelled) {
  world.close_flow(flow);
  world.receive(register_request(2), world.open_flow(55300));
  world.receive(from_bob("INVITE", "b1"), world.server());
  world.receive(from_bob("CANCEL", "b1"), world.server());
  world.take_response(200, "CANCEL");
  world.take_response(487, "INVITE");
}

// A caller that never registers has no binding once its WebSocket is gone; its route still proves the dialog.
TEST(LostSocketOfACaller, ThatNeverRegisteredGoesOnOverTheNextOne) {
  SipWorld world;
  const auto first = world.open_flow(55210);
  world.receive(request("INVITE", "sip:bob@198.51.100.7", 1, "i1", "Contact: <sip:alice@x.invalid>\r\n"),
                first);
  const auto invite = world.take_request("INVITE");
  world.receive(reply(invite.message, 200, "bobtag", "<sip:bob@198.51.100.20>"), world.server());
  const auto routes = routes_of(world.take_response(200, "INVITE").message);
  world.close_flow(first);
  EXPECT_EQ(world.core.bindings(), 0U);

  const auto second = world.open_flow(55300);
  world.receive(request("INVITE", "sip:bob@198.51.100.20", 2, "i2",
                        routes + "Contact: <sip:alice@x.invalid>\r\n", "bobtag"),
                second);
  const auto again = world.take_request("INVITE");
  EXPECT_EQ(again.target.remote.to_string(), "198.51.100.20:5060");
  world.receive(reply(again.message, 200, "", "<sip:bob@198.51.100.20>"), world.server());
  EXPECT_EQ(world.take_response(200, "INVITE").target.flow, second.flow);
  // Bob's route set is that of the first INVITE, his target that of the second.
  FromNetwork bob{"call-1", "<sip:bob@198.51.100.7>;tag=bobtag", "<sip:alice@198.51.100.7>;tag=abc",
                  routes_of(invite.message)};
  world.receive(bob.text("BYE", uri_of(contact_in(again.message)).to_string(), "b1"), world.server());
  EXPECT_EQ(world.take_request("BYE").target.flow, second.flow);
}

// ---- who may not speak in a dialog ----

TEST_F(LostSocket, AStrangerOnAnotherSocketIsNotTheBrowser) {
  auto bye = request("BYE", "sip:bob@198.51.100.20:5070", 2, "b1", routes, "bobtag");
  bye.replace(bye.find("<sip:alice@198.51.100.7>"), 24, "<sip:mallory@example.org>");
  world.receive(bye, world.open_flow(55400));
  EXPECT_EQ(world.take_request("BYE").target.flow,
            flow.flow);  // as any other party's: it goes to the browser, which knows
}

}  // namespace
}  // namespace w2s::test
