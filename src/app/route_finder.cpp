#include "route_finder.hpp"

#include <algorithm>
#include <deque>

#include "w2s/base/encoding.hpp"
#include "w2s/net/deadline.hpp"

namespace w2s::app {

namespace {

constexpr sip::Transport network_transports[] = {sip::Transport::udp, sip::Transport::tcp,
                                                 sip::Transport::tls};
constexpr std::size_t most_routes = 8;  // tried for one request
constexpr std::size_t most_outbound_places = 64;  // its DNS may change for ever
constexpr Duration search_limit = 8s;   // of all look-ups for one request; then what is known by then counts

std::vector<Reach> reach_of(const transport::SipTransports& transports) {
  std::vector<Reach> reach;
  for (const auto& listener : transports.listeners())
    reach.push_back({listener.transport, listener.local.ip.is_v4()});
  return reach;
}

sip::RouteFailure no_listener(sip::Transport transport) {
  return {
      503, {}, "no " + std::string(uri_token(transport)) + " transport of that address family is configured"};
}

}  // namespace

// One server being located.
struct RouteFinder::Search {
  Search(const sip::NextHop& where, std::string_view call_id, std::vector<Reach> reach, bool known_host,
         std::function<void(Outcome)> then)
      : hop(where),
        rng(std::hash<std::string_view>{}(call_id)),
        location(where, std::move(reach), known_host, rng),
        done(std::move(then)) {}

