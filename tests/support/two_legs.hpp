#pragma once
#include <gmock/gmock.h>

#include <fstream>
#include <iterator>

#include "sip_world.hpp"

namespace w2s::test {

inline std::string web_sdp(const std::string& setup = "actpass") {
  std::ifstream in(std::string(W2S_TEST_DATA) + "/offers/chromium-audio.sdp");
  std::string sdp{std::istreambuf_iterator<char>(in), {}};
  if (const auto at = sdp.find("setup:actpass"); at != std::string::npos) sdp.replace(at, 13, "setup:" + setup);
  return sdp;
}
// A browser's answer: PCMU and its events out of the gateway's offer, nothing else.
inline std::string web_answer() {
  auto sdp = web_sdp("active");
  const auto replace = [&](const std::string& from, const std::string& to) { sdp.replace(sdp.find(from), from.size(), to); };
  replace("UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126", "UDP/TLS/RTP/SAVPF 0 101");
  replace("a=rtpmap:126 telephone-event/8000", "a=rtpmap:101 telephone-event/8000");
  return sdp;
}
inline std::string plain_sdp() {
  return "v=0\r\no=- 1 1 IN IP4 198.51.100.20\r\ns=-\r\nc=IN IP4 198.51.100.20\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0 101\r\n"
         "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n";
}

// A scripted user agent's end of one dialog with the gateway.
class Ua {
 public:
  Ua(SipWorld& world, sip::Target source, std::string contact) : world_(&world), source_(source), contact_(std::move(contact)) {}

  // Calls `uri`; the caller's From is `from`.
  void call(const std::string& id, const std::string& from, const std::string& uri, const std::string& sdp, const std::string& extra = {}) {
    call_id = id;
    local_tag = id + "-caller";
    local_ = from;
    remote_ = "<" + uri + ">";
    target = uri;
    offer_ = sdp;
    send("INVITE", extra, sdp, "application/sdp");
  }
  // Sends the INVITE again, as after a challenge: next CSeq, no To tag.
  void call_again(const std::string& extra) { send("INVITE", extra, offer_, "application/sdp"); }
  void take_call(const sip::Message& invite, const std::string& tag) {
    call_id = invite.call_id();
    local_tag = tag;
    remote_tag = invite.from()->tag();
    local_ = std::string(*invite.get(sip::HeaderId::to));
    remote_ = without_tag(*invite.from());
    target = sip::parse_name_addr(*invite.first_value(sip::HeaderId::contact))->uri.to_string();
  }
  // A response that sets up or refreshes this dialog.
  void learn(const sip::Message& response) {
    remote_tag = response.to()->tag();
    if (const auto contact = response.first_value(sip::HeaderId::contact)) target = sip::parse_name_addr(*contact)->uri.to_string();
  }
  void send(const std::string& method, const std::string& extra = {}, const std::string& body = {}, const std::string& type = {}) {
    if (method != "ACK" && method != "CANCEL") ++cseq;
    const auto branch = method == "CANCEL" ? "INVITE" + std::to_string(cseq) : method + std::to_string(cseq);
    world_->receive(method + " " + target + " SIP/2.0\r\nVia: SIP/2.0/" + std::string(via_token(source_.transport)) + " ua.invalid;branch=z9hG4bK" +
                        call_id + local_tag + branch + "\r\nMax-Forwards: 70\r\nFrom: " + local_ + ";tag=" + local_tag + "\r\nTo: " + remote_ +
                        (remote_tag.empty() ? "" : ";tag=" + remote_tag) + "\r\nCall-ID: " + call_id + "\r\nCSeq: " + std::to_string(cseq) + " " +
                        method + "\r\nContact: " + contact_ + "\r\n" + extra + (body.empty() ? "" : "Content-Type: " + type + "\r\n") +
                        "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body,
                    source_);
  }
  void respond(const sip::Message& request, int status, const std::string& extra = {}, const std::string& sdp = {}) {
    auto text = reply(request, status, local_tag, status < 300 ? contact_ : "", sdp).to_string();
    text.insert(text.find("\r\n") + 2, extra);
    world_->receive(text, source_);
  }

  std::string call_id, local_tag, remote_tag, target;
  int cseq = 0;

