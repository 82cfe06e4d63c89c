#include "route_finder.hpp"

namespace w2s::app {

namespace {

constexpr sip::Transport network_transports[] = {sip::Transport::udp, sip::Transport::tcp, sip::Transport::tls};

std::uint16_t default_port(sip::Transport t) { return t == sip::Transport::tls ? 5061 : 5060; }  // RFC 3261 19.1.2

}  // namespace

RouteFinder::RouteFinder(net::Resolver& resolver, transport::SipTransports& transports, net::AllowDestination allow,
                         std::optional<sip::NextHop> outbound_proxy, Log& log)
    : resolver_(resolver),
      transports_(transports),
      allow_(std::move(allow)),
      outbound_proxy_(std::move(outbound_proxy)),
      log_(log) {}

std::pair<Endpoint, sip::Transport> RouteFinder::contact_for(const IpAddress& peer) const {
  for (const auto transport : network_transports) {
    if (const auto local = transports_.local_for(transport, peer)) return {*local, transport};
  }
  return {{}, sip::Transport::udp};
}

sip::Transport RouteFinder::transport_for(const sip::NextHop& hop, const IpAddress& address) const {
  if (hop.transport) return *hop.transport;
  return contact_for(address).second;  // UDP unless something names a transport, or there is no UDP listener
}

void RouteFinder::find(const sip::NextHop& hop, std::function<void(Outcome)> done) {
  if (hop.flow != sip::FlowId::none) {
    const auto target = transports_.flow_target(hop.flow);
    if (!target) return done(sip::RouteFailure{480, {}, "the browser's WebSocket is closed"});
    return done(sip::Egress{*target, target->local, target->transport});
  }
  if (hop.transport && is_web_socket(*hop.transport)) {
    return done(sip::RouteFailure{503, {}, "the gateway opens no WebSockets"});
  }
  if (const auto address = IpAddress::parse(hop.host)) return done(choose(hop, {*address}));
  resolver_.resolve(hop.host, [this, hop, done = std::move(done)](Result<std::vector<IpAddress>> addresses) {
    if (addresses) return done(choose(hop, *addresses));
    log_.warn("dns.failed", {{"host", hop.host}, {"error", addresses.error().message()}});
    done(sip::RouteFailure{503, {}, "no address for " + hop.host + ": " + addresses.error().message()});
  });
}

RouteFinder::Outcome RouteFinder::choose(const sip::NextHop& hop, const std::vector<IpAddress>& addresses) const {
  Outcome outcome = sip::RouteFailure{503, {}, "no address for " + hop.host};
  const bool numeric = IpAddress::parse(hop.host).has_value();
  const bool is_outbound_proxy = outbound_proxy_ && outbound_proxy_->host == hop.host && outbound_proxy_->port == hop.port;
  for (const auto& address : addresses) {
    const auto transport = transport_for(hop, address);
    const Endpoint remote{address, hop.port.value_or(default_port(transport))};
    if (transports_.is_own_address(remote)) {
      outcome = sip::RouteFailure{404, {}, "that address is the gateway itself"};
      continue;
    }
    if (!is_outbound_proxy && !allow_.allows(remote, numeric ? std::string_view{} : hop.host)) {
      outcome = refused(hop, address);
      continue;
    }
    const auto local = transports_.local_for(transport, address);
    if (!local) {
      outcome = sip::RouteFailure{503, {}, "no " + std::string(uri_token(transport)) + " transport of that address family is configured"};
      continue;
    }
    sip::Egress egress;
    egress.target.transport = transport;
    egress.target.remote = remote;
    egress.target.local = *local;
    egress.target.host = numeric ? std::string{} : hop.host;
    std::tie(egress.contact, egress.contact_transport) = contact_for(address);
    return egress;
  }
  return outcome;
}

RouteFinder::Outcome RouteFinder::refused(const sip::NextHop& hop, const IpAddress& address) const {
  const auto entry = allow_.suggestion(address);
  const auto advice = entry.empty() ? std::string("it can never be a destination")
                                    : "add it to allow-destination: " + entry;
  log_.warn("destination.refused", {{"host", hop.host}, {"address", address}, {"advice", advice}});
  return sip::RouteFailure{403, {}, "destination " + address.to_string() + " is not allowed; " + advice};
}

}  // namespace w2s::app
