// REGISTER through the proxy, message by message.
#include "proxy_world.hpp"

namespace w2s::test {
namespace {

TEST(ProxyRegister, LooksLikeTheGuidesExampleToTheNetwork) {
  SipWorld world;
  const auto flow = world.open_flow(55210);
  world.receive(
      register_request(
          1, browser_contact,
          "Path: <sip:evil.example>\r\nRoute: <sip:198.51.100.7:5080;lr;sipml5-outbound;transport=udp>\r\n"),
      flow);
  const auto sent = world.take_request("REGISTER");
  EXPECT_EQ(sent.target.remote.to_string(), "198.51.100.7:5080");
  EXPECT_EQ(sent.message.count(HeaderId::route), 0U);
  EXPECT_EQ(sent.message.count(HeaderId::path), 0U);
  EXPECT_EQ(sent.message.get(HeaderId::max_forwards), "69");
  EXPECT_EQ(sent.message.get(HeaderId::supported), "path");
  const auto vias = sent.message.values(HeaderId::via);
  ASSERT_EQ(vias.size(), 2U);
  EXPECT_THAT(std::string(vias[0]), StartsWith("SIP/2.0/UDP 203.0.113.1:5060;branch=z9hG4bK"));
  EXPECT_THAT(std::string(vias[0]), Not(HasSubstr("z9hG4bKr1")));
  EXPECT_THAT(std::string(vias[1]), StartsWith("SIP/2.0/TCP 192.0.2.50:55210;branch=z9hG4bKr1"));
  EXPECT_THAT(std::string(vias[1]), HasSubstr("ws-hacked=WSS"));

  const std::string contact(*sent.message.first_value(HeaderId::contact));
  const auto uri = uri_of(contact);
  EXPECT_EQ(uri.scheme, "sip");
  EXPECT_EQ(uri.host, "203.0.113.1");
  EXPECT_EQ(uri.params.get("transport"), "udp");
  EXPECT_EQ(uri.params.get("rtcweb-breaker"), "no");
  EXPECT_EQ(uri.params.get("ws-src-ip"), "192.0.2.50");
  EXPECT_EQ(uri.params.get("ws-src-port"), "55210");
  EXPECT_EQ(uri.params.get("ws-src-proto"), "wss");
  EXPECT_EQ(uri.params.get("ws-flow")->size(), 22U);
  EXPECT_THAT(contact, HasSubstr("language=\"en,fr\""));
  EXPECT_THAT(contact, Not(HasSubstr("ha1")));
  EXPECT_THAT(contact, Not(HasSubstr("impi")));
}

TEST(ProxyRegister, TheBrowserGetsItsViaAndContactBack) {
  SipWorld world;
  const auto flow = world.open_flow(55210);
  world.receive(register_request(1), flow);
  const auto forwarded = world.take_request("REGISTER");
  auto stored = *sip::parse_name_addr(*forwarded.message.first_value(HeaderId::contact));
  stored.params.set("expires", "120");
  auto ok = reply(forwarded.message, 200, "srv", stored.to_string());
  ok.append(HeaderId::contact, "<sip:alice@192.0.2.99>;expires=30");
  world.receive(ok, world.server());
  const auto answer = world.take_response(200, "REGISTER");
  EXPECT_EQ(answer.target.flow, flow.flow);
  ASSERT_EQ(answer.message.values(HeaderId::via).size(), 1U);
  EXPECT_EQ(answer.message.first_value(HeaderId::via),
            "SIP/2.0/WSS df7jal23ls0d.invalid;branch=z9hG4bKr1;rport");
  const auto contacts = *answer.message.contacts();
  ASSERT_EQ(contacts.size(), 2U);
  EXPECT_EQ(contacts[0].uri.host, "df7jal23ls0d.invalid");
  EXPECT_FALSE(contacts[0].uri.params.has("ws-flow"));
  EXPECT_EQ(contacts[0].params.get("expires"), "120");
  EXPECT_FALSE(contacts[0].params.has("ha1"));
  EXPECT_EQ(contacts[1].uri.host, "192.0.2.99");
  EXPECT_TRUE(world.held.contains(flow.flow));
  EXPECT_EQ(world.core.bindings(), 1U);
}

TEST(ProxyRegister, UnregisteringReleasesTheFlow) {
  SipWorld world;
  const auto flow = world.open_flow(55210);
  register_alice(world, flow);
  world.receive(
      register_request(2, "<sips:alice@df7jal23ls0d.invalid;rtcweb-breaker=no;transport=wss>;expires=0"),
      flow);
  const auto forwarded = world.take_request("REGISTER");
  auto ok = reply(forwarded.message, 200, "srv");
  world.receive(ok, world.server());
  world.take_response(200, "REGISTER");
  EXPECT_FALSE(world.held.contains(flow.flow));
}

TEST(ProxyRegister, ExpiryEndsTheBinding) {
  SipWorld world;
  const auto flow = world.open_flow(55210);
  const auto stored = register_alice(world, flow);
  world.close_flow(flow);
  EXPECT_EQ(world.core.bindings(), 1U);
  world.advance(3601s);
  EXPECT_EQ(world.core.bindings(), 0U);
}

// ---- what the registrar says of the Contact ----

const std::string instance = "\"<urn:uuid:00000000-0000-1000-8000-000000000001>\"";
// JsSIP's and SIP.js's form.
std::string outbound_contact(const std::string& user, int reg_id = 1) {
  return "<sip:" + user + "@7aqs2f1.invalid;transport=ws>;reg-id=" + std::to_string(reg_id) +
         ";+sip.instance=" + instance + ";expires=600";
}

Message answer_register(SipWorld& world, const Sent& forwarded, const std::string& stored, int status = 200) {
  world.receive(reply(forwarded.message, status, "srv", stored), world.server());
  return world.take_response(status, "REGISTER").message;
}

TEST(ProxyRegisterAnswer, OutboundIsOursAndIsGivenBack) {  // RFC 5626, design section 3
  SipWorld world;
  const auto flow = world.open_flow(55210);
  const auto forwarded = forward_register(world, flow, 1, outbound_contact("a1"));
  EXPECT_FALSE(forwarded.message.has_option(HeaderId::supported, "outbound"));
  EXPECT_THAT(contact_in(forwarded.message), Not(HasSubstr("reg-id")));
  EXPECT_THAT(contact_in(forwarded.message), HasSubstr("+sip.instance=" + instance));
  const auto ok = answer_register(world, forwarded, contact_in(forwarded.message));
  const auto contact = *sip::parse_name_addr(contact_in(ok));
  EXPECT_EQ(contact.uri.to_string(), "sip:a1@7aqs2f1.invalid;transport=ws");
  EXPECT_EQ(contact.params.get("reg-id"), "1");
  EXPECT_EQ(contact.params.get("+sip.instance"), instance);
  EXPECT_TRUE(ok.has_option(HeaderId::require, "outbound"));
  EXPECT_EQ(ok.get("Flow-Timer"), "120");
}

TEST(ProxyRegisterAnswer, WithoutOutboundThereIsNoFlowTimer) {
  SipWorld world;
  const auto ok =
      answer_register(world, forward_register(world, world.open_flow(55210), 1, browser_contact), "");
  EXPECT_FALSE(ok.get("Flow-Timer"));
  EXPECT_EQ(ok.count(HeaderId::require), 0U);
}

TEST(ProxyRegisterAnswer, AnOutboundTagIsTakenOutOfAnyForm) {
  SipWorld world;
  const auto flow = world.open_flow(55210);
  const auto forwarded = forward_register(world, flow, 1, outbound_contact("a1"),
                                          "Supported: gruu , outbound\r\nSupported: outbound\r\n");
  EXPECT_EQ(forwarded.message.get(HeaderId::supported), "gruu, path");
}

TEST(ProxyRegisterAnswer, GruusReachTheBrowserAndItsContactMayBeOne) {  // RFC 5627
  SipWorld world;
  const auto flow = world.open_flow(55210);
  const auto forwarded = forward_register(world, flow, 1, outbound_contact("a1"), "Supported: gruu\r\n");
  const std::string pub = "sip:alice@198.51.100.7;gr=urn:uuid:00000000-0000-1000-8000-000000000001";
  const auto ok = answer_register(world, forwarded,
                                  contact_in(forwarded.message) + ";pub-gruu=\"" + pub +
                                      "\";temp-gruu=\"sip:tgruu.7hs@198.51.100.7;gr\"");
  const auto contact = *sip::parse_name_addr(contact_in(ok));
  EXPECT_EQ(contact.params.get("pub-gruu"), '"' + pub + '"');
  EXPECT_EQ(contact.params.get("temp-gruu"), "\"sip:tgruu.7hs@198.51.100.7;gr\"");

  world.receive(request("INVITE", "sip:bob@198.51.100.7", 1, "g1", "Contact: <" + pub + ";ob>\r\n"), flow);
  EXPECT_EQ(contact_in(world.take_request("INVITE").message), "<" + pub + ";ob>");
  // Any other GRUU would be somebody else's address.
  world.receive(
      request("SUBSCRIBE", "sip:bob@198.51.100.7", 1, "g2", "Contact: <sip:carol@198.51.100.7;gr=x>\r\n"),
      flow);
  const auto patched = uri_of(contact_in(world.take_request("SUBSCRIBE").message));
  EXPECT_EQ(patched.host, "203.0.113.1");
  EXPECT_FALSE(patched.params.has("gr"));

  for (const auto& gruu : {pub, std::string("sip:tgruu.7hs@198.51.100.7;gr")}) {
    world.receive(FromNetwork{gruu}.text("MESSAGE", gruu, "m" + std::to_string(gruu.size())), world.server());
    EXPECT_EQ(world.take_request("MESSAGE").target.flow, flow.flow);
  }
  world.receive(FromNetwork{}.text("MESSAGE", "sip:alice@198.51.100.7;gr=urn:uuid:another", "m0"),
                world.server());
  world.take_response(404, "MESSAGE");
}

TEST(ProxyRegisterAnswer, ARegistrarThatKeepsNoParametersIsUnderstood) {
  SipWorld world;
  const auto flow = world.open_flow(55210);
  const auto ok = answer_register(world, forward_register(world, flow, 1, browser_contact),
                                  "<sip:alice@203.0.113.1:5060>;expires=120");
  EXPECT_EQ(uri_of(contact_in(ok)).host, "df7jal23ls0d.invalid");
  EXPECT_TRUE(world.held.contains(flow.flow));
  world.receive(FromNetwork{}.text("MESSAGE", "sip:alice@203.0.113.1:5060", "m1"), world.server());
  EXPECT_EQ(world.take_request("MESSAGE").message.request_uri(),
            "sips:alice@df7jal23ls0d.invalid;rtcweb-breaker=no;transport=wss");
  forward_register(world, flow, 2,
                   "<sips:alice@df7jal23ls0d.invalid;rtcweb-breaker=no;transport=wss>;expires=0");
}

TEST(ProxyRegisterAnswer,
     ARegistrarThatListsNothingHasKeptWhatItWasAsked) {  // JsSIP ignores a 200 without its Contact
  SipWorld world;
  const auto flow = world.open_flow(55210);
  auto ok = answer_register(world, forward_register(world, flow, 1, browser_contact), "");
  const auto contact = *sip::parse_name_addr(contact_in(ok));
  EXPECT_EQ(contact.uri.host, "df7jal23ls0d.invalid");
  EXPECT_EQ(contact.params.get("expires"), "200");
  EXPECT_TRUE(world.held.contains(flow.flow));
  ok = answer_register(
      world,
      forward_register(world, flow, 2,
                       "<sips:alice@df7jal23ls0d.invalid;rtcweb-breaker=no;transport=wss>;expires=0"),
      "");
  EXPECT_EQ(ok.count(HeaderId::contact), 0U);
  EXPECT_FALSE(world.held.contains(flow.flow));
}

TEST(ProxyRegisterAnswer, TheTimeGrantedIsTheNearestWord) {  // RFC 3261 10.2.1.1, 10.2.4
  struct {
    const char *asked, *extra, *granted;
    const char* expires;
  } cases[] = {{";expires=300", "", ";expires=100", "100"},
               {";expires=300", "", "", "300"},
               {"", "Expires: 400\r\n", "", "400"},
               {"", "", "", "3600"}};
  for (const auto& c : cases) {
    SipWorld world;
    const auto forwarded = forward_register(world, world.open_flow(55210), 1,
                                            std::string("<sip:alice@x.invalid>") + c.asked, c.extra);
    auto stored = *sip::parse_name_addr(contact_in(forwarded.message));
    stored.params.erase("expires");
    const auto ok = answer_register(world, forwarded, stored.to_string() + c.granted);
    EXPECT_EQ(sip::parse_name_addr(contact_in(ok))->params.get("expires"), c.expires);
  }
}

TEST(ProxyRegisterAnswer, AQueryShowsTheBrowserItsOwnContact) {  // 10.2.3
  SipWorld world;
  const auto flow = world.open_flow(55210);
  auto stored = *sip::parse_name_addr(register_alice(world, flow));
  stored.params.set("expires", "77");
  auto query = register_request(2);
  query.erase(query.find("Contact:"),
              query.find("\r\n", query.find("Contact:")) + 2 - query.find("Contact:"));
  world.receive(query, flow);
  const auto ok = answer_register(world, world.take_request("REGISTER"),
                                  "<sip:alice@192.0.2.99>;expires=9, " + stored.to_string());
  const auto contacts = *ok.contacts();
  ASSERT_EQ(contacts.size(), 2U);
  EXPECT_EQ(contacts[0].uri.host, "192.0.2.99");
  EXPECT_EQ(contacts[1].uri.host, "df7jal23ls0d.invalid");
  EXPECT_EQ(contacts[1].params.get("expires"), "77");
  EXPECT_TRUE(world.held.contains(flow.flow));
}

TEST(ProxyRegisterAnswer, FailuresAndRedirectsPassAsTheyAre) {
  SipWorld world;
  const auto flow = world.open_flow(55210);
  auto brief = reply(forward_register(world, flow, 1, browser_contact).message, 423, "srv");
  brief.append(HeaderId::min_expires, "900");
  world.receive(brief, world.server());
  EXPECT_EQ(world.take_response(423, "REGISTER").message.get(HeaderId::min_expires), "900");
  const auto moved = answer_register(world, forward_register(world, flow, 2, browser_contact),
                                     "<sip:alice@192.0.2.80>", 302);
  EXPECT_EQ(contact_in(moved), "<sip:alice@192.0.2.80>");
  EXPECT_FALSE(world.held.contains(flow.flow));
}

TEST(ProxyRegisterAnswer, PathAndServiceRouteOfTheNetworkReachTheBrowser) {  // RFC 3327, 3608
  SipWorld world;
  auto ok = reply(forward_register(world, world.open_flow(55210), 1, browser_contact).message, 200, "srv");
  ok.append(HeaderId::path, "<sip:edge.example.org;lr>");
  ok.append(HeaderId::service_route, "<sip:home.example.org;lr>");
  world.receive(ok, world.server());
  const auto answer = world.take_response(200, "REGISTER").message;
  EXPECT_EQ(answer.get(HeaderId::path), "<sip:edge.example.org;lr>");
  EXPECT_EQ(answer.get(HeaderId::service_route), "<sip:home.example.org;lr>");
}

// ---- several addresses, several accounts ----

TEST(ProxyRegisterMany, EveryContactIsReplacedAndRestored) {
  SipWorld world;
  const auto flow = world.open_flow(55210);
  for (const auto* contacts :
       {"<sip:a@x.invalid;transport=ws>;expires=60,\r\n \"B, b\" <sip:b@x.invalid>",
        "<sip:a@x.invalid;transport=ws>;expires=60\r\nContact: \"B, b\" <sip:b@x.invalid>"}) {
    const auto forwarded = forward_register(world, flow, 1, contacts);
    const auto sent = *forwarded.message.contacts();
    ASSERT_EQ(sent.size(), 2U);
    EXPECT_NE(sent[0].uri.params.get("ws-flow"), sent[1].uri.params.get("ws-flow"));
    for (const auto& contact : sent) EXPECT_EQ(contact.uri.host, "203.0.113.1");
    const auto ok =
        answer_register(world, forwarded, sent[1].to_string() + ";expires=50, " + sent[0].to_string());
    const auto back = *ok.contacts();
    ASSERT_EQ(back.size(), 2U);
    EXPECT_EQ(back[0].uri.to_string(), "sip:b@x.invalid");
    EXPECT_EQ(back[0].display_name, "\"B, b\"");
    EXPECT_EQ(back[1].uri.to_string(), "sip:a@x.invalid;transport=ws");
  }
  EXPECT_EQ(world.core.bindings(), 2U);
}

TEST(ProxyRegisterMany, AccountsOnOneSocketAreBindingsOfTheirOwn) {
  SipWorld world;
  const auto flow = world.open_flow(55210);
  std::vector<sip::Uri> stored;
  for (const std::string user : {"alice", "carol"}) {
    auto text = register_request(1, "<sip:" + user + "-ua@x.invalid;transport=ws>");
    for (auto at = text.find("alice@198"); at != std::string::npos; at = text.find("alice@198", at + 1))
      text.replace(at, 5, user);
    text.replace(text.find("reg-1"), 5, "reg-" + user);
    text.replace(text.find("z9hG4bKr1"), 9, "z9hG4bKr" + user);
    world.receive(text, flow);
    const auto forwarded = world.take_request("REGISTER");
    answer_register(world, forwarded, contact_in(forwarded.message));
    stored.push_back(uri_of(contact_in(forwarded.message)));
  }
  EXPECT_EQ(world.core.bindings(), 2U);
  for (const auto& uri : stored) {  // by its token, and by ws-src-* alone
    for (const bool with_token : {true, false}) {
      auto target = uri;
      if (!with_token) target.params.erase("ws-flow");
      world.receive(
          FromNetwork{uri.user}.text("MESSAGE", target.to_string(), uri.user + (with_token ? "t" : "s")),
          world.server());
      EXPECT_EQ(world.take_request("MESSAGE").message.request_uri(),
                "sip:" + uri.user + "@x.invalid;transport=ws");
    }
  }
}

TEST(ProxyRegisterMany, AStarRemovesTheAddressesOfAllTabs) {  // 10.2.2
  SipWorld world;
  const auto first = world.open_flow(55210), second = world.open_flow(55211);
  register_alice(world, first);
  register_alice(world, second, 2);
  const auto forwarded = forward_register(world, first, 3, "*", "Expires: 0\r\n");
  EXPECT_EQ(contact_in(forwarded.message), "*");
  answer_register(world, forwarded, "");
  EXPECT_TRUE(world.held.empty());
}

TEST(ProxyRegisterMany, OneSocketCannotFillTheMemory) {
  SipWorld world;
  const auto flow = world.open_flow(55210);
  for (int i = 0; i < 1100; ++i) {
    answer_register(world, forward_register(world, flow, i + 1, "<sip:u" + std::to_string(i) + "@x.invalid>"),
                    "", 403);
  }
  EXPECT_EQ(world.core.bindings(), 1000U);
}

// ---- the same browser again ----

TEST(ProxyReRegister, AnInstanceMayComeBackWithAnotherContact) {  // a page that was loaded anew
  SipWorld world;
  const auto first = world.open_flow(55210);
  const auto before = forward_register(world, first, 1, outbound_contact("a1"));
  answer_register(world, before, contact_in(before.message));
  const auto second = world.open_flow(55211);  // the old socket still looks open
  const auto after = forward_register(world, second, 2, outbound_contact("b2"));
  EXPECT_EQ(uri_of(contact_in(after.message)).params.get("ws-flow"),
            uri_of(contact_in(before.message)).params.get("ws-flow"));
  const auto ok = answer_register(world, after, contact_in(after.message));
  EXPECT_EQ(uri_of(contact_in(ok)).user, "b2");
  EXPECT_FALSE(world.held.contains(first.flow));
  EXPECT_TRUE(world.held.contains(second.flow));
  world.receive(FromNetwork{}.text("MESSAGE", uri_of(contact_in(after.message)).to_string(), "m1"),
                world.server());
  const auto delivered = world.take_request("MESSAGE");
  EXPECT_EQ(delivered.target.flow, second.flow);
  EXPECT_EQ(delivered.message.request_uri(), "sip:b2@7aqs2f1.invalid;transport=ws");
}

TEST(ProxyReRegister, TwoFlowsOfOneInstanceAreToldApartByRegId) {  // RFC 5626 4.2
  SipWorld world;
  const auto one = forward_register(world, world.open_flow(55210), 1, outbound_contact("a1", 1));
  answer_register(world, one, contact_in(one.message));
  const auto two = forward_register(world, world.open_flow(55211), 2, outbound_contact("a1", 2));
  EXPECT_NE(uri_of(contact_in(one.message)).params.get("ws-flow"),
            uri_of(contact_in(two.message)).params.get("ws-flow"));
}

TEST(ProxyReRegister, ARefusedOneLeavesTheTokenWhereItWas) {
  SipWorld world;
  const auto first = world.open_flow(55210);
  const auto before = forward_register(world, first, 1, outbound_contact("a1"));
  answer_register(world, before, contact_in(before.message));
  answer_register(world, forward_register(world, world.open_flow(55211), 2, outbound_contact("evil")), "",
                  403);
  world.receive(FromNetwork{}.text("MESSAGE", uri_of(contact_in(before.message)).to_string(), "m1"),
                world.server());
  const auto delivered = world.take_request("MESSAGE");
  EXPECT_EQ(delivered.target.flow, first.flow);
  EXPECT_EQ(delivered.message.request_uri(), "sip:a1@7aqs2f1.invalid;transport=ws");
}

}  // namespace
}  // namespace w2s::test
