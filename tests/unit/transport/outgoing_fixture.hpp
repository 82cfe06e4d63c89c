#pragma once
#include <boost/asio/ip/tcp.hpp>

#include "transport_fixture.hpp"

namespace w2s::transport {

// Two transports: the test's own fixture sends, `peer` listens.
class OutgoingTest : public TransportTest {
 protected:
  SipTransports& start_peer(sip::Transport transport, TlsOptions tls = {}) {
    Options options;
    options.listeners = {on(transport)};
    if (!tls.certificate_file.empty()) options.tls = {std::move(tls)};
    Handlers handlers;
    handlers.on_message = [this](sip::Message message, const sip::Target& source) {
      peer_received.emplace_back(std::move(message), source);
    };
    peer = std::make_unique<SipTransports>(io.get_executor(), std::move(options), log, std::move(handlers));
    return *peer;
  }
  sip::Target to_peer(sip::Transport transport, std::string host = {}) const {
    return {transport, peer->listeners().at(0).local, server(), sip::FlowId::none, std::move(host)};
  }
  static sip::Message request() {
    return std::move(*sip::parse(options_request(), sip::Framing::datagram).message);
  }

  std::unique_ptr<SipTransports> peer;
  std::vector<Received> peer_received;
};

}  // namespace w2s::transport
