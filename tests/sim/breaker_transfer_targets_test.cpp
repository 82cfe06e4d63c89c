// REFER carried out by the gateway or passed on: to whom the call goes, attended transfer (RFC 3891), config entry refer.
#include "transfer_fixture.hpp"
#include "w2s/base/encoding.hpp"
#include "w2s/sip/replaces.hpp"

namespace w2s::test {
namespace {

TEST_F(Transfer, ToABrowserOfThisGateway) {
  call.connect(Caller::browser);
  const auto flow = call.world.open_flow(55300);
  const auto uri = call.register_browser("carol", flow);
  const auto invite = refer(call.b, uri);
  EXPECT_EQ(invite.request_uri(), "sip:carol@carol.invalid;transport=ws");
  EXPECT_THAT(invite.body(), HasSubstr("UDP/TLS/RTP/SAVPF"));
  EXPECT_EQ(call.world.opened[2].kind, leg::Kind::web);
  Ua browser(call.world, flow, "<sip:carol@carol.invalid;transport=ws>");
  browser.take_call(invite, "carol");
  browser.respond(invite, 200, {}, web_answer());
  EXPECT_EQ(call.world.take_request("ACK").target.flow, flow.flow);
  EXPECT_EQ(call.world.replaced.size(), 1U);
  call.world.sent.clear();
  call.b.send("BYE");
  browser.send("MESSAGE", {}, "hi", "text/plain");
  EXPECT_EQ(call.world.take_request("MESSAGE").target.flow, call.flow.flow);
}

TEST_F(Transfer, TheNextPlaceOfTheTargetGetsMediaOfItsFamily) {
  call.connect(Caller::browser);
  auto& world = call.world;
  world.names["pool.example.org"] = {{*IpAddress::parse("2001:db8::7"), 5060}, {*IpAddress::parse("198.51.100.30"), 5060}};
  world.sent.clear();
  call.b.send("REFER", "Refer-To: <sip:carol@pool.example.org>\r\n");
  const auto at_v6 = world.take_request("INVITE");
  EXPECT_THAT(at_v6.message.body(), HasSubstr("c=IN IP6 2001:db8::1\r\n"));
  world.act([&](auto& core) { core.on_send_failed(world.now, at_v6.target); });
  const auto at_v4 = world.take_request("INVITE").message;
  EXPECT_THAT(at_v4.body(), HasSubstr("c=IN IP4 203.0.113.1\r\n"));
  ASSERT_EQ(world.opened.size(), 4U);
  EXPECT_EQ(world.opened[3].number, world.opened[2].number);
  carol.take_call(at_v4, "carol");
  carol.respond(at_v4, 200, {}, plain_sdp());
  EXPECT_EQ(world.replaced.size(), 1U);
}

TEST_F(Transfer, ARouteOfTheBrowsersCallIsTheReferralsToo) {
  call.start(Caller::browser, "Route: <sip:198.51.100.40;lr>\r\n");
  call.answer();
  call.world.sent.clear();
  call.b.send("REFER", "Refer-To: <sip:carol@198.51.100.30:5080>\r\n");
  const auto invite = call.world.take_request("INVITE");
  EXPECT_EQ(invite.target.remote.ip.to_string(), "198.51.100.40");
  EXPECT_EQ(text_of(invite.message, "Route"), "<sip:198.51.100.40;lr>");
  EXPECT_EQ(invite.message.request_uri(), "sip:carol@198.51.100.30:5080");
}

// Alice in a browser talks to bob and to carol, both phones, and connects them.
TEST_F(Transfer, AttendedNamesCarolsOwnDialog) {
  call.connect(Caller::browser);
  auto to_carol = call.browser();
  to_carol.call("second-a", "<sip:alice@198.51.100.7>", "sip:carol@198.51.100.7", web_sdp());
  const auto carols = call.connect(to_carol, carol, "carol", plain_sdp());
  const auto named = to_carol.call_id + ";to-tag=" + to_carol.remote_tag + ";from-tag=" + to_carol.local_tag;
  auto consulted = carol;
  const auto invite = refer(call.a, to_carol.target + "?Replaces=" + percent_encode(named));  // SIP.js means carol so
  EXPECT_EQ(invite.request_uri(), "sip:carol@198.51.100.30:5080");
  EXPECT_EQ(text_of(invite, "To"), text_of(carols, "To"));
  const auto replaces = sip::parse_replaces(text_of(invite, "Replaces"));
  ASSERT_TRUE(replaces);
  EXPECT_EQ(replaces->call_id, carols.call_id());
  EXPECT_EQ(replaces->to_tag, "carol");
  EXPECT_EQ(replaces->from_tag, carols.from()->tag());
  EXPECT_EQ(text_of(invite, "Require"), "replaces");
  carol.take_call(invite, "carol-2");
  carol.respond(invite, 200, {}, plain_sdp());
  call.world.sent.clear();
  consulted.send("BYE");  // RFC 3891 3
  EXPECT_EQ(call.world.take_request("BYE").message.call_id(), "second-a");
  call.a.send("BYE");
  EXPECT_EQ(call.world.core.calls(), 1U);
}

TEST_F(Transfer, AttendedToAnotherBrowserGoesToItDirectly) {
  call.connect(Caller::phone);  // bob calls alice
  const auto flow = call.world.open_flow(55300);
  const auto uri = call.register_browser("carol", flow);
  auto bob = call.phone();
  bob.call("to-carol", "<sip:bob@198.51.100.7>", uri, plain_sdp());  // and then carol
  Ua browser(call.world, flow, "<sip:carol@carol.invalid;transport=ws>");
  const auto carols = call.connect(bob, browser, "carol", web_answer());
  const auto named = bob.call_id + ";to-tag=" + bob.remote_tag + ";from-tag=" + bob.local_tag;
  call.world.sent.clear();
  call.a.send("REFER", "Refer-To: <" + bob.target + "?Replaces=" + percent_encode(named) + ">\r\n");
  const auto invite = call.world.take_request("INVITE");
  EXPECT_EQ(invite.target.flow, flow.flow);
  EXPECT_EQ(invite.message.request_uri(), "sip:carol@carol.invalid;transport=ws");
  const auto replaces = sip::parse_replaces(text_of(invite.message, "Replaces"));
  ASSERT_TRUE(replaces);
  EXPECT_EQ(replaces->call_id, carols.call_id());
  EXPECT_EQ(replaces->to_tag, "carol");
}

class AutoTransfer : public Transfer {
 protected:
  AutoTransfer() : Transfer(ReferMode::automatic) {}
  Message passed_on() {
    call.world.sent.clear();
    call.b.send("REFER", "Refer-To: <sip:carol@198.51.100.30:5080>\r\n");
    return call.world.take_request("REFER").message;
  }
};

TEST_F(AutoTransfer, IsThePeersThatCan) {
  call.start(Caller::browser, "Allow: INVITE, ACK, BYE, REFER\r\n");
  call.answer();
  call.a.respond(passed_on(), 603);
  call.world.take_response(603, "REFER");
  EXPECT_TRUE(call.world.nothing_but_trying());
}

TEST_F(AutoTransfer, IsTheGatewaysForAPeerWhoseAllowLeavesReferOut) {
  call.start(Caller::browser, "Allow: INVITE, ACK, BYE\r\n");
  call.answer();
  carol.respond(refer(call.b), 200, {}, plain_sdp());
  EXPECT_EQ(call.world.replaced.size(), 1U);
}

TEST_F(AutoTransfer, IsTheGatewaysWhenThePeerDoesNotKnowHow) {
  for (const int status : {405, 420, 501}) {
    TwoLegs fresh(with(ReferMode::automatic));
    fresh.connect(Caller::browser);
    fresh.world.sent.clear();
    fresh.b.send("REFER", "Refer-To: <sip:carol@198.51.100.30:5080>\r\n");
    fresh.a.respond(fresh.world.take_request("REFER").message, status);
    fresh.world.take_response(202, "REFER");
    fresh.world.take_request("INVITE");
  }
}

TEST(RelayedTransfer, NeverMakesACall) {
  TwoLegs call(with(ReferMode::relay));
  call.start(Caller::browser, "Allow: INVITE, ACK, BYE\r\n");
  call.answer();
  call.world.sent.clear();
  call.b.send("REFER", "Refer-To: <sip:carol@198.51.100.30:5080>\r\n");
  call.a.respond(call.world.take_request("REFER").message, 405);
  call.world.take_response(405, "REFER");
  EXPECT_TRUE(call.world.nothing_but_trying());
}

}  // namespace
}  // namespace w2s::test
