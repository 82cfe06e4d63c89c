#pragma once
// A browser on one leg of the breaker, a SIP phone on the other, on virtual time.
#include <gmock/gmock.h>

#include <fstream>
#include <iterator>

#include "sip_world.hpp"
#include "w2s/base/encoding.hpp"
#include "w2s/base/hash.hpp"

namespace w2s::test {

using sip::HeaderId;
using sip::Message;
using testing::HasSubstr;
using testing::Not;

inline std::string file(const std::string& name) {
  std::ifstream in(std::string(W2S_TEST_DATA) + "/" + name);
  return {std::istreambuf_iterator<char>(in), {}};
}
inline const std::string& browser_offer() {
  static const auto text = file("offers/chromium-audio.sdp");
  return text;
}
inline std::string phone_sdp(const std::string& formats = "0 101", const std::string& direction = "sendrecv", int version = 1) {
  std::string sdp = "v=0\r\no=- 1 " + std::to_string(version) + " IN IP4 198.51.100.20\r\ns=-\r\nc=IN IP4 198.51.100.20\r\nt=0 0\r\n"
                    "m=audio 4000 RTP/AVP " + formats + "\r\na=" + direction + "\r\n";
  if (formats.find("101") != std::string::npos) sdp += "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n";
  return sdp;
}
inline std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
  return text;
}
// The browser's offer once more, with another o= version and direction.
inline std::string offer(int version, const std::string& direction = "sendrecv") {
  return replaced(replaced(browser_offer(), "a=sendrecv", "a=" + direction), "4787232159729365320 2", "4787232159729365320 " + std::to_string(version));
}
// Its answer to an offer of ours; 101 is telephone-event.
inline std::string browser_answer(const std::string& formats, const std::string& direction = "sendrecv") {
  auto sdp = replaced(replaced(browser_offer(), "a=setup:actpass", "a=setup:active"), "a=rtpmap:126 telephone-event/8000", "a=rtpmap:101 telephone-event/8000");
  return replaced(replaced(sdp, "UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126", "UDP/TLS/RTP/SAVPF " + formats), "a=sendrecv", "a=" + direction);
}
inline const std::string callee_contact = "<sips:alice@df7jal23ls0d.invalid;transport=wss>";
inline std::string challenge(const std::string& realm, const std::string& nonce = "n1") {
  return "Digest realm=\"" + realm + "\", nonce=\"" + nonce + "\", algorithm=MD5, qop=\"auth\"";
}

// A browser that speaks like sipML5, on its own WebSocket.
class CallFromBrowser : public testing::Test {
 protected:
  explicit CallFromBrowser(breaker::Options options = {}) : world({}, std::move(options)) {}
  void SetUp() override { flow = world.open_flow(55210); }

