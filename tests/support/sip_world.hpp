#pragma once
#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "app/sip_core.hpp"
#include "w2s/sip/message.hpp"

namespace w2s::test {

// A message the gateway sent, and where to.
struct Sent {
  sip::Message message;
  sip::Target target;
};

// The SIP core on virtual time between scripted browsers and a scripted network: what it sends is collected, what it
// asks of media is granted at once and recorded.
class SipWorld final : public app::Outside {
 public:
  static constexpr auto gateway_address = "203.0.113.1";
  static constexpr auto gateway_v6 = "2001:db8::1";
  static constexpr auto server_address = "198.51.100.7";

  explicit SipWorld(std::optional<sip::NextHop> outbound = {}, breaker::Options options = {}, Duration server_quarantine = 30s)
      : core(surroundings(std::move(outbound)), std::move(options), {}, server_quarantine, rng, log, *this) {}
  ~SipWorld() override {
    if (core.call_records() > 0) return;
    EXPECT_EQ(core.call_requests(), 0U) << "requests of calls that are forgotten";
  }

  // A browser on its own WebSocket.
  sip::Target open_flow(std::uint16_t port, sip::Transport transport = sip::Transport::wss) {
    sip::Target flow;
    flow.transport = transport;
    flow.remote = {*IpAddress::parse("192.0.2.50"), port};
    flow.local = {*IpAddress::parse(gateway_address), 10062};
    flow.flow = sip::FlowId{++last_flow_};
    flows[flow.flow] = flow;
    return flow;
  }
  void close_flow(sip::Target flow) {  // by value: the caller may name the entry that goes
    flows.erase(flow.flow);
    core.on_flow_closed(now, flow.flow);
    settle();
  }
  sip::Target server(const char* address = server_address) const {
    sip::Target source;
    source.remote = {*IpAddress::parse(address), 5060};
    source.local = {*IpAddress::parse(gateway_address), 5060};
    return source;
  }

  void receive(const std::string& text, const sip::Target& source) {
    auto outcome = sip::parse(text, sip::Framing::datagram);
    ASSERT_TRUE(outcome.message) << outcome.failure->error.message() << "\n" << text;
    core.on_message(now, std::move(*outcome.message), source);
    settle();
  }
  void receive(const sip::Message& message, const sip::Target& source) { receive(message.to_string(), source); }

  // The first collected message that fits, taken out; fails the test when there is none.
  Sent take(const std::function<bool(const sip::Message&)>& fits, const std::string& what) {
    for (auto it = sent.begin(); it != sent.end(); ++it) {
      if (!fits(it->message)) continue;
      auto found = std::move(*it);
      sent.erase(it);
      return found;
    }
    std::string all;
    for (const auto& s : sent) all += s.message.to_string() + "----\n";
    ADD_FAILURE() << "no " << what << " among " << sent.size() << " messages\n" << all;
    return {sip::Message::response(500, "missing"), {}};
  }
  Sent take_request(const std::string& method) {
    return take([&](const auto& m) { return m.is(method); }, method);
  }
  Sent take_response(int status, const std::string& method) {
    return take([&](const auto& m) { return m.is_response() && m.status() == status && m.cseq()->method == method; },
                std::to_string(status) + " to " + method);
  }
  bool nothing_but_trying() const {
    for (const auto& s : sent) {
      if (!s.message.is_response() || s.message.status() != 100) return false;
    }
    return true;
  }

  // Any other call into the core, with what follows from it.
  template <class Action>
  void act(Action action) {
    action(core);
    settle();
  }

  // Moves the clock, firing every deadline on the way.
  void advance(Duration duration) {
    const auto end = now + duration;
    while (const auto next = core.next_time()) {
      if (*next > end) break;
      now = std::max(now, *next);
      act([this](auto& c) { c.on_time(now); });
    }
    now = end;
  }

