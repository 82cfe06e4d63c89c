#pragma once
#include <gmock/gmock.h>

#include "sip_world.hpp"

// A browser, its messages and its proxied call, for the simulations of the proxy (design section 3).
namespace w2s::test {

using sip::HeaderId;
using sip::Message;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

inline const std::string browser_contact =
    "\"Alice\"<sips:alice@df7jal23ls0d.invalid;rtcweb-breaker=no;transport=wss>;expires=200;+g.oma.sip-im;"
    "language=\"en,fr\";impi=alice;ha1=00112233445566778899aabbccddeeff";

inline std::string request(const std::string& method, const std::string& uri, int cseq,
                           const std::string& branch, const std::string& extra,
                           const std::string& to_tag = {}) {
  return method + " " + uri + " SIP/2.0\r\nVia: SIP/2.0/WSS df7jal23ls0d.invalid;branch=z9hG4bK" + branch +
         ";rport\r\nMax-Forwards: 70\r\nFrom: \"Alice\"<sip:alice@198.51.100.7>;tag=abc\r\nTo: <" + uri +
         ">" + (to_tag.empty() ? "" : ";tag=" + to_tag) +
         "\r\nCall-ID: call-1\r\nCSeq: " + std::to_string(cseq) + " " + method + "\r\n" + extra +
         "Content-Length: 0\r\n\r\n";
}

inline std::string register_request(int cseq, const std::string& contact = browser_contact,
                                    const std::string& extra = {}) {
  return "REGISTER sip:198.51.100.7 SIP/2.0\r\nVia: SIP/2.0/WSS df7jal23ls0d.invalid;branch=z9hG4bKr" +
         std::to_string(cseq) +
         ";rport\r\nMax-Forwards: 70\r\nFrom: <sip:alice@198.51.100.7>;tag=abc\r\nTo: "
         "<sip:alice@198.51.100.7>\r\n"
         "Call-ID: reg-1\r\nCSeq: " +
         std::to_string(cseq) + " REGISTER\r\nContact: " + contact + "\r\n" + extra +
         "Supported: path, outbound\r\nContent-Length: 0\r\n\r\n";
}

// Registers Alice over `flow`; returns the Contact that the registrar stored.
inline std::string register_alice(SipWorld& world, const sip::Target& flow, int cseq = 1,
                                  const std::string& contact = browser_contact) {
  world.receive(register_request(cseq, contact), flow);
  const auto forwarded = world.take_request("REGISTER");
  const std::string stored(*forwarded.message.first_value(HeaderId::contact));
  world.receive(reply(forwarded.message, 200, "srv", stored), world.server());
  world.take_response(200, "REGISTER");
  return stored;
}

// A request as a SIP server or phone sends it.
struct FromNetwork {
  std::string call_id = "net-1", from = "<sip:bob@198.51.100.7>;tag=bob", to = "<sip:alice@198.51.100.7>",
              extra = {};
  int cseq = 1, hops = 70;
  std::string text(const std::string& method, const std::string& uri, const std::string& branch) const {
    return method + " " + uri + " SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bK" + branch +
           "\r\nMax-Forwards: " + std::to_string(hops) + "\r\nFrom: " + from + "\r\nTo: " + to +
           "\r\nCall-ID: " + call_id + "\r\nCSeq: " + std::to_string(cseq) + " " + method + "\r\n" + extra +
           "Content-Length: 0\r\n\r\n";
  }
};

// The route set that `message` gives its receiver: the caller reads it from a response, backwards (RFC
// 3261 12.1.2).
inline std::string routes_of(const Message& message) {
  std::string routes;
  for (const auto value : message.values(HeaderId::record_route)) {
    const auto line = "Route: " + std::string(value) + "\r\n";
    routes = message.is_request() ? routes + line : line + routes;
  }
  return routes;
}

inline std::string contact_in(const Message& message) {
  return std::string(message.first_value(HeaderId::contact).value_or(""));
}

inline sip::Uri uri_of(const std::string& contact) {
  return sip::parse_name_addr(contact)->uri;
}

class ProxiedCall : public testing::Test {
 protected:
  void SetUp() override {
    flow = world.open_flow(55210);
    stored = register_alice(world, flow);
    world.receive(request("INVITE", "sip:bob@198.51.100.7", 1, "i1", "Contact: " + browser_contact + "\r\n"),
                  flow);
    invite = world.take_request("INVITE");
  }
  // Bob answers; returns the browser's route set.
  std::string answer() {
    world.receive(reply(invite.message, 200, "bobtag", "<sip:bob@198.51.100.20:5070>"), world.server());
    const auto received = world.take_response(200, "INVITE");
    EXPECT_EQ(received.target.flow, flow.flow);
    return routes_of(received.message);
  }
  // A request of Bob's in the call, over the route set that the INVITE gave him.
  std::string from_bob(const std::string& method, const std::string& branch, int cseq = 1) const {
    FromNetwork bob{"call-1", "<sip:bob@198.51.100.7>;tag=bobtag", "<sip:alice@198.51.100.7>;tag=abc",
                    routes_of(invite.message), cseq};
    return bob.text(method, uri_of(contact_in(invite.message)).to_string(), branch);
  }
  SipWorld world;
  sip::Target flow;
  std::string stored;
  Sent invite{sip::Message::response(500, ""), {}};
};

// Sends a REGISTER over `flow`; returns what the registrar got.
inline Sent forward_register(SipWorld& world, const sip::Target& flow, int cseq, const std::string& contact,
                             const std::string& extra = {}) {
  world.receive(register_request(cseq, contact, extra), flow);
  return world.take_request("REGISTER");
}

}  // namespace w2s::test