  std::string from_browser(const std::string& method, int cseq, const std::string& branch, const std::string& to_tag,
                           const std::string& body = {}, const std::string& type = "application/sdp",
                           const std::string& extra = {}) {
    const auto ha1 = hex_digest(HashAlgorithm::md5, "alice:asterisk:secret");
    return method + " sip:bob@198.51.100.7 SIP/2.0\r\nVia: SIP/2.0/WSS df7jal23ls0d.invalid;branch=z9hG4bK" + branch +
           ";rport\r\nFrom: \"Alice\"<sip:alice@198.51.100.7>;tag=abc\r\nTo: <sip:bob@198.51.100.7>" +
           (to_tag.empty() ? "" : ";tag=" + to_tag) +
           "\r\nContact: \"Alice\"<sips:alice@df7jal23ls0d.invalid;rtcweb-breaker=yes;transport=wss>" +
           (with_ha1 ? ";impi=alice;ha1=" + ha1 : "") + "\r\nCall-ID: web-1\r\nCSeq: " + std::to_string(cseq) + " " + method +
           "\r\nMax-Forwards: 70\r\n" + extra + (body.empty() ? "" : "Content-Type: " + type + "\r\n") +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  void start(const std::string& offer = browser_offer(), const std::string& extra = {}) {
    world.receive(from_browser("INVITE", 1, "i1", "", offer, "application/sdp", extra), flow);
  }
  void answer(const std::string& sdp = phone_sdp(), const std::string& offer = browser_offer()) {
    start(offer);
    invite = world.take_request("INVITE");
    world.receive(reply(invite.message, 200, "phone", phone, sdp), world.server());
    answered = world.take_response(200, "INVITE");
    gateway_tag = answered.message.to()->tag();
    world.receive(from_browser("ACK", 1, "k1", gateway_tag), flow);
    phone_ack = world.take_request("ACK");
  }
  // A request of the phone inside its dialog.
  std::string from_phone(const std::string& method, int cseq, const std::string& body = {}, const std::string& type = "application/sdp",
                         const std::string& extra = {}) {
    const auto from = *invite.message.to();
    return method + " " + sip::parse_name_addr(*invite.message.first_value(HeaderId::contact))->uri.to_string() +
           " SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.20:5070;branch=z9hG4bKp" + method + std::to_string(cseq) +
           "\r\nFrom: " + from.to_string() + ";tag=phone\r\nTo: " + std::string(*invite.message.get(HeaderId::from)) +
           "\r\nContact: " + phone + "\r\nCall-ID: " + invite.message.call_id() + "\r\nCSeq: " + std::to_string(cseq) + " " + method +
           "\r\n" + extra + (body.empty() ? "" : "Content-Type: " + type + "\r\n") + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  const leg::LegPlan& plan(leg::Side side) {
    for (auto it = world.plans.rbegin(); it != world.plans.rend(); ++it) {
      if (it->side == side) return *it;
    }
    static const leg::LegPlan none{};
    ADD_FAILURE() << "no plan";
    return none;
  }

  SipWorld world;
  sip::Target flow;
  bool with_ha1 = true;
  const std::string phone = "<sip:bob@198.51.100.20:5070>";
  const sip::Target phone_source = [] {
    sip::Target t;
    t.remote = {*IpAddress::parse("198.51.100.20"), 5070};
    t.local = {*IpAddress::parse(SipWorld::gateway_address), 5060};
    return t;
  }();
  Sent invite{Message::response(500, ""), {}}, answered = invite, phone_ack = invite;
  std::string gateway_tag;
};

// The network calls a browser whose registration asks for the breaker.
class CallToBrowser : public testing::Test {
 protected:
  void SetUp() override {
    flow = world.open_flow(55210);
    world.receive("REGISTER sip:198.51.100.7 SIP/2.0\r\nVia: SIP/2.0/WSS df7jal23ls0d.invalid;branch=z9hG4bKr\r\n"
                  "From: <sip:alice@198.51.100.7>;tag=abc\r\nTo: <sip:alice@198.51.100.7>\r\nCall-ID: reg\r\nCSeq: 1 REGISTER\r\n"
                  "Contact: <sips:alice@df7jal23ls0d.invalid;rtcweb-breaker=yes;transport=wss>;expires=200\r\n\r\n", flow);
    const auto forwarded = world.take_request("REGISTER");
    const std::string stored(*forwarded.message.first_value(HeaderId::contact));
    registered = sip::parse_name_addr(stored)->uri.to_string();
    world.receive(reply(forwarded.message, 200, "srv", stored), world.server());
    world.take_response(200, "REGISTER");
  }
  void start(const std::string& sdp = phone_sdp("0 8 101")) {
    world.receive("INVITE " + registered + " SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bKn1\r\nMax-Forwards: 20\r\n"
                  "Record-Route: <sip:198.51.100.7;lr>\r\nFrom: \"Bob\" <sip:bob@198.51.100.7>;tag=bob\r\nTo: <sip:alice@198.51.100.7>\r\n"
                  "Contact: <sip:bob@198.51.100.20:5070>\r\nCall-ID: net-1\r\nCSeq: 7 INVITE\r\nContent-Type: application/sdp\r\n"
                  "Content-Length: " + std::to_string(sdp.size()) + "\r\n\r\n" + sdp, world.server());
  }
  SipWorld world;
  sip::Target flow;
  std::string registered;
};

}  // namespace w2s::test
