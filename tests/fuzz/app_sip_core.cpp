// The whole SIP core under a scripted stranger: bytes choose peers, messages, answers and time steps. Whatever comes, it
// must not crash, and when everybody is silent nothing may stay.
#include <cstdlib>

#include "../support/sip_world.hpp"
#include "w2s/base/bytes.hpp"

namespace {

using namespace w2s;

const char* const templates[] = {
    "INVITE sip:bob@198.51.100.7 SIP/2.0\r\nVia: SIP/2.0/WSS x.invalid;branch=z9hG4bK%\r\nMax-Forwards: 9\r\nFrom: <sip:alice@198.51.100.7>;tag=a\r\n"
    "To: <sip:bob@198.51.100.7>\r\nCall-ID: c%\r\nCSeq: 1 INVITE\r\nContact: <sips:alice@x.invalid;rtcweb-breaker=yes>\r\n"
    "Content-Type: application/sdp\r\n\r\nv=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0 8\r\n",
    "INVITE sip:bob@198.51.100.7 SIP/2.0\r\nVia: SIP/2.0/WSS x.invalid;branch=z9hG4bK%\r\nMax-Forwards: 9\r\nFrom: <sip:alice@198.51.100.7>;tag=a\r\n"
    "To: <sip:bob@198.51.100.7>\r\nCall-ID: c%\r\nCSeq: 1 INVITE\r\nContact: <sips:alice@x.invalid>\r\n\r\n",
    "CANCEL sip:bob@198.51.100.7 SIP/2.0\r\nVia: SIP/2.0/WSS x.invalid;branch=z9hG4bK%\r\nMax-Forwards: 9\r\nFrom: <sip:alice@198.51.100.7>;tag=a\r\n"
    "To: <sip:bob@198.51.100.7>\r\nCall-ID: c%\r\nCSeq: 1 CANCEL\r\n\r\n",
    "REGISTER sip:198.51.100.7 SIP/2.0\r\nVia: SIP/2.0/WSS x.invalid;branch=z9hG4bK%r\r\nFrom: <sip:alice@198.51.100.7>;tag=a\r\n"
    "To: <sip:alice@198.51.100.7>\r\nCall-ID: r%\r\nCSeq: 1 REGISTER\r\nContact: <sips:alice@x.invalid;rtcweb-breaker=yes>;expires=60\r\n\r\n",
    "MESSAGE sip:bob@pool SIP/2.0\r\nVia: SIP/2.0/WSS x.invalid;branch=z9hG4bK%m\r\nFrom: <sip:alice@198.51.100.7>;tag=a\r\n"
    "To: <sip:bob@pool>\r\nCall-ID: m%\r\nCSeq: 1 MESSAGE\r\n\r\n",
    "INVITE sip:bob@pool SIP/2.0\r\nVia: SIP/2.0/WSS x.invalid;branch=z9hG4bK%p\r\nFrom: <sip:alice@198.51.100.7>;tag=a\r\n"
    "To: <sip:bob@pool>\r\nCall-ID: p%\r\nCSeq: 1 INVITE\r\nContact: <sips:alice@x.invalid;rtcweb-breaker=yes>\r\n"
    "Content-Type: application/sdp\r\n\r\nv=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n",
    "BYE sip:bob@198.51.100.7 SIP/2.0\r\nVia: SIP/2.0/WSS x.invalid;branch=z9hG4bK%b\r\nFrom: <sip:alice@198.51.100.7>;tag=a\r\n"
    "To: <sip:bob@198.51.100.7>;tag=x\r\nCall-ID: c%\r\nCSeq: 2 BYE\r\n\r\n",
    // Two tabs of one AoR, an instance, a star: what makes forks, moves and removals.
    "REGISTER sip:198.51.100.7 SIP/2.0\r\nVia: SIP/2.0/WSS x.invalid;branch=z9hG4bK%q\r\nFrom: <sip:alice@198.51.100.7>;tag=a\r\n"
    "To: <sip:alice@198.51.100.7>\r\nCall-ID: q%\r\nCSeq: 1 REGISTER\r\nSupported: outbound\r\n"
    "Contact: <sip:t%@x.invalid>;reg-id=1;+sip.instance=\"<urn:uuid:1>\", <sip:u@x.invalid>;expires=0\r\n\r\n",
    "REGISTER sip:198.51.100.7 SIP/2.0\r\nVia: SIP/2.0/WSS x.invalid;branch=z9hG4bK%s\r\nFrom: <sip:alice@198.51.100.7>;tag=a\r\n"
    "To: <sip:alice@198.51.100.7>\r\nCall-ID: s%\r\nCSeq: 1 REGISTER\r\nExpires: 0\r\nContact: *\r\n\r\n",
    "INVITE sip:alice@198.51.100.7 SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK%f\r\nFrom: <sip:bob@198.51.100.7>;tag=b\r\n"
    "To: <sip:alice@198.51.100.7>\r\nCall-ID: f%\r\nCSeq: 1 INVITE\r\nContact: <sip:bob@198.51.100.7>\r\n\r\n",
    "CANCEL sip:alice@198.51.100.7 SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK%f\r\nFrom: <sip:bob@198.51.100.7>;tag=b\r\n"
    "To: <sip:alice@198.51.100.7>\r\nCall-ID: f%\r\nCSeq: 1 CANCEL\r\n\r\n",
    "INVITE sip:x.y@203.0.113.1;lr SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK%l\r\nFrom: <sip:bob@198.51.100.7>;tag=b\r\n"
    "To: <sip:alice@198.51.100.7>\r\nCall-ID: l%\r\nCSeq: 1 INVITE\r\nRoute: <sip:203.0.113.1;lr>, <sip:alice@198.51.100.7>\r\n\r\n",
};

class Stranger {
 public:
  explicit Stranger(ByteView bytes) : bytes_(bytes) {}
  bool has_more() const { return at_ < bytes_.size(); }
  std::uint8_t next() { return has_more() ? bytes_[at_++] : std::uint8_t{0}; }
  std::string filled(const char* text) {
    const char mark = static_cast<char>('0' + next() % 3);
    std::string out;
    for (const char* c = text; *c != '\0'; ++c) out += *c == '%' ? mark : *c;
    return out;
  }