 private:
  static std::string without_tag(sip::NameAddr party) {
    party.params.erase("tag");
    return party.to_string();
  }

  SipWorld* world_;
  sip::Target source_;
  std::string contact_, local_, remote_, offer_;
};

enum class Caller { browser, phone };
inline std::string caller_name(const testing::TestParamInfo<Caller>& param) {
  return param.param == Caller::browser ? "FromTheBrowser" : "ToTheBrowser";
}

// A world with one registered browser, alice, whose calls all go through the breaker, and a SIP server that also speaks
// for the phones behind it.
class TwoLegs {
 public:
  explicit TwoLegs(breaker::Options options = {}) : world({}, always(std::move(options))) {
    flow = world.open_flow(55210);
    registered = register_browser("alice", flow);
  }

  // REGISTERs and returns the URI that the registrar stores.
  std::string register_browser(const std::string& user, const sip::Target& on) {
    world.receive("REGISTER sip:198.51.100.7 SIP/2.0\r\nVia: SIP/2.0/WSS x.invalid;branch=z9hG4bKr" + user + "\r\nFrom: <sip:" + user +
                      "@198.51.100.7>;tag=r\r\nTo: <sip:" + user + "@198.51.100.7>\r\nCall-ID: reg-" + user + "\r\nCSeq: 1 REGISTER\r\nContact: <sip:" +
                      user + "@" + user + ".invalid;transport=ws>;expires=600\r\n\r\n",
                  on);
    const auto forwarded = world.take_request("REGISTER");
    const std::string stored(*forwarded.message.first_value(sip::HeaderId::contact));
    world.receive(reply(forwarded.message, 200, "srv", stored), world.server());
    world.take_response(200, "REGISTER");
    return sip::parse_name_addr(stored)->uri.to_string();
  }
  Ua browser() { return {world, flow, "<sip:alice@alice.invalid;transport=ws>"}; }
  Ua phone(const char* address = SipWorld::server_address) { return {world, world.server(address), "<sip:bob@198.51.100.20:5070>"}; }

  // Starts the one call of a test; returns leg b's INVITE.
  sip::Message start(Caller who, const std::string& extra = {}, const char* phone_address = SipWorld::server_address) {
    from = who;
    a = who == Caller::browser ? browser() : phone(phone_address);
    b = who == Caller::browser ? phone(phone_address) : browser();
    if (who == Caller::browser) a.call("leg-a", "\"Alice A.\" <sip:alice@198.51.100.7>", "sip:bob@198.51.100.7", web_sdp(), extra);
    else a.call("leg-a", "\"Bob B.\" <sip:bob@198.51.100.7>", registered, plain_sdp(), extra);
    invite = world.take_request("INVITE").message;
    b.take_call(invite, "leg-b-callee");
    return invite;
  }
  // Leg b answers; returns leg a's 200.
  sip::Message answer(const std::string& extra = {}) {
    b.respond(invite, 200, extra, from == Caller::browser ? plain_sdp() : web_answer());
    world.take_request("ACK");
    auto answered = world.take_response(200, "INVITE").message;
    a.learn(answered);
    a.send("ACK");
    return answered;
  }
  void connect(Caller who) {
    start(who);
    answer();
  }

  // `callee` takes the call that `caller` has just made; returns its INVITE.
  sip::Message connect(Ua& caller, Ua& callee, const std::string& tag, const std::string& answer_sdp) {
    auto received = world.take_request("INVITE").message;
    callee.take_call(received, tag);
    callee.respond(received, 200, {}, answer_sdp);
    world.take_request("ACK");
    caller.learn(world.take_response(200, "INVITE").message);
    caller.send("ACK");
    world.sent.clear();
    return received;
  }

  SipWorld world;
  sip::Target flow;
  std::string registered;
  Caller from = Caller::browser;
  Ua a = browser(), b = phone();
  sip::Message invite = sip::Message::response(500, "");

 private:
  static breaker::Options always(breaker::Options options) {
    options.admission.mode = breaker::Mode::always;
    return options;
  }
};

inline std::string text_of(const sip::Message& message, std::string_view name) {
  return std::string(message.get(name).value_or("(absent)"));
}

}  // namespace w2s::test
