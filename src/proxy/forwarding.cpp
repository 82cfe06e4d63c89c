// Sending a request on (RFC 3261 16.6).
#include "w2s/proxy/proxy.hpp"

namespace w2s::proxy {

using sip::HeaderId;
using sip::Message;

namespace {

// 16.6 item 6: a next hop that knows no loose routing is addressed by the Request-URI.
void address_strict_router(Message& request) {
  const auto first = request.first_value(HeaderId::route);
  const auto route = first ? sip::parse_name_addr(*first) : Result<sip::NameAddr>(sip::Errc::bad_address);
  if (!route || route->uri.params.has("lr")) return;
  request.pop_value(HeaderId::route);
  request.append(HeaderId::route, '<' + request.request_uri() + '>');
  request.set_request_uri(route->uri.to_string());
}

bool is_sips(const Message& request) {
  const auto uri = sip::parse_uri(request.request_uri());
  return uri && uri->is_sips();
}

// RFC 5630 3.1.3: sips asks for TLS on the last hop as well. What comes from this very host never left it.
bool is_secure(const Binding& binding) {
  return binding.flow_transport == sip::Transport::wss || binding.flow_remote.ip.is_loopback();
}

// What the registrar dropped, put back: a Request-URI that names this one browser.
std::string naming(const Binding& binding, const Message& request) {
  auto uri = *sip::parse_uri(request.request_uri());
  uri.params.set("ws-flow", binding.token);
  return uri.to_string();
}

std::string record_route_value(const std::string& user, const Endpoint& address, sip::Transport transport,
                               bool secure) {
  sip::Uri route;
  sip::set_address(route, address, transport, secure);
  if (transport == sip::Transport::udp) route.params.erase("transport");
  route.user = user;
  route.params.set("lr", std::nullopt);
  return '<' + route.to_string() + '>';
}

}  // namespace

Outputs Proxy::to_network(Exchange exchange, Message request, sip::NextHop hop) {
  address_strict_router(request);
  Branch branch{{}, std::move(request), {}, {}, {}};
  std::vector<std::pair<Branch, sip::NextHop>> branches;
  branches.emplace_back(std::move(branch), std::move(hop));
  return start(std::move(exchange), std::move(branches));
}

Outputs Proxy::to_browsers(Exchange exchange, Message request, const std::vector<const Binding*>& receivers) {
  std::vector<std::pair<Branch, sip::NextHop>> branches;
  const bool forks = receivers.size() > 1 && request.is("INVITE");
  bool insecure = false;
  for (const auto* binding : receivers) {
    if (!surroundings_.is_open(binding->flow)) continue;
    if (is_sips(exchange.original) && !is_secure(*binding)) {
      insecure = true;
      continue;
    }
    Branch branch{{}, request, binding->token, {}, {}};
    branch.to_breaker = forks && breaker_takes_(request, *binding);
    branch.request.set_request_uri(branch.to_breaker ? naming(*binding, request) : binding->contact_uri);
    const auto flow = branch.to_breaker ? sip::FlowId::internal : binding->flow;
    branches.emplace_back(std::move(branch), sip::NextHop{flow, {}, {}, {}});
  }
  if (!branches.empty()) return start(std::move(exchange), std::move(branches));
  return refuse(exchange, 480, {},
                insecure ? "SIPS is not allowed: the browser is connected by ws, not wss" : "");
}

Outputs Proxy::start(Exchange exchange, std::vector<std::pair<Branch, sip::NextHop>> branches) {
  const ExchangeId key{++last_id_};
  const auto source = exchange.source;
  if (exchange.server != sip::ServerTransactionId::none) by_server_[exchange.server] = key;
  Outputs outputs;
  for (auto& [branch, hop] : branches) {
    const sip::RequestId id{++last_id_};
    branch.exchange = key;
    exchange.branches.push_back(id);
    branches_.emplace(id, std::move(branch));
    outputs.push_back(sip::FindRoute{id, std::move(hop), source, exchange.original.call_id()});
  }
  exchanges_.emplace(key, std::move(exchange));
  return outputs;
}

Outputs Proxy::on_route(Time, sip::RequestId id, const sip::Egress& egress) {
  const auto found = branches_.find(id);
  if (found == branches_.end()) return {};
  auto& branch = found->second;
  const auto& exchange = exchange_of(branch);
  if (branch.taken_back)
    return finish_branch(id, sip::stateless_response(exchange.original, 487, {}, secret_));

  std::optional<Message> unsent;  // as it is now, for the next place
  if (!egress.others.empty()) unsent = branch.request;
  branch.contact = egress.contact;
  branch.contact_transport = egress.contact_transport;
  auto via = egress.target;
  via.local = told_browser(egress.target);
  if (branch.contact.port == 0) {  // two browsers, and no listener for the SIP network of that family
    branch.contact = via.local;
    branch.contact_transport = via.transport;
  }
  // RFC 3261 8.1.1.8, 16.6 item 4: of a sips dialog all our addresses are sips, on the listener that speaks
  // TLS here.
  branch.secure = is_sips(exchange.original);
  const auto& network_side = branch.receiver.empty() ? egress.target : exchange.source;
  if (branch.secure && network_side.transport == sip::Transport::tls &&
      exchange.from_browser == branch.receiver.empty()) {
    branch.contact = network_side.local;
    branch.contact_transport = sip::Transport::tls;
  }
  if (exchange.from_browser) patch_for_network(exchange, branch);
  if (exchange.forms_dialog && !branch.to_breaker) record_route(exchange, branch, egress);
  sip::push_via(branch.request, via, "z9hG4bK" + rng_.token(12) + '.' + exchange.fingerprint);

  branch.sent = true;
  const bool stateless = exchange.server == sip::ServerTransactionId::none;  // an ACK
  Outputs outputs;  // an initializer list would copy the request
  outputs.push_back(sip::SendRequest{id, std::move(branch.request), egress, stateless});
  if (unsent) branch.request = std::move(*unsent);
  if (stateless) on_ended(id);
  return outputs;
}

// The address of ours that the peer of a flow is told; to all others the transport layer has chosen it
// already.
Endpoint Proxy::told_browser(const sip::Target& peer) const {
  if (peer.flow == sip::FlowId::none) return peer.local;
  return {surroundings_.advertised(peer.local.ip), peer.local.port};
}

// Two values where the transport changes, so that each side has an address it can reach (RFC 5658): the
// network's, and a WebSocket's for each browser. The nearer to the receiver the higher.
void Proxy::record_route(const Exchange& exchange, Branch& branch, const sip::Egress& egress) {
  const auto call_id = branch.request.call_id();
  const auto of_sender = dialog_user(exchange.sender, call_id);
  const auto of_receiver = dialog_user(branch.receiver, call_id);
  const bool to_browser = !branch.receiver.empty();
  std::vector<std::string> values;  // from the sender's side to the receiver's
  if (exchange.from_browser && !exchange.sender.empty()) {
    values.push_back(record_route_value(of_sender, told_browser(exchange.source), exchange.source.transport,
                                        branch.secure));
  }
  if (exchange.from_browser != to_browser && !(exchange.from_browser && exchange.sender.empty())) {
    values.push_back(record_route_value(to_browser ? of_receiver : of_sender, branch.contact,
                                        branch.contact_transport, branch.secure));
  }
  if (to_browser) {
    values.push_back(
        record_route_value(of_receiver, told_browser(egress.target), egress.target.transport, branch.secure));
  }
  for (auto& value : values) branch.request.prepend(HeaderId::record_route, std::move(value));
}

}  // namespace w2s::proxy
