#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <variant>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "w2s/base/log.hpp"
#include "w2s/net/allow_destination.hpp"
#include "w2s/net/resolver.hpp"
#include "w2s/sip/transaction_user.hpp"
#include "w2s/transport/sip_transports.hpp"

#include "server_location.hpp"

namespace w2s::app {

// From a next hop to the addresses, listeners and connections that a request may leave by: locates the server
// (RFC 3263), holds each address to allow-destination, chooses our address. Requests to ourselves are refused
// here.
class RouteFinder {
 public:
  RouteFinder(boost::asio::any_io_executor executor, net::Resolver& resolver,
              transport::SipTransports& transports, net::AllowDestination allow,
              std::optional<sip::NextHop> outbound_proxy, Log& log);

  using Outcome = std::variant<sip::Egress, sip::RouteFailure>;
  // Of equal servers, one `call_id` always gets the same. `done` may run inside the call when nothing has to
  // be looked up.
  void find(const sip::NextHop& hop, std::string_view call_id, std::function<void(Outcome)> done);
  // A response whose connection is gone may open one to `place` (RFC 3261 18.2.2), returned with our address in
  // it. nullopt: what holds for requests forbids it, or there is no listener for it.
  std::optional<sip::Target> way_back(const sip::Target& place);
  // The address of ours that a SIP peer at `peer` is told: the same listener whatever transport a message
  // used.
  std::pair<Endpoint, sip::Transport> contact_for(const IpAddress& peer) const;

 private:
  struct Search;
  void ask(const std::shared_ptr<Search>& search, ServerLocation::Questions questions);
  void finish(Search& search);
  Outcome choose(const sip::NextHop& hop, const std::vector<Location>& locations);
  // Why `remote` may not be used at all; nullopt: it may.
  std::optional<sip::RouteFailure> refusal_of(const sip::NextHop& hop, const Endpoint& remote);
  std::optional<sip::Egress> egress_to(const sip::NextHop& hop, const Location& location) const;

  boost::asio::any_io_executor executor_;
  net::Resolver& resolver_;
  transport::SipTransports& transports_;
  net::AllowDestination allow_;
  std::optional<sip::NextHop> outbound_proxy_;
  std::set<Endpoint> outbound_places_;  // where it was found: allowed whatever name or number asks for them
  Log& log_;
  std::vector<Reach> reach_;
};

}  // namespace w2s::app
