// One breaker call between two peers who say anything at any time: bytes choose requests in the dialog, answers to what
// the gateway sent, and time steps. It must not crash or spin; no leg may see two INVITEs of ours at once; and when
// everybody is silent nothing may stay.
#include <cstdlib>

#include "../support/sip_world.hpp"
#include "w2s/base/bytes.hpp"

namespace {

using namespace w2s;
using sip::HeaderId;

class Script {
 public:
  explicit Script(ByteView bytes) : bytes_(bytes) {}
  bool has_more() const { return at_ < bytes_.size(); }
  unsigned next(unsigned below) { return has_more() ? bytes_[at_++] % below : 0; }

 private:
  ByteView bytes_;
  std::size_t at_ = 0;
};

std::string description(Script& bytes) {
  static constexpr const char* formats[] = {"0 8 101", "0 101", "8", "18"};
  static constexpr const char* directions[] = {"sendrecv", "sendonly", "recvonly", "inactive"};
  const auto chosen = std::string(formats[bytes.next(4)]);
  return "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP " + chosen + "\r\na=" +
         directions[bytes.next(4)] + "\r\na=rtpmap:101 telephone-event/8000\r\n";
}

// The call: a phone on either side, so that both speak plain RTP.
class Storm {
 public:
  explicit Storm(Script& bytes) : bytes_(bytes), world_({}, options(bytes)), flow_(world_.open_flow(1000)) {
    world_.on_transmit = [this](sip::Message message, const sip::Target& target) { on_sent(std::move(message), target); };
    auto invite = request("INVITE", "");
    if (bytes_.next(2) == 0) invite.append(HeaderId::supported, "timer, 100rel");
    if (bytes_.next(4) == 0) invite.append(HeaderId::session_expires, "90");
    if (bytes_.next(3) != 0) invite.set_body(description(bytes_), "application/sdp");
    world_.receive(invite, flow_);
  }

  void run() {
    for (int steps = 0; bytes_.has_more() && steps < 300; ++steps) {
      switch (bytes_.next(8)) {
        case 0: from_caller(); break;
        case 1: from_called(); break;
        case 2: world_.advance(std::chrono::milliseconds(bytes_.next(256) * 40)); break;
        default: answer(); break;
      }
    }
    world_.close_flow(flow_);
    world_.act([&](auto& core) { core.end_all_calls(world_.now, "end"); });
    world_.advance(400s);
    const auto& core = world_.core;
    if (core.call_records() != 0 || core.call_requests() != 0 || core.transactions() != 0) std::abort();
  }

 private:
  static breaker::Options options(Script& bytes) {
    breaker::Options options;
    options.reliable_provisionals = bytes.next(2) == 0;
    options.session.interval = bytes.next(2) == 0 ? 0s : 90s;
    static constexpr breaker::ReferMode modes[] = {breaker::ReferMode::relay, breaker::ReferMode::local, breaker::ReferMode::automatic};
    options.refer = modes[bytes.next(3)];
    return options;
  }

  // Every INVITE of ours is answered before the next one in its dialog goes out (RFC 3261 14.1).
  void on_sent(sip::Message message, const sip::Target& target) {
    const auto key = message.call_id() + message.cseq()->to_string();
    if (message.is("INVITE") && !message.to()->tag().empty() && open_.insert(key).second) {
      for (const auto& other : open_) {
        if (other != key && other.starts_with(message.call_id())) std::abort();
      }
    }
    if (message.is_response() && message.status() > 100) tag_ = message.to()->tag();
    if (message.is_response() && message.get(HeaderId::rseq)) rseq_ = *message.get(HeaderId::rseq);
    if (message.is_request() && !message.is("ACK")) sent_.push_back({std::move(message), target});
  }

