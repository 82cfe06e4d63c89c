// The transaction table between an owner and a network that both do anything in any order: each step is an
// opcode byte and the bytes it asks for. Ids live and die as promised, timers move on, and when both fall
// silent nothing stays.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <set>
#include <string>

#include "w2s/base/bytes.hpp"
#include "w2s/sip/transaction_table.hpp"

namespace {

using namespace w2s;
using namespace w2s::sip;

constexpr std::array<const char*, 5> methods{"INVITE", "ACK", "CANCEL", "OPTIONS", "BYE"};
constexpr std::array<const char*, 4> branches{"z9hG4bKa", "z9hG4bKb", "z9hG4bK", "old"};
constexpr std::array<const char*, 4> sent_bys{"192.0.2.7", "h.example:5070;rport", "[2001:db8::1]",
                                              "x.invalid"};
constexpr std::array<int, 8> statuses{100, 180, 183, 200, 302, 408, 486, 603};
constexpr std::array<const char*, 3> tags{"", ";tag=t1", ";tag=t2"};

void require(bool holds) {
  if (!holds) std::abort();
}

class Script {
 public:
  explicit Script(ByteView bytes) : rest_(bytes) {}

  void run() {
    for (int steps = 0; !rest_.empty() && steps < 300; ++steps) step();
    fall_silent();
  }

 private:
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto value = rest_.front();
    rest_ = rest_.subspan(1);
    return value;
  }
  template <class Choices>
  auto choose(const Choices& from) {
    return from[byte() % from.size()];
  }

  void step() {
    switch (byte() % 8) {
      case 0: receive(network_request()); break;
      case 1: receive(network_response()); break;
      case 2: send(); break;
      case 3:
        apply(table_.cancel(now_, ClientTransactionId{byte()}, {{HeaderId::reason, "Reason", "SIP", ": "}}));
        break;
      case 4: respond(ServerTransactionId{byte()}); break;
      case 5: lose(target()); break;
      case 6: advance(now_ + std::chrono::milliseconds(byte() * 40)); break;
      case 7: raw(); break;
    }
  }

  void lose(const Target& gone) {
    if (gone.flow == FlowId::none) return apply(table_.on_transport_error(now_, gone));
    const bool can_return = byte() % 2 == 0;
    const auto way_back = [&](const Target& place) { return can_return ? std::optional(place) : std::nullopt; };
    apply(table_.on_flow_closed(now_, gone.flow, way_back));
  }

  void receive(Message message) { apply(table_.on_message(now_, std::move(message), target())); }

  Target target() {
    Target target;
    const auto kind = byte();
    const auto stream = kind % 8 == 1 ? Transport::tcp : Transport::ws;
    target.transport = kind % 2 == 0 ? Transport::udp : stream;
    target.remote = {*IpAddress::parse("192.0.2.7"), static_cast<std::uint16_t>(5060 + kind % 3)};
    if (target.transport == stream) target.flow = FlowId{1U + kind % 3U};
    return target;
  }

  Message request(const char* method, const std::string& branch) {
    auto message = Message::request(method, "sip:bob@example.com");
    message.append(HeaderId::via, std::string("SIP/2.0/UDP ") + choose(sent_bys) + ";branch=" + branch);
    message.append(HeaderId::from, "<sip:alice@example.com>;tag=a");
    message.append(HeaderId::to, std::string("<sip:bob@example.com>") + choose(tags));
    message.append(HeaderId::call_id, "c1");
    message.append(HeaderId::cseq, std::string("1 ") + method);
    return message;
  }

  Message network_request() {
    const auto* method = choose(methods);
    const auto* branch = choose(branches);
    return request(method, branch);
  }

  // To a request of ours, by the number of its branch; or to one we never sent.
  Message network_response() {
    const auto* method = choose(methods);
    auto asked = request(method, "z9hG4bKours" + std::to_string(byte() % (branches_ + 1U)));
    return make_response(asked, choose(statuses), "t1");
  }

  void send() {
    constexpr std::array<const char*, 2> sendable{"INVITE", "OPTIONS"};
    const auto* method = choose(sendable);
    ClientTransactionId id{};
    const auto message = request(method, "z9hG4bKours" + std::to_string(branches_++));
    auto out = table_.send_request(now_, message, target(), id);
    require(id != ClientTransactionId::none && clients_.insert(id).second);
    apply(std::move(out));
  }

  void respond(ServerTransactionId id) {
    const int status = choose(statuses);
    const auto* asked = table_.request_of(id);
    require((asked != nullptr) == table_.has(id));
    if (asked == nullptr) return;
    const bool stateless = byte() % 8 == 7;
    auto response =
        stateless ? stateless_response(*asked, status, {}, "s") : make_response(*asked, status, "t1");
    apply(stateless ? table_.refuse(id, std::move(response)) : table_.respond(now_, id, std::move(response)));
  }

  // Bytes that only the parser has judged.
  void raw() {
    const auto length = std::min<std::size_t>(rest_.size(), byte());
    auto outcome = parse(as_text(rest_.first(std::min(length, rest_.size()))), Framing::datagram);
    rest_ = rest_.subspan(std::min(length, rest_.size()));
    if (outcome.message) receive(std::move(*outcome.message));
  }

  void advance(Time until) {
    while (const auto next = table_.next_time()) {
      if (*next > until) break;
      now_ = std::max(now_, *next);
      apply(table_.on_time(now_));
      const auto after = table_.next_time();
      require(!after || *after > now_);
    }
    now_ = until;
  }

  // Whatever the owner still owes is answered; then every transaction must end by itself.
  void fall_silent() {
    for (const auto id : std::set<ServerTransactionId>(servers_)) {
      if (const auto* asked = table_.request_of(id))
        apply(table_.respond(now_, id, make_response(*asked, 500, "t1")));
    }
    advance(now_ + 1h);
    require(table_.size() == 0 && clients_.empty() && servers_.empty());
  }

  void apply(TransactionOutputs outputs) {
    for (const auto& output : outputs) std::visit([this](const auto& o) { check(o); }, output);
  }
  void check(const Transmit& o) { require(!o.message.to_string().empty() && o.target.remote.port != 0); }
  void check(const RequestReceived& o) {
    require(!o.request.is("ACK") && !o.request.is("CANCEL") && servers_.insert(o.id).second);
  }
  void check(const AckReceived& o) { require(o.request.is("ACK")); }
  void check(const CancelReceived& o) { require(servers_.contains(o.invite)); }
  void check(const ResponseReceived& o) { require(clients_.contains(o.id)); }
  void check(const ClientFailed& o) { require(clients_.contains(o.id)); }
  void check(const ServerFailed& o) { require(servers_.contains(o.id)); }
  void check(const ClientEnded& o) { require(clients_.erase(o.id) == 1); }
  void check(const ServerEnded& o) { require(servers_.erase(o.id) == 1 && !table_.has(o.id)); }
  void check(const StrayResponse& o) { require(o.response.is_response()); }

  ByteView rest_;
  Time now_ = Time{} + 1000h;
  SeededRng rng_{1};
  TransactionTable table_{rng_, {.max_transactions = 24}};
  std::set<ClientTransactionId> clients_;
  std::set<ServerTransactionId> servers_;
  unsigned branches_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size <= 4096) Script({data, size}).run();
  return 0;
}
