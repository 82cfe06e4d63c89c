#pragma once
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "w2s/sip/transaction_table.hpp"

// What the tests of the transactions share: messages, a virtual clock, and outputs as lines that read well.
namespace w2s::sip::script {

// Virtual time begins here; `at(1500ms)` is 1.5 s later.
inline Time at(Duration since_start) {
  return Time{} + 1000h + since_start;
}

inline Target udp_peer() {
  Target target;
  target.remote = {*IpAddress::parse("192.0.2.7"), 5062};
  target.local = {*IpAddress::parse("192.0.2.1"), 5060};
  return target;
}

inline Target web_socket(std::uint64_t flow = 7) {
  Target target = udp_peer();
  target.transport = Transport::ws;
  target.flow = FlowId{flow};
  return target;
}

inline Message request(const std::string& method, const std::string& branch = "z9hG4bKtest1",
                       const std::string& via_rest = "") {
  auto message = Message::request(method, "sip:bob@example.com");
  message.append(HeaderId::via, "SIP/2.0/UDP client.example.com:5061;branch=" + branch + via_rest);
  message.append(HeaderId::max_forwards, "70");
  message.append(HeaderId::from, "\"Alice\" <sip:alice@example.com>;tag=a1");
  message.append(HeaderId::to, "<sip:bob@example.com>");
  message.append(HeaderId::call_id, "call-1@client");
  message.append(HeaderId::cseq, "17 " + method);
  return message;
}

// The ACK or CANCEL of `invite`, on its branch; for an ACK, with the To of the response.
inline Message follow(const Message& invite, const std::string& method, const std::string& to_tag = {}) {
  auto out = Message::request(method, invite.request_uri());
  for (const auto& field : invite.fields())
    if (field.id != HeaderId::cseq && field.id != HeaderId::to) out.append(field.id, field.value);
  out.append(HeaderId::to, std::string(*invite.get(HeaderId::to)) + (to_tag.empty() ? "" : ";tag=" + to_tag));
  out.append(HeaderId::cseq, "17 " + method);
  return out;
}

inline std::string line(const Message& message) {
  return message.is_request() ? message.method() : std::to_string(message.status());
}

struct Line {
  std::string operator()(const Transmit& o) const { return "send " + line(o.message); }
  std::string operator()(const RequestReceived& o) const { return "request " + line(o.request); }
  std::string operator()(const AckReceived&) const { return "ack"; }
  std::string operator()(const CancelReceived& o) const {
    return "cancel of " + std::to_string(static_cast<std::uint64_t>(o.invite));
  }
  std::string operator()(const ResponseReceived& o) const { return "response " + line(o.response); }
  std::string operator()(const ClientFailed& o) const {
    return o.cause == ClientFailure::timeout ? "failed timeout" : "failed transport";
  }
  std::string operator()(const ServerFailed&) const { return "server failed"; }
  std::string operator()(const ClientEnded&) const { return "ended"; }
  std::string operator()(const ServerEnded&) const { return "server ended"; }
  std::string operator()(const StrayResponse& o) const { return "stray " + line(o.response); }
};

using Lines = std::vector<std::string>;

inline Lines lines(const TransactionOutputs& outputs) {
  Lines out;
  for (const auto& output : outputs) out.push_back(std::visit(Line{}, output));
  return out;
}

// The first output of that kind; the test fails where there is none.
template <class Kind>
Kind first(const TransactionOutputs& outputs) {
  for (const auto& output : outputs)
    if (const auto* found = std::get_if<Kind>(&output)) return *found;
  ADD_FAILURE() << "no such output";
  return Kind{};
}

// Jumps from timer to timer until there is none left or `until` is passed; each thing that happened is
// written as
// "<milliseconds> <output>".
template <class Engine>
Lines run(Engine& engine, Duration until = 1000s) {
  Lines out;
  while (const auto next = engine.next_time()) {
    if (*next > at(until)) break;
    const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(*next - at(0s)).count();
    for (const auto& text : lines(engine.on_time(*next))) out.push_back(std::to_string(since) + " " + text);
  }
  return out;
}

}  // namespace w2s::sip::script
