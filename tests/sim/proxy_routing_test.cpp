// Requests outside of dialogs: where they go, and what is refused.
#include "proxy_world.hpp"

namespace w2s::test {
namespace {

TEST(ProxyToBrowser, TheRequestUriIsTheRegisteredContact) {
  SipWorld world;
  const auto flow = world.open_flow(55210);
  const auto stored = uri_of(register_alice(world, flow)).to_string();
  world.receive("MESSAGE " + stored +
                    " SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bKm1\r\n"
                    "From: <sip:bob@198.51.100.7>;tag=b\r\nTo: <sip:alice@198.51.100.7>\r\nCall-ID: "
                    "m1\r\nCSeq: 1 MESSAGE\r\n"
                    "Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello",
                world.server());
  const auto delivered = world.take_request("MESSAGE");
  EXPECT_EQ(delivered.target.flow, flow.flow);
  EXPECT_EQ(delivered.message.request_uri(),
            "sips:alice@df7jal23ls0d.invalid;rtcweb-breaker=no;transport=wss");
  EXPECT_THAT(std::string(*delivered.message.first_value(HeaderId::via)),
              StartsWith("SIP/2.0/WSS 203.0.113.1:10062"));
  EXPECT_EQ(delivered.message.body(), "hello");
  world.receive(reply(delivered.message, 200, "a"), flow);
  const auto answer = world.take_response(200, "MESSAGE");
  EXPECT_EQ(answer.target.remote.to_string(), "198.51.100.7:5060");
  EXPECT_EQ(answer.message.values(HeaderId::via).size(), 1U);
}

TEST(ProxyToBrowser, UnknownIs404AndAClosedSocketIs480) {
  SipWorld world;
  const auto flow = world.open_flow(55210);
  const auto stored = uri_of(register_alice(world, flow)).to_string();
  const auto message = [](const std::string& uri, const std::string& branch) {
    return "MESSAGE " + uri + " SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK" + branch +
           "\r\nFrom: <sip:b@x>;tag=b\r\nTo: <sip:a@x>\r\nCall-ID: " + branch + "\r\nCSeq: 1 MESSAGE\r\n\r\n";
  };
  world.receive(message("sip:alice@203.0.113.1;ws-flow=AAAAAAAAAAAAAAAAAAAAAA", "u1"), world.server());
  world.take_response(404, "MESSAGE");
  world.receive(message("sip:nobody@203.0.113.1", "u2"), world.server());
  world.take_response(404, "MESSAGE");
  world.close_flow(flow);
  world.receive(message(stored, "u3"), world.server());
  world.take_response(480, "MESSAGE");
  EXPECT_TRUE(world.sent.empty());
}

TEST(ProxyToBrowser, WithoutTheTokenOnlyItsRegistrarIsBelieved) {
  SipWorld world;
  const auto flow = world.open_flow(55210);
  register_alice(world, flow);
  const auto message = [](const std::string& branch) {
    return "MESSAGE sip:alice@203.0.113.1;ws-src-ip=192.0.2.50;ws-src-port=55210;ws-src-proto=wss SIP/2.0\r\n"
           "Via: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK" +
           branch + "\r\nFrom: <sip:b@x>;tag=b\r\nTo: <sip:a@x>\r\nCall-ID: " + branch +
           "\r\nCSeq: 1 MESSAGE\r\n\r\n";
  };
  world.receive(message("w1"), world.server("198.51.100.66"));
  world.take_response(404, "MESSAGE");
  world.receive(message("w2"), world.server());
  EXPECT_EQ(world.take_request("MESSAGE").target.flow, flow.flow);
}

TEST(ProxyToBrowser, TheTokenFollowsAReRegistrationOnANewSocket) {
  SipWorld world;
  const auto first = world.open_flow(55210);
  const auto stored = uri_of(register_alice(world, first));
  world.close_flow(first);
  const auto second = world.open_flow(55211);
  const auto again = uri_of(register_alice(world, second, 2));
  EXPECT_EQ(again.params.get("ws-flow"), stored.params.get("ws-flow"));
  EXPECT_EQ(again.params.get("ws-src-port"), "55211");
  world.receive("OPTIONS " + stored.to_string() +
                    " SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bKo\r\n"
                    "From: <sip:b@x>;tag=b\r\nTo: <sip:a@x>\r\nCall-ID: o\r\nCSeq: 1 OPTIONS\r\n\r\n",
                world.server());
  EXPECT_EQ(world.take_request("OPTIONS").target.flow, second.flow);
}

TEST(ProxyToBrowser, ASecondTabGetsItsOwnToken) {
  SipWorld world;
  const auto first = uri_of(register_alice(world, world.open_flow(55210)));
  const auto second = uri_of(register_alice(world, world.open_flow(55211), 2));
  EXPECT_NE(first.params.get("ws-flow"), second.params.get("ws-flow"));
}

TEST(ProxyRefusals, AreAnsweredWithTheirReason) {
  SipWorld world;
  const auto flow = world.open_flow(55210);
  world.receive(request("OPTIONS", "sip:203.0.113.1", 1, "o1", ""), flow);
  world.take_response(200, "OPTIONS");
  world.receive(request("MESSAGE", "sip:alice@203.0.113.1", 1, "o2", ""), flow);
  world.take_response(404, "MESSAGE");
  auto hops = request("MESSAGE", "sip:bob@198.51.100.7", 1, "o4", "");
  hops.replace(hops.find("Max-Forwards: 70"), 16, "Max-Forwards: 0 ");
  world.receive(hops, flow);
  world.take_response(483, "MESSAGE");
  world.receive(request("MESSAGE", "sip:bob@198.51.100.7", 1, "o5", "Proxy-Require: foo, bar\r\n"), flow);
  EXPECT_EQ(world.take_response(420, "MESSAGE").message.get(HeaderId::unsupported), "foo, bar");
  world.refused.insert("10.0.0.1");
  world.receive(request("MESSAGE", "sip:bob@10.0.0.1", 1, "o6", ""), flow);
  EXPECT_THAT(std::string(*world.take_response(403, "MESSAGE").message.get(HeaderId::warning)),
              HasSubstr("10.0.0.1"));
  world.receive(
      "REGISTER sip:203.0.113.1 SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bKq\r\nFrom: "
      "<sip:b@x>;tag=b\r\n"
      "To: <sip:b@x>\r\nCall-ID: q\r\nCSeq: 1 REGISTER\r\n\r\n",
      world.server());
  world.take_response(404, "REGISTER");
  EXPECT_TRUE(world.sent.empty());
}

TEST(ProxyRefusals, OverUdpKeepNoStateAndSayTheSameAgain) {
  SipWorld world;
  // A To tag proves nothing: anybody can write one.
  for (const auto& [to_tag, status] : {std::pair{"", 404}, std::pair{";tag=forged", 481}}) {
    const std::string invite =
        std::string(
            "INVITE sip:nobody@203.0.113.1 SIP/2.0\r\n"
            "Via: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bKs\r\nFrom: <sip:b@x>;tag=b\r\n"
            "To: <sip:a@x>") +
        to_tag + "\r\nCall-ID: s\r\nCSeq: 1 INVITE\r\n\r\n";
    world.receive(invite, world.server());
    const auto first = world.take_response(status, "INVITE");
    EXPECT_EQ(world.core.transactions(), 0U);
    world.advance(40s);
    EXPECT_TRUE(world.sent.empty());
    world.receive(invite, world.server());
    EXPECT_EQ(world.take_response(status, "INVITE").message.to()->tag(), first.message.to()->tag());
  }
}

TEST(ProxyRefusals, AResponseWithoutTheBrowsersViaIs502) {
  SipWorld world;
  const auto flow = world.open_flow(55210);
  for (const std::string method : {"REGISTER", "MESSAGE", "INVITE"}) {
    world.receive(
        request(method, "sip:bob@198.51.100.7", 1, "v" + method, "Contact: " + browser_contact + "\r\n"),
        flow);
    auto forwarded = world.take_request(method).message;
    const auto ours = std::string(*forwarded.first_value(HeaderId::via));
    for (const int status : {180, 200, 200}) {
      auto response = reply(forwarded, status, "srv");
      response.set(HeaderId::via, ours);
      world.receive(response, world.server());
    }
    world.take_response(502, method);
    EXPECT_TRUE(world.nothing_but_trying()) << method;
    world.sent.clear();
  }
}

TEST(ProxySecrets, ABrowserAssertsNoIdentity) {  // RFC 3325 5
  SipWorld world;
  const auto flow = world.open_flow(55210);
  const auto stored = uri_of(register_alice(world, flow)).to_string();
  world.receive(request("MESSAGE", "sip:bob@198.51.100.7", 1, "p1", "P-Asserted-Identity: <sip:boss@x>\r\n"), flow);
  EXPECT_FALSE(world.take_request("MESSAGE").message.get("P-Asserted-Identity"));

  FromNetwork caller;
  caller.extra = "P-Asserted-Identity: <sip:bob@x>\r\n";
  world.receive(caller.text("MESSAGE", stored, "p2"), world.server());
  const auto delivered = world.take_request("MESSAGE");
  EXPECT_EQ(delivered.message.get("P-Asserted-Identity"), "<sip:bob@x>");
  auto answer = reply(delivered.message, 200, "alice");
  answer.append("P-Asserted-Identity", "<sip:boss@x>");
  world.receive(answer, flow);
  EXPECT_FALSE(world.take_response(200, "MESSAGE").message.get("P-Asserted-Identity"));
}

TEST(ProxySecrets, NeverTravelInAnyMethod) {
  SipWorld world;
  const auto flow = world.open_flow(55210);
  for (const auto* method : {"INVITE", "SUBSCRIBE", "MESSAGE", "PUBLISH", "OPTIONS", "FOO"}) {
    world.receive(request(method, "sip:bob@198.51.100.7", 1, std::string("s") + method,
                          "Contact: " + browser_contact + "\r\n"),
                  flow);
    const auto text = world.take_request(method).message.to_string();
    EXPECT_THAT(text, Not(HasSubstr("ha1"))) << method;
    EXPECT_THAT(text, Not(HasSubstr("impi"))) << method;
  }
}

TEST(ProxySecrets, NorWhereNoBindingNamesTheContact) {
  SipWorld world;
  const auto flow = world.open_flow(55210);
  // A Contact that cannot be a browser's address makes no binding; the header's parameters are secret all the
  // same.
  world.receive(request("MESSAGE", "sip:bob@198.51.100.7", 1, "t1",
                        "Contact: <tel:+123>;impi=alice;ha1=00112233445566778899aabbccddeeff\r\n"),
                flow);
  EXPECT_THAT(world.take_request("MESSAGE").message.to_string(), Not(HasSubstr("ha1")));
}

TEST(ProxySecrets, NorInTheBrowsersResponses) {
  SipWorld world;
  const auto flow = world.open_flow(55210);
  const auto stored = uri_of(register_alice(world, flow)).to_string();
  for (const int status : {200, 302, 486}) {
    const auto id = std::to_string(status);
    world.receive("INVITE " + stored + " SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bK" + id +
                      "\r\nFrom: <sip:bob@198.51.100.7>;tag=b\r\nTo: <sip:alice@198.51.100.7>\r\nCall-ID: " +
                      id + "\r\nCSeq: 1 INVITE\r\n\r\n",
                  world.server());
    world.receive(reply(world.take_request("INVITE").message, status, "a",
                        "<sip:carol@198.51.100.9>;impi=alice;ha1=00112233445566778899aabbccddeeff"),
                  flow);
    EXPECT_THAT(world.take_response(status, "INVITE").message.to_string(), Not(HasSubstr("ha1"))) << status;
  }
}

TEST(ProxyResources, NothingStaysAfterTheTransactions) {
  SipWorld world;
  const auto flow = world.open_flow(55210);
  for (int i = 0; i < 20; ++i) {
    world.receive(request("MESSAGE", "sip:bob@198.51.100.7", i + 1, "r" + std::to_string(i), ""), flow);
    world.receive(reply(world.take_request("MESSAGE").message, 200, "x"), world.server());
    world.take_response(200, "MESSAGE");
  }
  world.advance(60s);
  EXPECT_EQ(world.core.transactions(), 0U);
}

// ---- RFC 3261 16.3: what is looked at before all else ----

TEST(ProxyChecks, MaxForwardsOfZero) {
  SipWorld world;
  const auto flow = world.open_flow(55210);
  const auto stored = uri_of(register_alice(world, flow)).to_string();
  FromNetwork last;
  last.hops = 0;
  world.receive(last.text("OPTIONS", stored, "h1"), world.server());
  world.take_response(483, "OPTIONS");
  world.receive(last.text("REGISTER", "sip:198.51.100.9", "h2"), flow);
  world.take_response(483, "REGISTER");
  world.receive(last.text("ACK", stored, "h3"), world.server());
  EXPECT_TRUE(world.sent.empty());
  world.receive(last.text("OPTIONS", "sip:203.0.113.1", "h4"),
                world.server());  // it is for us: no further hop
  world.take_response(200, "OPTIONS");
}

TEST(ProxyChecks, ProxyRequireInAnyFormIsListed) {
  SipWorld world;
  FromNetwork asks;
  asks.extra = "Proxy-Require: foo , bar\r\nproxy-require: baz\r\n";
  world.receive(asks.text("MESSAGE", "sip:alice@203.0.113.1", "q1"), world.server());
  EXPECT_EQ(world.take_response(420, "MESSAGE").message.get(HeaderId::unsupported), "foo, bar, baz");
}

TEST(ProxyChecks, ARequireForOurselvesIsRefused) {
  SipWorld world;
  FromNetwork asks;
  asks.extra = "Require: foo\r\n";
  world.receive(asks.text("OPTIONS", "sip:203.0.113.1", "q2"), world.server());
  EXPECT_EQ(world.take_response(420, "OPTIONS").message.get(HeaderId::unsupported), "foo");
}

TEST(ProxyChecks, ALoopIsFoundAndASpiralIsNot) {
  SipWorld world;
  const auto flow = world.open_flow(55210);
  const auto stored = uri_of(register_alice(world, flow)).to_string();
  world.receive(FromNetwork{}.text("MESSAGE", stored, "l1"), world.server());
  auto forwarded = world.take_request("MESSAGE").message;
  forwarded.set_request_uri(stored);  // somebody behind the WebSocket sent it back where it came from
  forwarded.prepend(HeaderId::via, "SIP/2.0/UDP 198.51.100.9:5060;branch=z9hG4bKsomebody");
  world.receive(forwarded, world.server("198.51.100.9"));
  world.take_response(482, "MESSAGE");
  // A server that changed the Request-URI has brought it forward: the other registration of the same user.
  const auto second = uri_of(register_alice(world, world.open_flow(55211), 2)).to_string();
  forwarded.set_request_uri(second);
  world.receive(forwarded, world.server("198.51.100.9"));
  world.take_request("MESSAGE");
}

// ---- RFC 3261 16.4, 16.6 item 6: strict routers on either side ----

TEST_F(ProxiedCall, AStrictRoutersByeFindsTheBrowser) {
  const auto names = *invite.message.name_addrs(HeaderId::record_route);
  answer();
  FromNetwork bob{"call-1", "<sip:bob@198.51.100.7>;tag=bobtag", "<sip:alice@198.51.100.7>;tag=abc",
                  "Route: " + names[1].to_string() + "\r\nRoute: <" + uri_of(stored).to_string() + ">\r\n"};
  world.receive(bob.text("BYE", names[0].uri.to_string(), "s1"), world.server());
  const auto bye = world.take_request("BYE");
  EXPECT_EQ(bye.target.flow, flow.flow);
  EXPECT_EQ(bye.message.request_uri(), "sips:alice@df7jal23ls0d.invalid;rtcweb-breaker=no;transport=wss");
  EXPECT_EQ(bye.message.count(HeaderId::route), 0U);
}

TEST(ProxyStrictRouting, ANextHopWithoutLrIsAddressedByTheRequestUri) {
  SipWorld world;
  const auto flow = world.open_flow(55210);
  world.receive(request("MESSAGE", "sip:bob@example.org", 1, "n1",
                        "Route: <sip:198.51.100.30:5070>, <sip:198.51.100.31;lr>\r\n"),
                flow);
  const auto sent = world.take_request("MESSAGE");
  EXPECT_EQ(sent.target.remote.to_string(), "198.51.100.30:5070");
  EXPECT_EQ(sent.message.request_uri(), "sip:198.51.100.30:5070");
  const auto routes = sent.message.values(HeaderId::route);
  ASSERT_EQ(routes.size(), 2U);
  EXPECT_EQ(routes[0], "<sip:198.51.100.31;lr>");
  EXPECT_EQ(routes[1], "<sip:bob@example.org>");
}

// ---- Route headers of browsers ----

TEST(ProxyRoutes, APreloadedRouteToTheWebSocketServerIsUs) {  // JsSIP's, by the name in its ws URL
  SipWorld world;
  const auto flow = world.open_flow(55210);
  world.receive(request("MESSAGE", "sip:bob@198.51.100.7", 1, "w1",
                        "Route: <sip:gw.example.org:8443;transport=ws;lr>\r\n"),
                flow);
  const auto sent = world.take_request("MESSAGE");
  EXPECT_EQ(sent.target.remote.to_string(), "198.51.100.7:5060");
  EXPECT_EQ(sent.message.count(HeaderId::route), 0U);
}

TEST(ProxyRoutes, ManyInOneLineAreAsManyLines) {
  for (const auto* routes :
       {"Route: <sip:203.0.113.1:10060;transport=ws;lr>, <sip:198.51.100.7:5080;lr;sipml5-outbound>, "
        "<sip:198.51.100.8;lr>\r\n",
        "Route: <sip:203.0.113.1:10060;transport=ws;lr>\r\nRoute: "
        "<sip:198.51.100.7:5080;lr;sipml5-outbound>\r\nRoute: <sip:198.51.100.8;lr>\r\n"}) {
    SipWorld world;
    const auto flow = world.open_flow(55210);
    world.receive(request("MESSAGE", "sip:bob@example.org", 1, "w2", routes), flow);
    const auto sent = world.take_request("MESSAGE");
    EXPECT_EQ(sent.target.remote.to_string(), "198.51.100.7:5080");
    ASSERT_EQ(sent.message.values(HeaderId::route).size(), 1U);
    EXPECT_EQ(sent.message.first_value(HeaderId::route), "<sip:198.51.100.8;lr>");
  }
}

// ---- everything else passes as it came ----

TEST(ProxyPassesOn, UnknownMethodsAndHeadersByteForByte) {
  SipWorld world;
  const auto flow = world.open_flow(55210);
  const std::string odd = "X-Odd : a ,b;c=\"d,e\" ;  f\r\nX-Long: " + std::string(3000, 'x') +
                          "\r\nSubject:  \xc3\xa4\xc3\xb6 \r\nx-odd: second\r\n";
  world.receive(request("FROBNICATE", "sip:bob@198.51.100.7", 1, "f1", odd), flow);
  const auto sent = world.take_request("FROBNICATE");
  EXPECT_THAT(sent.message.to_string(),
              HasSubstr("X-Odd : a ,b;c=\"d,e\" ;  f\r\nX-Long: " + std::string(3000, 'x') +
                        "\r\nSubject:  \xc3\xa4\xc3\xb6\r\nx-odd: second\r\n"));
  auto answer = reply(sent.message, 299, "x");
  answer.append("X-Back", std::string(2000, 'y'));
  world.receive(answer, world.server());
  EXPECT_EQ(world.take_response(299, "FROBNICATE").message.get("X-Back"), std::string(2000, 'y'));
}

// ---- requests to a Contact of ours ----

TEST(ProxyToBrowser, FromAnotherBrowserNeedsNoServer) {  // the target of a REFER, say
  SipWorld world;
  const auto alice = world.open_flow(55210);
  const auto stored = uri_of(register_alice(world, alice)).to_string();
  const auto other = world.open_flow(55300);
  world.receive(request("MESSAGE", stored, 1, "m1", ""), other);
  const auto delivered = world.take_request("MESSAGE");
  EXPECT_EQ(delivered.target.flow, alice.flow);
  world.receive(reply(delivered.message, 200, "x"), alice);
  const auto answer = world.take_response(200, "MESSAGE");
  EXPECT_EQ(answer.target.flow, other.flow);
  EXPECT_EQ(answer.message.first_value(HeaderId::via),
            "SIP/2.0/WSS df7jal23ls0d.invalid;branch=z9hG4bKm1;rport");
}

TEST(ProxyToBrowser, SipsIsNotDeliveredOverPlainWs) {  // RFC 5630
  SipWorld world;
  auto stored = uri_of(register_alice(world, world.open_flow(55210, sip::Transport::ws)));
  stored.scheme = "sips";
  world.receive(FromNetwork{}.text("MESSAGE", stored.to_string(), "s1"), world.server());
  EXPECT_THAT(std::string(*world.take_response(480, "MESSAGE").message.get(HeaderId::warning)),
              HasSubstr("SIPS"));
  auto secure = uri_of(register_alice(world, world.open_flow(55211), 2));
  secure.scheme = "sips";
  world.receive(FromNetwork{"net-2"}.text("MESSAGE", secure.to_string(), "s2"), world.server());
  world.take_request("MESSAGE");
}

TEST(ProxyToNetwork, ASipsCallHasSipsAddressesOnTheTlsListener) {
  SipWorld world;
  const auto flow = world.open_flow(55210);
  register_alice(world, flow);
  world.receive(request("INVITE", "sips:bob@198.51.100.7", 1, "t1", "Contact: " + browser_contact + "\r\n"),
                flow);
  const auto sent = world.take_request("INVITE");
  EXPECT_EQ(sent.target.transport, sip::Transport::tls);
  EXPECT_EQ(uri_of(contact_in(sent.message)).scheme, "sips");
  EXPECT_EQ(*uri_of(contact_in(sent.message)).port, 5061);
  for (const auto& route : *sent.message.name_addrs(HeaderId::record_route)) EXPECT_TRUE(route.uri.is_sips());
}

}  // namespace
}  // namespace w2s::test
