// Proxied calls between a browser and a SIP network, message by message.
#include "proxy_world.hpp"

namespace w2s::test {
namespace {

TEST_F(ProxiedCall, InviteCarriesTheRegisteredContactAndARecordRoute) {
  EXPECT_EQ(uri_of(std::string(*invite.message.first_value(HeaderId::contact))).to_string(),
            uri_of(stored).to_string());
  const auto routes = *invite.message.name_addrs(HeaderId::record_route);
  ASSERT_EQ(routes.size(), 2U);  // RFC 5658: the network's side above the browser's
  EXPECT_EQ(routes[0].uri.host + ":" + std::to_string(*routes[0].uri.port), "203.0.113.1:5060");
  EXPECT_FALSE(routes[0].uri.params.has("transport"));
  EXPECT_EQ(*routes[1].uri.port, 10062);
  EXPECT_EQ(routes[1].uri.params.get("transport"), "wss");
  EXPECT_EQ(routes[0].uri.user, routes[1].uri.user);
  for (const auto& route : routes) EXPECT_TRUE(route.uri.params.has("lr"));
}

TEST_F(ProxiedCall, AckAndByePassInBothDirections) {
  const auto routes = answer();
  world.receive(request("ACK", "sip:bob@198.51.100.20:5070", 1, "a1", routes, "bobtag"), flow);
  const auto ack = world.take_request("ACK");
  EXPECT_EQ(ack.target.remote.to_string(), "198.51.100.20:5070");
  EXPECT_EQ(ack.message.count(HeaderId::route), 0U);

  world.receive(from_bob("BYE", "b1"), world.server("198.51.100.20"));
  const auto bye = world.take_request("BYE");
  EXPECT_EQ(bye.target.flow, flow.flow);
  EXPECT_EQ(bye.message.request_uri(), "sips:alice@df7jal23ls0d.invalid;rtcweb-breaker=no;transport=wss");
}

TEST_F(ProxiedCall, ARetransmitted200IsPassedEachTime) {
  const auto ok = reply(invite.message, 200, "bobtag", "<sip:bob@198.51.100.20:5070>");
  world.receive(ok, world.server());
  world.take_response(200, "INVITE");
  world.receive(ok, world.server());
  world.take_response(200, "INVITE");
}

TEST_F(ProxiedCall, AForkWithTwo200sDeliversBoth) {
  world.receive(reply(invite.message, 200, "one", "<sip:bob@198.51.100.20>"), world.server());
  world.receive(reply(invite.message, 200, "two", "<sip:bob@198.51.100.21>"), world.server());
  EXPECT_EQ(world.take_response(200, "INVITE").message.to()->tag(), "one");
  EXPECT_EQ(world.take_response(200, "INVITE").message.to()->tag(), "two");
}

TEST_F(ProxiedCall, ADialogThatWasNotRecordRoutedHereIs481) {
  answer();
  world.receive(request("BYE", "sip:bob@198.51.100.20:5070", 2, "x1", "", "bobtag"), flow);
  world.take_response(481, "BYE");
  // Our own route with another dialog's Call-ID proves nothing.
  auto forged =
      request("BYE", "sip:10.0.0.1", 2, "x2",
              "Route: " + std::string(*invite.message.first_value(HeaderId::record_route)) + "\r\n", "t");
  forged.replace(forged.find("call-1"), 6, "call-2");
  world.receive(forged, flow);
  world.take_response(481, "BYE");
  EXPECT_EQ(world.sent.size(), 0U);
}

TEST_F(ProxiedCall, TheDialogIsTakenFromANewSocketOfTheSameBrowser) {
  const auto routes = answer();
  world.receive(request("ACK", "sip:bob@198.51.100.20:5070", 1, "a1", routes, "bobtag"), flow);
  world.take_request("ACK");
  world.close_flow(flow);
  const auto second = world.open_flow(55300);
  world.receive(request("BYE", "sip:bob@198.51.100.20:5070", 2, "b9", routes, "bobtag"), second);
  const auto bye = world.take_request("BYE");
  EXPECT_EQ(bye.target.remote.to_string(), "198.51.100.20:5070");
  world.receive(reply(bye.message, 200, ""), world.server("198.51.100.20"));
  EXPECT_EQ(world.take_response(200, "BYE").target.flow, second.flow);
}

TEST_F(ProxiedCall, CancelReachesTheNetworkAfterA1xx) {
  world.receive(request("CANCEL", "sip:bob@198.51.100.7", 1, "i1", "Reason: SIP;cause=200\r\n"), flow);
  world.take_response(200, "CANCEL");
  EXPECT_TRUE(world.nothing_but_trying());
  world.receive(reply(invite.message, 180, "bobtag"), world.server());
  const auto cancel = world.take_request("CANCEL");
  EXPECT_EQ(cancel.message.top_via()->branch(), invite.message.top_via()->branch());
  EXPECT_EQ(cancel.message.get(HeaderId::reason), "SIP;cause=200");
  world.receive(reply(cancel.message, 200, "bobtag"), world.server());
  world.receive(reply(invite.message, 487, "bobtag"), world.server());
  world.take_response(487, "INVITE");
  EXPECT_EQ(world.take_request("ACK").message.top_via()->branch(), invite.message.top_via()->branch());
}

TEST_F(ProxiedCall, TheBrowserHearsATryingWhenTheNetworkIsSlow) {
  world.advance(250ms);
  EXPECT_EQ(world.take_response(100, "INVITE").target.flow, flow.flow);
}

TEST_F(ProxiedCall, NoAnswerIs408) {
  world.advance(33s);
  world.take_response(408, "INVITE");
}

// ---- forks that the network makes of one INVITE ----

TEST_F(ProxiedCall, EveryForkRingsAndIsADialogOfItsOwn) {
  for (const auto* tag : {"one", "two", "three"}) {
    world.receive(reply(invite.message, 180, tag, "<sip:bob@198.51.100.20>"), world.server());
    const auto ringing = world.take_response(180, "INVITE");
    EXPECT_EQ(ringing.message.to()->tag(), tag);
    world.receive(request("PRACK", std::string("sip:") + tag + "@198.51.100.20", 2, std::string("p") + tag,
                          routes_of(ringing.message), tag),
                  flow);
    const auto prack = world.take_request("PRACK");
    EXPECT_EQ(prack.target.remote.to_string(), "198.51.100.20:5060");
    EXPECT_EQ(prack.message.count(HeaderId::route), 0U);
    world.receive(reply(prack.message, 200, ""), world.server("198.51.100.20"));
    world.take_response(200, "PRACK");
  }
  for (const auto* tag : {"two", "one"}) {
    world.receive(reply(invite.message, 200, tag, "<sip:bob@198.51.100.20>"), world.server());
    const auto ok = world.take_response(200, "INVITE");
    for (const auto* method : {"ACK", "BYE"}) {
      world.receive(
          request(method, std::string("sip:") + tag + "@198.51.100.20", method == std::string("ACK") ? 1 : 3,
                  std::string(method) + tag, routes_of(ok.message), tag),
          flow);
      EXPECT_EQ(world.take_request(method).message.to()->tag(), tag);
    }
  }
}

TEST_F(ProxiedCall, A200LostOnItsWayComesAgainAndSoDoesItsAck) {
  const auto ok = reply(invite.message, 200, "bobtag", "<sip:bob@198.51.100.20>");
  for (int i = 0; i < 3; ++i) {
    world.receive(ok, world.server());
    const auto answer = world.take_response(200, "INVITE");
    world.receive(request("ACK", "sip:bob@198.51.100.20", 1, "a1", routes_of(answer.message), "bobtag"),
                  flow);
    world.take_request("ACK");
    world.advance(4s);
  }
  EXPECT_TRUE(world.sent.empty());
}

// ---- CANCEL ----

TEST_F(ProxiedCall, A200ThatCrossesTheCancelIsPassedOn) {
  world.receive(reply(invite.message, 180, "bobtag"), world.server());
  world.take_response(180, "INVITE");
  world.receive(request("CANCEL", "sip:bob@198.51.100.7", 1, "i1", ""), flow);
  world.take_response(200, "CANCEL");
  const auto cancel = world.take_request("CANCEL");
  world.receive(reply(invite.message, 200, "bobtag", "<sip:bob@198.51.100.20>"), world.server());
  world.take_response(200, "INVITE");
  world.receive(reply(cancel.message, 200, "bobtag"), world.server());
  EXPECT_TRUE(world.sent.empty());
}

TEST_F(ProxiedCall, ACancelThatNobodyAnswersEndsWith408) {
  world.receive(reply(invite.message, 180, "bobtag"), world.server());
  world.receive(request("CANCEL", "sip:bob@198.51.100.7", 1, "i1", ""), flow);
  world.take_request("CANCEL");
  world.advance(33s);
  world.take_response(408, "INVITE");
}

TEST(ProxyCancel, BeforeTheRouteIsKnownTheInviteIsNeverSent) {
  SipWorld world;
  const auto flow = world.open_flow(55210);
  world.answer_routes = false;
  world.receive(request("INVITE", "sip:bob@198.51.100.7", 1, "i1", ""), flow);
  world.receive(request("CANCEL", "sip:bob@198.51.100.7", 1, "i1", ""), flow);
  world.take_response(200, "CANCEL");
  world.answer_routes = true;
  world.act([](auto&) {});
  world.take_response(487, "INVITE");
  EXPECT_TRUE(world.sent.empty());
}

// ---- timer C (RFC 3261 16.6 item 11, 16.8) ----

TEST_F(ProxiedCall, DoesNotRingForEver) {
  world.receive(reply(invite.message, 180, "bobtag"), world.server());
  world.take_response(180, "INVITE");
  world.advance(180s);  // "MUST be larger than 3 minutes"
  EXPECT_TRUE(world.nothing_but_trying());
  world.advance(5s);
  const auto cancel = world.take_request("CANCEL");
  world.receive(reply(cancel.message, 200, "bobtag"), world.server());
  world.receive(reply(invite.message, 487, "bobtag"), world.server());
  world.take_response(487, "INVITE");
}

TEST_F(ProxiedCall, RingsOnWhileThePhoneSaysSo) {
  for (int minute = 0; minute < 10; ++minute) {
    world.receive(reply(invite.message, 180, "bobtag"), world.server());
    world.take_response(180, "INVITE");
    world.advance(60s);
  }
  EXPECT_TRUE(world.nothing_but_trying());
}

TEST_F(ProxiedCall, ATryingAloneDoesNotKeepItAlive) {
  for (int minute = 0; minute < 3; ++minute) {
    world.receive(reply(invite.message, 100, ""), world.server());
    world.advance(61s);
  }
  world.take_request("CANCEL");
  world.advance(33s);
  world.take_response(408, "INVITE");
}

// ---- final answers ----

TEST_F(ProxiedCall, FailuresPassAsTheyAre) {
  auto busy = reply(invite.message, 486, "bobtag");
  busy.set_status(486, "Not now, please");
  busy.append("Retry-After", "60");
  world.receive(busy, world.server());
  const auto answer = world.take_response(486, "INVITE");
  EXPECT_EQ(answer.message.reason(), "Not now, please");
  EXPECT_EQ(answer.message.get("Retry-After"), "60");
}

TEST_F(ProxiedCall, ADeclineOfAllPassesAsItIs) {
  world.receive(reply(invite.message, 603, "bobtag"), world.server());
  world.take_response(603, "INVITE");
}

TEST_F(ProxiedCall, A503OfOneServerIsNotOurs) {  // RFC 3261 16.7 step 6
  auto overloaded = reply(invite.message, 503, "bobtag");
  overloaded.append(HeaderId::retry_after, "30");
  world.receive(overloaded, world.server());
  const auto answer = world.take_response(500, "INVITE");
  EXPECT_FALSE(answer.message.get(HeaderId::retry_after));
  EXPECT_THAT(std::string(*answer.message.get(HeaderId::warning)), HasSubstr("503"));
}

TEST_F(ProxiedCall, ABrowserThatVanishesWhileItRingsIsCancelled) {
  world.receive(reply(invite.message, 180, "bobtag"), world.server());
  world.close_flow(flow);
  world.take_request("CANCEL");
}

}  // namespace
}  // namespace w2s::test