  // ---- Outside ----
  void transmit(const sip::Message& message, const sip::Target& target) override {
    // Through the wire form, so that nothing passes that a peer could not read.
    auto outcome = sip::parse(message.to_string(), sip::Framing::datagram);
    ASSERT_TRUE(outcome.message) << outcome.failure->error.message() << "\n" << message.to_string();
    if (on_transmit) return on_transmit(std::move(*outcome.message), target);
    sent.push_back({std::move(*outcome.message), target});
  }
  void find_route(const app::Ticket& ticket, const sip::FindRoute& wish) override {
    later_.push_back([this, ticket, hop = wish.hop] {
      sip::Egress egress;
      egress.contact = {*IpAddress::parse(gateway_address), 5060};
      if (hop.flow != sip::FlowId::none) {
        const auto flow = flows.find(hop.flow);
        if (flow == flows.end()) return core.on_route_failed(now, ticket, {480, {}, "closed"});
        egress.target = flow->second;
        if (ticket.user == app::User::breaker) {
          egress.contact = flow->second.local;
          egress.contact_transport = flow->second.transport;
        }
        return core.on_route(now, ticket, egress);
      }
      auto places = names[hop.host];
      if (const auto address = IpAddress::parse(hop.host)) places = {{*address, hop.port.value_or(5060)}};
      if (places.empty() || refused.contains(hop.host)) return core.on_route_failed(now, ticket, {403, {}, "refused " + hop.host});
      egress = egress_to(places.front(), hop.transport);
      for (auto place = places.begin() + 1; place != places.end(); ++place) egress.others.push_back(egress_to(*place, hop.transport));
      core.on_route(now, ticket, egress);
    });
  }
  void hold(const sip::HoldFlow& hold) override {
    if (hold.held) held.insert(hold.flow);
    else held.erase(hold.flow);
  }
  void open(const leg::OpenLeg& request) override {
    opened.push_back(request);
    auto answer = answer_to(request);
    const auto address = *IpAddress::parse(request.toward.is_v4() ? gateway_address : gateway_v6);
    const bool web = request.kind == leg::Kind::web;
    const Endpoint browsers{address, 10065};
    answer.audio = {{address, 20000}, {address, 20001}, 1234};
    if (web) answer.audio = {browsers, browsers, 1234};
    if (web) answer.video = {browsers, browsers, 5678};
    else if (request.video) answer.video = video_ports(address);
    answer.ice_ufrag = "gwufrag0";
    answer.ice_pwd = "gwpasswordgwpasswordgw00";
    answer.fingerprint = "sha-256 AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99";
    answer.candidates = {{answer.audio.rtp, 2130706431}};
    answer.cname = "gateway";
    if (open_media) later_.push_back([this, answer] { core.on_leg_opened(now, answer); });
  }
  void open_video(const leg::OpenVideo& request) override {
    video_opened.push_back(request);
    auto answer = answer_to(request);
    if (has_video_ports) answer.video = video_ports(*IpAddress::parse(gateway_address));
    else answer.error = "no free port pair";
    later_.push_back([this, answer] { core.on_leg_opened(now, answer); });
  }
  void apply(const leg::LegPlan& plan) override { plans.push_back(plan); }
  void send_dtmf(const leg::SendDtmf& sent_dtmf) override { dtmf.push_back(sent_dtmf); }
  void request_key_frame(const leg::RequestKeyFrame& request) override { key_frames.push_back(request); }
  void replace(const leg::ReplaceLeg& replace) override { replaced.push_back(replace); }
  void drop(const leg::DropLeg& drop) override { dropped.push_back(drop); }
  void close(const leg::CloseMedia& close) override { closed.push_back(close.media); }
  std::optional<sip::Target> way_back(const sip::Target& place) override {
    if (refused.contains(place.remote.ip.to_string())) return std::nullopt;
    auto target = place;
    target.local = {*IpAddress::parse(gateway_address), 5060};
    return target;
  }
  std::pair<Endpoint, sip::Transport> contact_for(const sip::Target&) override {
    return {{*IpAddress::parse(gateway_address), 5060}, sip::Transport::udp};
  }

  Time now{};
  SeededRng rng{42};
  NullLog log;
  std::map<sip::FlowId, sip::Target> flows;
  std::vector<Sent> sent;
  std::vector<leg::OpenLeg> opened;
  std::vector<leg::OpenVideo> video_opened;
  bool has_video_ports = true;
  std::vector<leg::LegPlan> plans;
  std::vector<leg::SendDtmf> dtmf;
  std::vector<leg::RequestKeyFrame> key_frames;
  std::vector<leg::ReplaceLeg> replaced;
  std::vector<leg::DropLeg> dropped;
  std::vector<leg::MediaId> closed;
  std::set<sip::FlowId> held;
  std::set<std::string> refused;
  std::function<void(sip::Message, const sip::Target&)> on_transmit;  // set: takes what would be collected
  std::optional<IpAddress> public_address;  // of the address that browsers connect to
  bool open_media = true;  // false: media is never granted
  bool answer_routes = true;  // false: look-ups take until it is true again
  std::map<std::string, std::vector<Endpoint>> names;  // the places of named hosts, by preference
  bool has_tcp = false;    // what is too large for a datagram may go by TCP
  app::SipCore core;

 private:
  static leg::LegOpened answer_to(const auto& request) {
    leg::LegOpened answer;
    answer.media = request.media;
    answer.side = request.side;
    answer.number = request.number;
    return answer;
  }
  static leg::OpenedStream video_ports(const IpAddress& address) { return {{address, 20002}, {address, 20003}, 5678}; }
  sip::Surroundings surroundings(std::optional<sip::NextHop> outbound) {
    sip::Surroundings result;
    result.is_own = [this](const sip::Uri& uri) {
      return uri.host == gateway_address || (public_address && uri.host == public_address->to_string());
    };
    result.is_open = [this](sip::FlowId flow) { return flows.contains(flow); };
    result.outbound_proxy = std::move(outbound);
    result.advertised = [this](const IpAddress& local) { return public_address.value_or(local); };
    return result;
  }
  sip::Egress egress_to(const Endpoint& place, std::optional<sip::Transport> transport) const {
    sip::Egress egress;
    egress.contact = {*IpAddress::parse(place.ip.is_v4() ? gateway_address : gateway_v6), 5060};
    egress.target.transport = transport.value_or(sip::Transport::udp);
    egress.target.remote = place;
    egress.target.local = egress.contact;
    if (transport == sip::Transport::tls) egress.target.local.port = 5061;
    if (!has_tcp || transport) return egress;
    egress.for_large = egress.target;
    egress.for_large->transport = sip::Transport::tcp;
    egress.for_large->tentative = true;
    return egress;
  }
  // Answers come after the call that asked, as in the real gateway.
  void settle() {
    while (!later_.empty() && answer_routes) {
      auto next = std::move(later_.front());
      later_.pop_front();
      next();
    }
  }

  std::deque<std::function<void()>> later_;
  std::uint64_t last_flow_ = 0;
};

// A response to `request` as a peer would make it, with `contact` and an optional body.
inline sip::Message reply(const sip::Message& request, int status, const std::string& tag, const std::string& contact = {},
                          const std::string& sdp = {}) {
  auto response = sip::make_response(request, status, tag);
  if (!contact.empty()) response.set(sip::HeaderId::contact, contact);
  if (!sdp.empty()) response.set_body(sdp, "application/sdp");
  return response;
}

}  // namespace w2s::test