 private:
  ByteView bytes_;
  std::size_t at_ = 0;
};

void feed(test::SipWorld& world, const std::string& text, const sip::Target& source) {
  auto outcome = sip::parse(text, sip::Framing::datagram);
  if (outcome.message) world.act([&](auto& core) { core.on_message(world.now, std::move(*outcome.message), source); });
}

// The peer of a message the gateway sent answers it, or asks something in its dialog.
void answer(test::SipWorld& world, Stranger& stranger) {
  if (world.sent.empty()) return;
  const auto& sent = world.sent[stranger.next() % world.sent.size()];
  if (!sent.message.is_request()) return;
  static constexpr int statuses[] = {100, 180, 183, 200, 200, 401, 407, 486, 503, 699};
  auto response = test::reply(sent.message, statuses[stranger.next() % std::size(statuses)], "t" + std::to_string(stranger.next() % 2),
                              "<sip:bob@198.51.100.20>");
  if (stranger.next() % 2 == 0) {
    response.set_body("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n", "application/sdp");
  }
  if (response.status() == 401) response.append(sip::HeaderId::www_authenticate, "Digest realm=\"r\", nonce=\"n\"");
  feed(world, response.to_string(), sent.target);
}

// The receiver of a request that we record-routed asks something in the dialog, over the routes that it was given.
void ask_back(test::SipWorld& world, Stranger& stranger) {
  if (world.sent.empty()) return;
  const auto& sent = world.sent[stranger.next() % world.sent.size()];
  if (!sent.message.is_request() || sent.message.count(sip::HeaderId::record_route) == 0) return;
  static const std::string methods[] = {"BYE", "NOTIFY", "INVITE", "ACK", "INFO"};
  const auto& method = methods[stranger.next() % std::size(methods)];
  std::string text = method + " sip:back@203.0.113.1 SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bKback" +
                     static_cast<char>('0' + stranger.next() % 10) + "\r\nFrom: " + std::string(*sent.message.get(sip::HeaderId::to)) +
                     ";tag=back\r\nTo: " + std::string(*sent.message.get(sip::HeaderId::from)) + "\r\nCall-ID: " + sent.message.call_id() +
                     "\r\nCSeq: 7 " + method + "\r\n";
  for (const auto route : sent.message.values(sip::HeaderId::record_route)) text += "Route: " + std::string(route) + "\r\n";
  feed(world, text + "\r\n", stranger.next() % 2 == 0 ? world.server() : sent.target);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4096) return 0;
  Stranger stranger({data, size});
  test::SipWorld world;
  world.names["pool"] = {{*IpAddress::parse("198.51.100.1"), 5060}, {*IpAddress::parse("198.51.100.2"), 5060}};
  world.has_tcp = stranger.next() % 2 == 0;
  auto flow = world.open_flow(1000);
  for (int steps = 0; stranger.has_more() && steps < 200; ++steps) {
    switch (stranger.next() % 8) {
      case 0: feed(world, stranger.filled(templates[stranger.next() % std::size(templates)]), flow); break;
      case 1: feed(world, stranger.filled(templates[stranger.next() % std::size(templates)]), world.server()); break;
      case 2:
      case 3: answer(world, stranger); break;
      case 4: world.advance(std::chrono::milliseconds(stranger.next() * 20)); break;
      case 6:
        if (!world.sent.empty()) {
          const auto target = world.sent[stranger.next() % world.sent.size()].target;
          world.act([&](auto& core) { core.on_send_failed(world.now, target); });
        }
        break;
      case 5:
        if (stranger.next() % 4 == 0) {
          if (world.flows.contains(flow.flow)) world.close_flow(flow);
          flow = world.open_flow(static_cast<std::uint16_t>(1000 + steps));
        }
        break;
      case 7: ask_back(world, stranger); break;
    }
  }
  if (world.flows.contains(flow.flow)) world.close_flow(flow);
  world.act([&](auto& core) { core.end_all_calls(world.now, "end"); });
  world.advance(400s);
  if (world.core.call_records() != 0 || world.core.transactions() != 0 || world.core.proxied() != 0) std::abort();
  return 0;
}
