#pragma once
#include <functional>
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
#include "w2s/sip/best_response.hpp"
#include "w2s/sip/transaction_user.hpp"

namespace w2s::proxy {

using Output =
    std::variant<sip::FindRoute, sip::SendRequest, sip::CancelRequest, sip::Respond, sip::HoldFlow>;
using Outputs = std::vector<Output>;

// Who an out-of-dialog request is for.
struct Addressee {
  enum class Kind {
    ourselves,
    browser,
    unknown,
    unreachable
  } kind = Kind::unknown;  // unreachable: its socket is gone
  const Binding* binding = nullptr;
  std::vector<const Binding*> others;  // further browsers of the same AoR, when it named no single one
};

// The SIP Proxy: a stateful proxy (RFC 3261 16) between browsers on WebSockets and a SIP network that knows
// nothing of them. Towards the network it patches the browser's Via and Contact; towards the browser it
// restores them. Sans-IO.
class Proxy {
 public:
  // Whether the breaker takes this INVITE to `browser`. Asked for each of several browsers that one INVITE calls: the
  // proxy forks it, and such a branch goes over FlowId::internal. An INVITE to a single one comes here only when it
  // does not.
  using BreakerTakes = std::function<bool(const sip::Message& invite, const Binding& browser)>;

  Proxy(sip::Surroundings surroundings, Rng& rng, Log& log, BreakerTakes breaker_takes);

  // Any request that is no CANCEL and not the breaker's, also ACK of a 2xx (`id` none then).
  [[nodiscard]] Outputs on_request(Time now, sip::ServerTransactionId id, sip::Message request,
                                   const sip::Target& source);
  [[nodiscard]] Outputs on_route(Time now, sip::RequestId id, const sip::Egress& egress);
  [[nodiscard]] Outputs on_route_failed(Time now, sip::RequestId id, const sip::RouteFailure& failure);
  [[nodiscard]] Outputs on_response(Time now, sip::RequestId id, sip::Message response,
                                    const sip::Target& source);
  [[nodiscard]] Outputs on_failed(Time now, sip::RequestId id, sip::ClientFailure cause);
  void on_ended(sip::RequestId id);  // its client transaction is gone
  // The sender of this request's server transaction cancelled it, or is gone; `reasons` go into the CANCEL.
  [[nodiscard]] Outputs on_cancel(Time now, sip::ServerTransactionId id, std::vector<sip::Field> reasons);
  [[nodiscard]] Outputs on_flow_closed(Time now, sip::FlowId flow);
  [[nodiscard]] Outputs on_time(Time now);
  std::optional<Time> next_time() const;

  // For the breaker, which shares the browsers' bindings.
  Addressee addressee_of(const sip::Message& request, const sip::Target& source);
  // The binding of a browser's dialog-forming request; made when it has none. nullptr: no usable Contact.
  Binding* binding_of(const sip::Message& request, const sip::Target& source);
  // Gives a browser's request outside of a dialog the service route of its registrar, and so another next hop.
  void follow_service_route(sip::Message& request, const sip::Target& source, sip::NextHop& hop);
  // `peer` is a SIP server that this browser registered with, or our outbound proxy.
  bool trusts(const Binding& binding, const IpAddress& peer) const;
  Binding* binding_by_token(std::string_view token) { return bindings_.by_token(token); }
  // The Contact that the network is given for this browser, at `contact`; `secure`: as a sips URI.
  static sip::NameAddr network_contact(const Binding& binding, sip::NameAddr contact, const Endpoint& address,
                                       sip::Transport transport, bool secure = false);
  std::size_t bindings() const { return bindings_.size(); }
  std::size_t pending() const { return exchanges_.size() + waiting_.size(); }

 private:
  enum class ExchangeId : std::uint64_t {};