  sip::NextHop hop;
  SeededRng rng;
  ServerLocation location;
  std::function<void(Outcome)> done;  // empty: told already
  std::optional<net::Deadline> limit;
};

RouteFinder::RouteFinder(boost::asio::any_io_executor executor, net::Resolver& resolver,
                         transport::SipTransports& transports, net::AllowDestination allow,
                         std::optional<sip::NextHop> outbound_proxy, Log& log)
    : executor_(std::move(executor)),
      resolver_(resolver),
      transports_(transports),
      allow_(std::move(allow)),
      outbound_proxy_(std::move(outbound_proxy)),
      log_(log),
      reach_(reach_of(transports)) {}

std::pair<Endpoint, sip::Transport> RouteFinder::contact_for(const IpAddress& peer) const {
  for (const auto transport : network_transports) {
    if (const auto local = transports_.local_for(transport, peer)) return {*local, transport};
  }
  return {{}, sip::Transport::udp};
}

void RouteFinder::find(const sip::NextHop& hop, std::string_view call_id, std::function<void(Outcome)> done) {
  if (hop.flow != sip::FlowId::none) {
    const auto target = transports_.flow_target(hop.flow);
    if (!target) return done(sip::RouteFailure{480, {}, "the browser's WebSocket is closed"});
    const Endpoint told{transports_.advertised(target->local.ip), target->local.port};
    return done(sip::Egress{*target, told, target->transport, {}, {}});
  }
  if (hop.transport && is_web_socket(*hop.transport)) {
    return done(sip::RouteFailure{503, {}, "the gateway opens no WebSockets"});
  }
  const auto fits = [&](const Reach& reach) { return reach.transport == hop.transport; };
  if (hop.transport && std::none_of(reach_.begin(), reach_.end(), fits))
    return done(no_listener(*hop.transport));
  const bool known_host = resolver_.is_in_hosts_file(to_lower(hop.host));
  const auto search = std::make_shared<Search>(hop, call_id, reach_, known_host, std::move(done));
  ask(search, search->location.start());
}

void RouteFinder::ask(const std::shared_ptr<Search>& search, ServerLocation::Questions questions) {
  std::deque<net::DnsQuestion> open(questions.begin(), questions.end());
  for (; !open.empty(); open.pop_front()) {
    const auto question = open.front();
    if (const auto known = resolver_.known(question)) {
      const auto more = search->location.on_answer(question, *known);
      open.insert(open.end(), more.begin(), more.end());
      continue;
    }
    resolver_.ask(question, [this, search, question](const net::Resolver::Outcome& outcome) {
      if (search->done) ask(search, search->location.on_answer(question, outcome));
    });
  }
  if (search->location.done()) return finish(*search);
  if (search->limit) return;
  search->limit.emplace(executor_, [this, weak = std::weak_ptr(search)] {
    if (const auto late = weak.lock(); late && late->done) finish(*late);
  });
  search->limit->set(Clock::now() + search_limit);
}

void RouteFinder::finish(Search& search) {
  const auto done = std::exchange(search.done, nullptr);
  search.limit.reset();
  const auto locations = search.location.locations();
  if (!locations.empty()) return done(choose(search.hop, locations));
  const auto& host = search.hop.host;
  const auto why = search.location.error().message();
  log_.warn_rarely("dns.failed", host, {{"host", host}, {"error", why}});
  done(sip::RouteFailure{503, {}, "no address for " + host + ": " + why});
}

// The name in sent-by is only a claim: the address alone must be allowed.
std::optional<sip::Target> RouteFinder::way_back(const sip::Target& place) {
  sip::NextHop hop;
  hop.host = place.remote.ip.to_uri_host();
  hop.port = place.remote.port;
  const auto local = transports_.local_for(place.transport, place.remote.ip);
  const auto refusal = refusal_of(hop, place.remote);
  if (refusal || !local) {
    log_.debug("response.no_way_back", {{"remote", place.remote}, {"why", refusal ? refusal->warning : "no listener"}});
    return std::nullopt;
  }
  auto target = place;
  target.local = *local;
  return target;
}

RouteFinder::Outcome RouteFinder::choose(const sip::NextHop& hop,
                                         const std::vector<Location>& locations) {
  std::vector<sip::Egress> routes;
  std::optional<sip::RouteFailure> failure;
  for (const auto& location : locations) {
    if (auto refusal = refusal_of(hop, location.remote)) {
      failure = std::move(refusal);
    } else if (auto egress = egress_to(hop, location)) {
      routes.push_back(std::move(*egress));
      if (routes.size() == most_routes) break;
    } else if (!failure) {
      failure = no_listener(location.transport);
    }
  }
  if (!routes.empty()) {
    auto first = std::move(routes.front());
    first.others.assign(std::make_move_iterator(routes.begin() + 1), std::make_move_iterator(routes.end()));
    return first;
  }
  if (failure->status == 403)
    log_.warn_rarely("destination.refused", hop.host, {{"host", hop.host}, {"advice", failure->warning}});
  return *failure;
}

std::optional<sip::RouteFailure> RouteFinder::refusal_of(const sip::NextHop& hop,
                                                         const Endpoint& remote) {
  if (transports_.is_own_address(remote))
    return sip::RouteFailure{404, {}, "that address is the gateway itself"};
  const bool outbound = outbound_proxy_ && outbound_proxy_->host == hop.host && outbound_proxy_->port == hop.port;
  if (outbound && outbound_places_.size() < most_outbound_places) outbound_places_.insert(remote);
  if (outbound || outbound_places_.contains(remote)) return std::nullopt;
  // What a domain entry allows is the name that was asked for, not one that its DNS leads to.
  if (allow_.allows(remote, IpAddress::parse(hop.host) ? std::string_view{} : hop.host)) return std::nullopt;
  const auto entry = allow_.suggestion(remote.ip);
  const auto advice =
      entry.empty() ? std::string("it can never be a destination") : "add it to allow-destination: " + entry;
  return sip::RouteFailure{403, {}, "destination " + remote.ip.to_string() + " is not allowed; " + advice};
}

std::optional<sip::Egress> RouteFinder::egress_to(const sip::NextHop& hop, const Location& location) const {
  const auto& address = location.remote.ip;
  const auto local = transports_.local_for(location.transport, address);
  if (!local) return std::nullopt;
  sip::Egress egress;
  egress.target.transport = location.transport;
  egress.target.remote = location.remote;
  egress.target.local = *local;
  // RFC 5922 4: a certificate is for the domain that was asked for, whatever host its DNS names.
  if (!IpAddress::parse(hop.host)) egress.target.host = hop.host;
  std::tie(egress.contact, egress.contact_transport) = contact_for(address);
  const auto stream = transports_.local_for(sip::Transport::tcp, address);
  if (!location.named && location.transport == sip::Transport::udp && stream) {
    egress.for_large = egress.target;
    egress.for_large->transport = sip::Transport::tcp;
    egress.for_large->local = *stream;
    egress.for_large->tentative = true;
  }
  return egress;
}

}  // namespace w2s::app