  sip::Message request(const std::string& method, const std::string& tag) {
    auto message = sip::Message::request(method, "sip:bob@198.51.100.7");
    message.append(HeaderId::via, "SIP/2.0/WSS x.invalid;branch=z9hG4bK" + std::to_string(++number_));
    message.append(HeaderId::from, "<sip:alice@198.51.100.7>;tag=a");
    message.append(HeaderId::to, "<sip:bob@198.51.100.7>" + (tag.empty() ? "" : ";tag=" + tag));
    message.append(HeaderId::call_id, "c");
    message.append(HeaderId::cseq, std::to_string(number_) + ' ' + method);
    message.append(HeaderId::contact, "<sips:alice@x.invalid;rtcweb-breaker=yes>");
    message.append(HeaderId::allow, bytes_.next(2) == 0 ? "INVITE, UPDATE" : "INVITE");
    if (method == "INVITE") last_invite_ = number_;
    return message;
  }

  void decorate(sip::Message& message) {
    if (message.is("ACK")) message.set(HeaderId::cseq, std::to_string(last_invite_) + " ACK");
    if (message.is("REFER")) message.append(HeaderId::refer_to, "<sip:carol@198.51.100.30>");
    if (message.is("PRACK")) message.append(HeaderId::rack, rseq_ + " 1 INVITE");
    if (bytes_.next(4) == 0) message.append(HeaderId::session_expires, bytes_.next(2) == 0 ? "90;refresher=uas" : "60");
    if (bytes_.next(2) == 0) message.append(HeaderId::supported, "timer");
    if (bytes_.next(2) == 0) message.set_body(description(bytes_), "application/sdp");
  }

  static std::string method_of(unsigned choice) {
    static constexpr const char* methods[] = {"INVITE", "UPDATE", "PRACK", "ACK", "INFO", "NOTIFY", "OPTIONS", "ACK", "INVITE", "BYE", "REFER"};
    return methods[choice];
  }

  void from_caller() {
    auto message = request(method_of(bytes_.next(11)), tag_);
    decorate(message);
    world_.receive(message, flow_);
  }

  void from_called() {
    if (sent_.empty()) return;
    const auto& invite = sent_.front().message;
    const auto method = method_of(bytes_.next(11));
    auto message = request(method, "");
    message.set(HeaderId::via, "SIP/2.0/UDP 198.51.100.20;branch=z9hG4bK" + std::to_string(number_));
    auto from = *invite.to();
    from.params.set("tag", "t" + std::to_string(bytes_.next(2)));
    message.set(HeaderId::from, from.to_string());
    message.set(HeaderId::to, std::string(*invite.get(HeaderId::from)));
    message.set(HeaderId::call_id, invite.call_id());
    message.set(HeaderId::contact, "<sip:bob@198.51.100.20>");
    decorate(message);
    world_.receive(message, world_.server("198.51.100.20"));
  }

  void answer() {
    if (sent_.empty()) return;
    const auto& sent = sent_[sent_.size() - 1 - bytes_.next(3) % sent_.size()];
    static constexpr int statuses[] = {180, 183, 199, 200, 200, 200, 401, 405, 422, 481, 486, 491, 500};
    const int status = statuses[bytes_.next(std::size(statuses))];
    auto response = test::reply(sent.message, status, "t" + std::to_string(bytes_.next(2)), "<sip:bob@198.51.100.20>");
    if (bytes_.next(4) != 0) response.set_body(description(bytes_), "application/sdp");
    if (bytes_.next(2) == 0) response.append(HeaderId::allow, "INVITE, UPDATE");
    if (bytes_.next(4) == 0) response.append(HeaderId::session_expires, bytes_.next(2) == 0 ? "90;refresher=uac" : "1;refresher=uas");
    if (status < 200 && bytes_.next(2) == 0) {
      response.append(HeaderId::require, "100rel");
      response.append(HeaderId::rseq, std::to_string(1 + bytes_.next(3)));
    }
    if (status == 422) response.append(HeaderId::min_se, "200");
    if (status == 500) response.append(HeaderId::retry_after, "2");
    if (status >= 200) open_.erase(sent.message.call_id() + sent.message.cseq()->to_string());
    const auto target = sent.target;
    world_.receive(response, target);
  }

  Script& bytes_;
  test::SipWorld world_;
  sip::Target flow_;
  std::vector<test::Sent> sent_;     // our requests
  std::set<std::string> open_;       // our re-INVITEs without a final answer
  std::string tag_, rseq_ = "1";
  unsigned number_ = 0, last_invite_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4096) return 0;
  Script bytes({data, size});
  Storm(bytes).run();
  return 0;
}
