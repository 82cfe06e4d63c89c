// The proxy between a browser and a SIP network, message by message (design section 3).
#include <gmock/gmock.h>

#include "sip_world.hpp"

namespace w2s::test {
namespace {

using sip::HeaderId;
using sip::Message;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const std::string browser_contact =
    "\"Alice\"<sips:alice@df7jal23ls0d.invalid;rtcweb-breaker=no;transport=wss>;expires=200;+g.oma.sip-im;"
    "language=\"en,fr\";impi=alice;ha1=00112233445566778899aabbccddeeff";

std::string request(const std::string& method, const std::string& uri, int cseq, const std::string& branch,
                    const std::string& extra, const std::string& to_tag = {}) {
  return method + " " + uri + " SIP/2.0\r\nVia: SIP/2.0/WSS df7jal23ls0d.invalid;branch=z9hG4bK" + branch +
         ";rport\r\nMax-Forwards: 70\r\nFrom: \"Alice\"<sip:alice@198.51.100.7>;tag=abc\r\nTo: <" + uri + ">" +
         (to_tag.empty() ? "" : ";tag=" + to_tag) + "\r\nCall-ID: call-1\r\nCSeq: " + std::to_string(cseq) + " " + method +
         "\r\n" + extra + "Content-Length: 0\r\n\r\n";
}

std::string register_request(int cseq, const std::string& contact = browser_contact, const std::string& extra = {}) {
  return "REGISTER sip:198.51.100.7 SIP/2.0\r\nVia: SIP/2.0/WSS df7jal23ls0d.invalid;branch=z9hG4bKr" + std::to_string(cseq) +
         ";rport\r\nMax-Forwards: 70\r\nFrom: <sip:alice@198.51.100.7>;tag=abc\r\nTo: <sip:alice@198.51.100.7>\r\n"
         "Call-ID: reg-1\r\nCSeq: " + std::to_string(cseq) + " REGISTER\r\nContact: " + contact + "\r\n" + extra +
         "Supported: path, outbound\r\nContent-Length: 0\r\n\r\n";
}

// Registers Alice over `flow`; returns the Contact that the registrar stored.
std::string register_alice(SipWorld& world, const sip::Target& flow, int cseq = 1, const std::string& contact = browser_contact) {
  world.receive(register_request(cseq, contact), flow);
  const auto forwarded = world.take_request("REGISTER");
  const std::string stored(*forwarded.message.first_value(HeaderId::contact));
  world.receive(reply(forwarded.message, 200, "srv", stored), world.server());
  world.take_response(200, "REGISTER");
  return stored;
}

sip::Uri uri_of(const std::string& contact) { return sip::parse_name_addr(contact)->uri; }

TEST(ProxyRegister, LooksLikeTheGuidesExampleToTheNetwork) {
  SipWorld world;
  const auto flow = world.open_flow(55210);
  world.receive(register_request(1, browser_contact, "Path: <sip:evil.example>\r\nRoute: <sip:198.51.100.7:5080;lr;sipml5-outbound;transport=udp>\r\n"), flow);
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
  EXPECT_EQ(answer.message.first_value(HeaderId::via), "SIP/2.0/WSS df7jal23ls0d.invalid;branch=z9hG4bKr1;rport");
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
  world.receive(register_request(2, "<sips:alice@df7jal23ls0d.invalid;rtcweb-breaker=no;transport=wss>;expires=0"), flow);
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

TEST(ProxyToBrowser, TheRequestUriIsTheRegisteredContact) {
  SipWorld world;
  const auto flow = world.open_flow(55210);
  const auto stored = uri_of(register_alice(world, flow)).to_string();
  world.receive("MESSAGE " + stored + " SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bKm1\r\n"
                "From: <sip:bob@198.51.100.7>;tag=b\r\nTo: <sip:alice@198.51.100.7>\r\nCall-ID: m1\r\nCSeq: 1 MESSAGE\r\n"
                "Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello", world.server());
  const auto delivered = world.take_request("MESSAGE");
  EXPECT_EQ(delivered.target.flow, flow.flow);
  EXPECT_EQ(delivered.message.request_uri(), "sips:alice@df7jal23ls0d.invalid;rtcweb-breaker=no;transport=wss");
  EXPECT_THAT(std::string(*delivered.message.first_value(HeaderId::via)), StartsWith("SIP/2.0/WSS 203.0.113.1:10062"));
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
           "Via: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK" + branch +
           "\r\nFrom: <sip:b@x>;tag=b\r\nTo: <sip:a@x>\r\nCall-ID: " + branch + "\r\nCSeq: 1 MESSAGE\r\n\r\n";
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
  world.receive("OPTIONS " + stored.to_string() + " SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bKo\r\n"
                "From: <sip:b@x>;tag=b\r\nTo: <sip:a@x>\r\nCall-ID: o\r\nCSeq: 1 OPTIONS\r\n\r\n", world.server());
  EXPECT_EQ(world.take_request("OPTIONS").target.flow, second.flow);
}

TEST(ProxyToBrowser, ASecondTabGetsItsOwnToken) {
  SipWorld world;
  const auto first = uri_of(register_alice(world, world.open_flow(55210)));
  const auto second = uri_of(register_alice(world, world.open_flow(55211), 2));
  EXPECT_NE(first.params.get("ws-flow"), second.params.get("ws-flow"));
}

class ProxiedCall : public testing::Test {
 protected:
  void SetUp() override {
    flow = world.open_flow(55210);
    stored = register_alice(world, flow);
    world.receive(request("INVITE", "sip:bob@198.51.100.7", 1, "i1", "Contact: " + browser_contact + "\r\n"), flow);
    invite = world.take_request("INVITE");
  }
  std::string answer() {
    auto ok = reply(invite.message, 200, "bobtag", "<sip:bob@198.51.100.20:5070>");
    world.receive(ok, world.server());
    const auto received = world.take_response(200, "INVITE");
    EXPECT_EQ(received.target.flow, flow.flow);
    std::string route;
    for (const auto value : received.message.values(HeaderId::record_route)) route += "Route: " + std::string(value) + "\r\n";
    return route;
  }
  SipWorld world;
  sip::Target flow;
  std::string stored;
  Sent invite{sip::Message::response(500, ""), {}};
};

TEST_F(ProxiedCall, InviteCarriesTheRegisteredContactAndARecordRoute) {
  EXPECT_EQ(uri_of(std::string(*invite.message.first_value(HeaderId::contact))).to_string(), uri_of(stored).to_string());
  EXPECT_THAT(std::string(*invite.message.first_value(HeaderId::record_route)), StartsWith("<sip:"));
  EXPECT_THAT(std::string(*invite.message.first_value(HeaderId::record_route)), HasSubstr("@203.0.113.1:5060;lr>"));
}

TEST_F(ProxiedCall, AckAndByePassInBothDirections) {
  const auto routes = answer();
  world.receive(request("ACK", "sip:bob@198.51.100.20:5070", 1, "a1", routes, "bobtag"), flow);
  const auto ack = world.take_request("ACK");
  EXPECT_EQ(ack.target.remote.to_string(), "198.51.100.20:5070");
  EXPECT_EQ(ack.message.count(HeaderId::route), 0U);

  world.receive("BYE " + uri_of(stored).to_string() + " SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.20:5070;branch=z9hG4bKb1\r\n"
                "From: <sip:bob@198.51.100.7>;tag=bobtag\r\nTo: <sip:alice@198.51.100.7>;tag=abc\r\nCall-ID: call-1\r\n" +
                routes + "CSeq: 1 BYE\r\n\r\n", world.server("198.51.100.20"));
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
  auto forged = request("BYE", "sip:10.0.0.1", 2, "x2", "Route: " + std::string(*invite.message.first_value(HeaderId::record_route)) + "\r\n", "t");
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
  EXPECT_THAT(std::string(*world.take_response(403, "MESSAGE").message.get(HeaderId::warning)), HasSubstr("10.0.0.1"));
  world.receive("REGISTER sip:203.0.113.1 SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bKq\r\nFrom: <sip:b@x>;tag=b\r\n"
                "To: <sip:b@x>\r\nCall-ID: q\r\nCSeq: 1 REGISTER\r\n\r\n", world.server());
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

TEST(ProxyRefusals, OneWebSocketHasABoundedNumberOfContacts) {
  SipWorld world;
  const auto flow = world.open_flow(55210);
  const auto contact = [](std::size_t i) { return "<sip:a" + std::to_string(i) + "@df7jal23ls0d.invalid>"; };
  const auto limit = proxy::BindingTable::max_per_flow;
  for (std::size_t i = 0; i < limit; i += 10) {
    std::string ten = contact(i);
    for (auto j = i + 1; j < i + 10; ++j) ten += ", " + contact(j);
    const auto cseq = static_cast<int>(i) + 1;
    world.receive(register_request(cseq, ten), flow);
    world.receive(reply(world.take_request("REGISTER").message, 401, "srv"), world.server());
    world.take_response(401, "REGISTER");
  }
  EXPECT_EQ(world.core.bindings(), limit);

  world.receive(register_request(201, contact(limit)), flow);
  world.take_response(403, "REGISTER");
  auto other = request("INVITE", "sip:bob@198.51.100.7", 1, "i1", "Contact: " + contact(limit) + "\r\n");
  other.replace(other.find("sip:alice@"), 10, "sip:carol@");
  world.receive(other, flow);
  world.take_response(403, "INVITE");
  EXPECT_EQ(world.core.bindings(), limit);

  // What is known already still works, and so do other browsers.
  world.receive(register_request(203, contact(0)), flow);
  world.take_request("REGISTER");
  world.receive(register_request(204, contact(limit)), world.open_flow(55211));
  world.take_request("REGISTER");
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

TEST(ProxySecrets, NeverTravelInAnyMethod) {
  SipWorld world;
  const auto flow = world.open_flow(55210);
  for (const auto* method : {"INVITE", "SUBSCRIBE", "MESSAGE", "PUBLISH", "OPTIONS", "FOO"}) {
    world.receive(request(method, "sip:bob@198.51.100.7", 1, std::string("s") + method, "Contact: " + browser_contact + "\r\n"), flow);
    const auto text = world.take_request(method).message.to_string();
    EXPECT_THAT(text, Not(HasSubstr("ha1"))) << method;
    EXPECT_THAT(text, Not(HasSubstr("impi"))) << method;
  }
}

TEST(ProxySecrets, NorWhereNoBindingNamesTheContact) {
  SipWorld world;
  const auto flow = world.open_flow(55210);
  // A Contact that cannot be a browser's address makes no binding; the header's parameters are secret all the same.
  world.receive(request("MESSAGE", "sip:bob@198.51.100.7", 1, "t1", "Contact: <tel:+123>;impi=alice;ha1=00112233445566778899aabbccddeeff\r\n"), flow);
  EXPECT_THAT(world.take_request("MESSAGE").message.to_string(), Not(HasSubstr("ha1")));
}

TEST(ProxySecrets, NorInTheBrowsersResponses) {
  SipWorld world;
  const auto flow = world.open_flow(55210);
  const auto stored = uri_of(register_alice(world, flow)).to_string();
  for (const int status : {200, 302, 486}) {
    const auto id = std::to_string(status);
    world.receive("INVITE " + stored + " SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bK" + id +
                  "\r\nFrom: <sip:bob@198.51.100.7>;tag=b\r\nTo: <sip:alice@198.51.100.7>\r\nCall-ID: " + id + "\r\nCSeq: 1 INVITE\r\n\r\n", world.server());
    world.receive(reply(world.take_request("INVITE").message, status, "a", "<sip:carol@198.51.100.9>;impi=alice;ha1=00112233445566778899aabbccddeeff"), flow);
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

}  // namespace
}  // namespace w2s::test
