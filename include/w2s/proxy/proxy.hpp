#pragma once
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "w2s/base/log.hpp"
#include "w2s/base/rng.hpp"
#include "w2s/base/time.hpp"
#include "w2s/proxy/binding_table.hpp"
#include "w2s/sip/transaction_user.hpp"

namespace w2s::proxy {

using Output = std::variant<sip::FindRoute, sip::SendRequest, sip::CancelRequest, sip::Respond, sip::HoldFlow>;
using Outputs = std::vector<Output>;

// Who an out-of-dialog request from the network is for.
struct Addressee {
  enum class Kind { ourselves, browser, unknown, unreachable } kind = Kind::unknown;  // unreachable: its socket is gone
  const Binding* binding = nullptr;
};

// The SIP Proxy: a stateful proxy (RFC 3261 16) between browsers on WebSockets and a SIP network that knows nothing of
// them. Towards the network it patches the browser's Via and Contact; towards the browser it restores them. Sans-IO.
class Proxy {
 public:
  Proxy(sip::Surroundings surroundings, Rng& rng, Log& log);

  // Any request that is no CANCEL and not the breaker's, also ACK of a 2xx (`id` none then).
  [[nodiscard]] Outputs on_request(Time now, sip::ServerTransactionId id, sip::Message request,
                                   const sip::Target& source);
  [[nodiscard]] Outputs on_route(Time now, sip::RequestId id, const sip::Egress& egress);
  [[nodiscard]] Outputs on_route_failed(Time now, sip::RequestId id, const sip::RouteFailure& failure);
  [[nodiscard]] Outputs on_response(Time now, sip::RequestId id, sip::Message response, const sip::Target& source);
  [[nodiscard]] Outputs on_failed(Time now, sip::RequestId id, sip::ClientFailure cause);
  void on_ended(sip::RequestId id);                       // its client transaction is gone
  // The sender of this request's server transaction cancelled it, or is gone; `reasons` go into the CANCEL.
  [[nodiscard]] Outputs on_cancel(Time now, sip::ServerTransactionId id, std::vector<sip::Field> reasons);
  void on_flow_closed(sip::FlowId flow);
  [[nodiscard]] Outputs on_time(Time now);
  std::optional<Time> next_time() const;

  // For the breaker, which shares the browsers' bindings.
  Addressee addressee_of(const sip::Message& request, const sip::Target& source);
  // The binding of a browser's dialog-forming request; made when it has none. nullptr: no usable Contact,
  // or its flow has too many bindings.
  Binding* binding_of(const sip::Message& request, const sip::Target& source);
  Binding* binding_by_token(std::string_view token) { return bindings_.by_token(token); }
  // The Contact that the network is given for this browser, at `contact`.
  static sip::NameAddr network_contact(const Binding& binding, sip::NameAddr contact, const Endpoint& address,
                                       sip::Transport transport);
  std::size_t bindings() const { return bindings_.size(); }
  std::size_t pending() const { return forwards_.size(); }

 private:
  // One forwarded request: where it came from and what has to be undone in its responses.
  struct Forward {
    sip::RequestId id{};
    sip::ServerTransactionId server{};
    sip::Message request;                  // to be sent, until on_route
    sip::Message original;                 // headers of the received one that answers need; no body
    sip::Target source;
    bool from_browser = false;
    bool forms_dialog = false;             // gets our Record-Route
    std::string token;                     // of the browser's binding; may be empty
    std::string browser_via;               // as the browser wrote its top Via
    Endpoint contact;                      // ours, as the network-side peer is told it
    sip::Transport contact_transport = sip::Transport::udp;
    bool cancelled = false;
    bool sent = false;
    bool answered = false;                 // a final response went back
  };

  Outputs from_browser(Time now, Forward forward);
  Outputs from_network(Time now, Forward forward);
  Outputs in_dialog(Forward forward, const std::string& route_user);
  Outputs forward_to_browser(Forward forward, const Binding& binding);
  bool has_room_for(const sip::Message& request, const sip::Target& source);
  Outputs find_route(Forward forward, sip::NextHop hop);
  Outputs refuse(const Forward& forward, int status, std::string_view reason = {}, std::string_view warning = {});
  Outputs fail(Forward& forward, int status);
  void patch_for_network(Forward& forward, const sip::Egress& egress);
  void patch_register_contacts(Forward& forward, const sip::Egress& egress);
  void patch_contact(sip::Message& message, const Binding& binding, const Endpoint& address, sip::Transport transport);
  void restore_register_response(Time now, const Forward& forward, sip::Message& response, const sip::Target& source,
                                 Outputs& outputs);
  sip::HoldFlow hold_of(sip::FlowId flow) const;
  std::string dialog_user(const std::string& token, const std::string& call_id) const;

  sip::Surroundings surroundings_;
  Rng& rng_;
  Log& log_;
  BindingTable bindings_;
  std::string secret_;                     // keys the check value in Record-Route
  std::uint64_t last_id_ = 0;
  std::set<sip::FlowId> dialog_flows_;      // of browsers with proxied dialogs
  std::unordered_map<sip::RequestId, Forward> forwards_;
  std::unordered_map<sip::ServerTransactionId, sip::RequestId> by_server_;
};

}  // namespace w2s::proxy
