#pragma once
#include <filesystem>
#include <gmock/gmock.h>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "w2s/transport/sip_transports.hpp"

#include "log_lines.hpp"

namespace w2s::transport {

inline std::string options_request(std::string_view call_id = "a@test", std::string_view body = {}) {
  std::string text =
      "OPTIONS sip:gateway.example SIP/2.0\r\nVia: SIP/2.0/TCP client.invalid;branch=z9hG4bK1;rport\r\n"
      "Max-Forwards: 70\r\nFrom: <sip:a@test>;tag=1\r\nTo: <sip:b@test>\r\nCSeq: 1 OPTIONS\r\nCall-ID: ";
  text.append(call_id).append("\r\n");
  if (!body.empty()) text += "Content-Type: text/plain\r\n";
  text += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  return text.append(body);
}

// Broken (the CSeq method is another), but it says where a refusal goes.
inline std::string broken_request() {
  auto text = options_request("broken@test");
  return text.replace(text.find("CSeq: 1 OPTIONS"), 15, "CSeq: 1 REGISTE");
}

using test::LogLines;

// Transports on loopback, what their owner heard, and a loop that runs until something has happened.
class TransportTest : public testing::Test {
 protected:
  using Received = std::pair<sip::Message, sip::Target>;

  static ListenerOptions on(sip::Transport transport, std::string_view ip = "127.0.0.1") {
    return {transport, IpAddress::parse(ip).value(), 0};
  }

  SipTransports& make(Options options) {
    Handlers handlers;
    handlers.on_message = [this](sip::Message message, const sip::Target& source) {
      received.emplace_back(std::move(message), source);
      if (on_message) on_message(received.back().second);
    };
    handlers.on_broken = [this](error_code error, const sip::Target&) { broken.push_back(error); };
    handlers.on_flow_closed = [this](sip::FlowId flow) {
      closed_flows.push_back(flow);
      if (on_flow_closed) on_flow_closed();
    };
    handlers.on_send_failed = [this](const sip::Target& target) { failed.push_back(target); };
    transports =
        std::make_unique<SipTransports>(io.get_executor(), std::move(options), log, std::move(handlers));
    return *transports;
  }
  SipTransports& listen(sip::Transport transport, Options options = {}) {
    options.listeners = {on(transport)};
    return make(std::move(options));
  }
  Endpoint server(std::size_t index = 0) const { return transports->listeners().at(index).local; }

  // True when `happened` became true; the limit is for broken code only.
  template <class Predicate>
  [[nodiscard]] bool await(Predicate happened, Duration limit = 30s) {
    const auto end = Clock::now() + limit;
    while (!happened()) {
      if (Clock::now() > end) return false;
      io.run_one_for(100ms);
    }
    return true;
  }
  // Everything that is on its way on this machine has arrived when nothing happens any more.
  void settle() {
    while (io.run_one_for(50ms) > 0) {
    }
  }

  static std::size_t descriptors() {
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }

  boost::asio::io_context io;
  LogLines log;
  std::unique_ptr<SipTransports> transports;
  std::function<void(const sip::Target&)> on_message;
  std::function<void()> on_flow_closed;
  std::vector<Received> received;
  std::vector<error_code> broken;
  std::vector<sip::FlowId> closed_flows;
  std::vector<sip::Target> failed;
};

}  // namespace w2s::transport
