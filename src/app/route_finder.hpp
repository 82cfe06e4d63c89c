#pragma once
#include <functional>
#include <optional>
#include <variant>

#include "w2s/net/allow_destination.hpp"
#include "w2s/net/resolver.hpp"
#include "w2s/sip/transaction_user.hpp"
#include "w2s/transport/sip_transports.hpp"

namespace w2s::app {

// From a next hop to the address, listener and connection that a request leaves by: resolves names, holds the answer to
// allow-destination, chooses our address. Requests to ourselves are refused here.
class RouteFinder {
 public:
  RouteFinder(net::Resolver& resolver, transport::SipTransports& transports, net::AllowDestination allow,
              std::optional<sip::NextHop> outbound_proxy, Log& log);

  using Outcome = std::variant<sip::Egress, sip::RouteFailure>;
  // `done` may run inside the call when nothing has to be looked up.
  void find(const sip::NextHop& hop, std::function<void(Outcome)> done);
  // The address of ours that a SIP peer at `peer` is told: the same listener whatever transport a message used.
  std::pair<Endpoint, sip::Transport> contact_for(const IpAddress& peer) const;

 private:
  Outcome choose(const sip::NextHop& hop, const std::vector<IpAddress>& addresses) const;
  Outcome refused(const sip::NextHop& hop, const IpAddress& address) const;
  sip::Transport transport_for(const sip::NextHop& hop, const IpAddress& address) const;

  net::Resolver& resolver_;
  transport::SipTransports& transports_;
  net::AllowDestination allow_;
  std::optional<sip::NextHop> outbound_proxy_;
  Log& log_;
};

}  // namespace w2s::app