  // The response context of one received request (RFC 3261 16): where it came from, what its answers need,
  // which of them goes back.
  struct Exchange {
    sip::ServerTransactionId server{};
    sip::Message original;  // headers as received; no body
    sip::Target source;
    std::string sender;                 // token of the browser that sent it; empty: from the network
    std::vector<std::string> contacts;  // REGISTER: the binding's token of each Contact; empty for `*`
    std::string fingerprint;            // of what decides its way (loop detection)
    bool from_browser = false;
    bool forms_dialog = false;             // gets our Record-Route
    std::vector<sip::RequestId> branches;  // not ended
    sip::BestResponse failures;
    bool answered = false;  // a final response went back
  };
  // One copy of it on its way.
  struct Branch {
    ExchangeId exchange{};
    sip::Message request;  // until it is sent and has no other place to go to
    std::string receiver;  // token of the browser it goes to; empty: to the network
    Endpoint contact;      // ours, as the network-side peer is told it
    sip::Transport contact_transport = sip::Transport::udp;
    bool secure = false;  // the dialog is one of sips URIs
    // To our own breaker, which makes a dialog of its own with the caller: no Record-Route, and its Contact stays.
    bool to_breaker = false;
    bool sent = false;
    bool finished = false;    // its final response came
    bool taken_back = false;  // before it was sent
  };
  // An in-dialog request for a browser whose REGISTER over a new WebSocket is not answered yet.
  struct Waiting {
    Time until;
    std::string token;
    Exchange exchange;
    sip::Message request;
  };

  // routing.cpp: where a request goes.
  std::optional<Outputs> check(const Exchange& exchange, sip::Message& request);
  bool looped(const Exchange& exchange) const;
  Outputs from_browser(Time now, Exchange exchange, sip::Message request);
  Outputs from_network(Time now, Exchange exchange, sip::Message request);
  Outputs in_dialog(Time now, Exchange exchange, sip::Message request, const std::vector<std::string>& users);
  Outputs deliver_in_dialog(Time now, Exchange exchange, sip::Message request, const std::string& token);
  bool is_sender(const Binding& binding, const Exchange& exchange, const sip::Message& request) const;
  bool name_register_contacts(Exchange& exchange, const sip::Message& request);
  std::vector<const Binding*> named_by(const sip::Uri& uri);
  Outputs answer_for_ourselves(const Exchange& exchange);
  std::string dialog_user(const std::string& token, const std::string& call_id) const;
  static std::vector<std::string> dialog_users_in(const std::vector<sip::Uri>& own_routes);

  // forwarding.cpp: sending it there.
  Outputs to_network(Exchange exchange, sip::Message request, sip::NextHop hop);
  Outputs to_browsers(Exchange exchange, sip::Message request, const std::vector<const Binding*>& receivers);
  Outputs start(Exchange exchange, std::vector<std::pair<Branch, sip::NextHop>> branches);
  Endpoint told_browser(const sip::Target& peer) const;
  void record_route(const Exchange& exchange, Branch& branch, const sip::Egress& egress);

  // responses.cpp: what comes back.
  Outputs refuse(const Exchange& exchange, int status, std::string_view reason = {},
                 std::string_view warning = {});
  Outputs finish_branch(sip::RequestId id, std::optional<sip::Message> failure);
  Outputs cancel_branches(Exchange& exchange, sip::RequestId except, const std::vector<sip::Field>& reasons);
  void hold_dialog_flows(const Exchange& exchange, const Branch& branch, Outputs& outputs);
  Outputs release_waiting(Time now, const std::string& token);

  // patch.cpp, register.cpp: what is changed on the way.
  void patch_for_network(const Exchange& exchange, Branch& branch);
  void patch_contact(sip::Message& message, const Binding& binding, const Branch& branch);
  void patch_register_contacts(const Exchange& exchange, Branch& branch);
  void on_register_answer(Time now, Exchange& exchange, const Branch& branch, sip::Message& response,
                          const sip::Target& source, Outputs& outputs);
  void bind(Time now, const Exchange& exchange, const Branch& branch, sip::Message& response,
            const sip::Target& source, Outputs& outputs);
  static std::size_t stored_index(const std::vector<sip::NameAddr>& stored, const Binding& binding,
                                  const sip::NameAddr& asked, const Branch& branch);
  void restore_others(const Exchange& exchange, const std::vector<sip::NameAddr>& stored,
                      const std::set<std::size_t>& done, sip::Message& response);

  sip::HoldFlow hold_of(sip::FlowId flow) const;
  Exchange& exchange_of(const Branch& branch) { return exchanges_.at(branch.exchange); }

  sip::Surroundings surroundings_;
  BreakerTakes breaker_takes_;
  Rng& rng_;
  Log& log_;
  BindingTable bindings_;
  std::string secret_;  // keys the check value in Record-Route
  std::uint64_t last_id_ = 0;
  std::set<sip::FlowId> dialog_flows_;  // of browsers with proxied dialogs
  std::unordered_map<ExchangeId, Exchange> exchanges_;
  std::unordered_map<sip::RequestId, Branch> branches_;
  std::unordered_map<sip::ServerTransactionId, ExchangeId> by_server_;
  std::vector<Waiting> waiting_;
};

}  // namespace w2s::proxy
