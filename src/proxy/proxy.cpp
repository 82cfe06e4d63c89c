#include "w2s/proxy/proxy.hpp"

#include <algorithm>

#include "w2s/base/encoding.hpp"
#include "w2s/base/hash.hpp"

#include "secrets.hpp"

namespace w2s::proxy {

using sip::HeaderId;
using sip::Message;

namespace {

// Requests that create a dialog and so get our Record-Route (RFC 3261 12.1, 6665, 3515).
bool forms_dialog(const Message& request) {
  return request.is("INVITE") || request.is("SUBSCRIBE") || request.is("REFER") || request.is("UPDATE");
}

bool has_to_tag(const Message& request) {
  const auto to = request.to();
  return to && !to->tag().empty();
}

// RFC 3261 20.22: without the header the request counts as 70.
int hops_left(const Message& request) {
  const auto value = request.get(HeaderId::max_forwards);
  if (!value) return 70;
  return parse_number<int>(*value).value_or(0);
}

// RFC 3261 10.3: To is who is registered; elsewhere From is who speaks.
Result<sip::NameAddr> identity_of(const Message& request) {
  return request.is("REGISTER") ? request.to() : request.from();
}

}  // namespace

Proxy::Proxy(sip::Surroundings surroundings, Rng& rng, Log& log)
    : surroundings_(std::move(surroundings)), rng_(rng), log_(log), bindings_(rng), secret_(rng.token(32)) {}

Outputs Proxy::on_request(Time now, sip::ServerTransactionId id, Message request, const sip::Target& source) {
  Forward forward;
  forward.server = id;
  forward.source = source;
  forward.from_browser = is_web_socket(source.transport);
  forward.forms_dialog = forms_dialog(request);
  forward.original = request;
  forward.original.set_body("", "");
  forward.request = std::move(request);
  auto& message = forward.request;

  const auto uri = sip::parse_uri(message.request_uri());
  if (!uri || !uri->is_sip()) return refuse(forward, 416);
  if (message.count(HeaderId::proxy_require) > 0) {  // RFC 3261 16.3 item 5
    std::string tags;
    for (const auto tag : message.values(HeaderId::proxy_require)) (tags += tags.empty() ? "" : ", ") += tag;
    auto outputs = refuse(forward, 420);
    if (!outputs.empty()) std::get<sip::Respond>(outputs.front()).response.append(HeaderId::unsupported, tags);
    return outputs;
  }
  const int hops = hops_left(message);
  if (hops <= 0) return refuse(forward, 483);
  message.set(HeaderId::max_forwards, std::to_string(hops - 1));
  strip_secrets(message);
  return forward.from_browser ? from_browser(now, std::move(forward)) : from_network(now, std::move(forward));
}

Outputs Proxy::from_browser(Time, Forward forward) {
  auto& message = forward.request;
  const auto to_ourselves = surroundings_.is_own(*sip::parse_uri(message.request_uri()));
  std::vector<sip::Uri> own_routes;
  const auto hop = sip::take_next_hop(message, surroundings_, own_routes);
  if (!hop) return refuse(forward, 400, "Bad Route");
  for (const auto& route : own_routes) {
    if (!route.user.empty() && route.params.has("lr")) return in_dialog(std::move(forward), route.user);
  }
  if (has_to_tag(message) && !message.is("REGISTER")) return refuse(forward, 481);
  if (to_ourselves) {
    const auto uri = sip::parse_uri(message.request_uri());
    if (message.is("OPTIONS") && uri->user.empty()) return refuse(forward, 200);
    if (message.count(HeaderId::route) == 0 && !surroundings_.outbound_proxy) return refuse(forward, 404);
  }
  if (auto* binding = binding_of(message, forward.source)) forward.token = binding->token;
  const bool needs_bindings = forward.token.empty() || message.is("REGISTER");
  if (needs_bindings && !has_room_for(message, forward.source))
    return refuse(forward, 403, "Too Many Contacts On One WebSocket");
  return find_route(std::move(forward), *hop);
}

Outputs Proxy::from_network(Time, Forward forward) {
  std::vector<sip::Uri> own_routes;
  const auto hop = sip::take_next_hop(forward.request, surroundings_, own_routes);
  if (!hop) return refuse(forward, 400, "Bad Route");
  for (const auto& route : own_routes) {
    if (!route.user.empty() && route.params.has("lr")) return in_dialog(std::move(forward), route.user);
  }
  const bool tagged = has_to_tag(forward.request);
  const auto addressee = addressee_of(forward.request, forward.source);
  switch (addressee.kind) {
    case Addressee::Kind::ourselves:
      if (tagged) return refuse(forward, 481);
      return refuse(forward, forward.request.is("OPTIONS") ? 200 : 404);
    case Addressee::Kind::unknown: return refuse(forward, 404);
    case Addressee::Kind::unreachable: return refuse(forward, 480);
    case Addressee::Kind::browser: break;
  }
  // A dialog that we never record-routed is none of ours (threats.md T8).
  if (tagged) return refuse(forward, 481);
  return forward_to_browser(std::move(forward), *addressee.binding);
}

// The user part of our Record-Route is TOKEN.CHECK, where CHECK ties the Call-ID to us: it proves, without any state
// that could leak or be forged, that this dialog was record-routed here.
std::string Proxy::dialog_user(const std::string& token, const std::string& call_id) const {
  return token + '.' + hex_digest(HashAlgorithm::sha256, secret_ + '\0' + token + '\0' + call_id).substr(0, 24);
}

Outputs Proxy::in_dialog(Forward forward, const std::string& route_user) {
  const auto token = route_user.substr(0, route_user.find('.'));
  if (!equal_constant_time(route_user, dialog_user(token, forward.request.call_id()))) return refuse(forward, 481);
  auto* binding = bindings_.by_token(token);
  if (binding == nullptr) return refuse(forward, forward.from_browser ? 481 : 480);
  if (forward.from_browser && forward.source.flow != binding->flow && !surroundings_.is_open(binding->flow)) {
    // The browser came back on another WebSocket and has not registered again yet: same AoR, same dialog.
    const auto from = forward.request.from();
    if (from && from->uri.address_of_record() == binding->aor) forward.token = token;
  }
  if (forward.source.flow == binding->flow) forward.token = token;
  if (forward.token.empty()) return forward_to_browser(std::move(forward), *binding);

  std::vector<sip::Uri> own_routes;  // popped already; what is left names the hop
  const auto hop = sip::take_next_hop(forward.request, surroundings_, own_routes);
  if (!hop) return refuse(forward, 400, "Bad Route");
  return find_route(std::move(forward), *hop);
}

Outputs Proxy::forward_to_browser(Forward forward, const Binding& binding) {
  if (!surroundings_.is_open(binding.flow)) return refuse(forward, 480);
  forward.token = binding.token;
  forward.from_browser = false;
  forward.request.set_request_uri(binding.contact_uri);
  return find_route(std::move(forward), {binding.flow, {}, {}, {}});
}

Outputs Proxy::find_route(Forward forward, sip::NextHop hop) {
  forward.id = sip::RequestId{++last_id_};
  const auto id = forward.id;
  const auto source = forward.source;
  if (forward.server != sip::ServerTransactionId::none) by_server_[forward.server] = id;
  forwards_.emplace(id, std::move(forward));
  return {sip::FindRoute{id, std::move(hop), source}};
}

Outputs Proxy::refuse(const Forward& forward, int status, std::string_view reason, std::string_view warning) {
  if (forward.server == sip::ServerTransactionId::none) return {};  // ACK is never answered
  auto response = sip::stateless_response(forward.original, status, reason, secret_);
  if (!warning.empty()) sip::append_warning(response, warning);
  // Over UDP nobody has proved his address, with a To tag as little as without: timer G would amplify.
  const bool stateless = forward.source.transport == sip::Transport::udp;
  return {sip::Respond{forward.server, std::move(response), stateless}};
}

Outputs Proxy::on_route_failed(Time, sip::RequestId id, const sip::RouteFailure& failure) {
  const auto found = forwards_.find(id);
  if (found == forwards_.end()) return {};
  auto outputs = refuse(found->second, failure.status, failure.reason, failure.warning);
  on_ended(id);
  return outputs;
}

Outputs Proxy::on_route(Time, sip::RequestId id, const sip::Egress& egress) {
  const auto found = forwards_.find(id);
  if (found == forwards_.end()) return {};
  auto& forward = found->second;
  if (forward.cancelled) {
    auto outputs = refuse(forward, 487);
    on_ended(id);
    return outputs;
  }
  forward.contact = egress.contact;
  forward.contact_transport = egress.contact_transport;
  if (forward.forms_dialog && !forward.token.empty()) {
    sip::Uri route;
    route.user = dialog_user(forward.token, forward.request.call_id());
    route.host = egress.contact.ip.to_uri_host();
    route.port = egress.contact.port;
    if (egress.contact_transport != sip::Transport::udp) {
      route.params.set("transport", std::string(uri_token(egress.contact_transport)));
    }
    route.params.set("lr", std::nullopt);
    forward.request.prepend(HeaderId::record_route, '<' + route.to_string() + '>');
  }
  if (forward.from_browser) patch_for_network(forward, egress);
  sip::push_via(forward.request, egress.target, "z9hG4bK" + rng_.token(12));

  const bool stateless = forward.server == sip::ServerTransactionId::none;
  Outputs outputs{sip::SendRequest{id, std::move(forward.request), egress.target, stateless}};
  forward.sent = true;
  if (stateless) on_ended(id);
  return outputs;
}

Outputs Proxy::on_response(Time now, sip::RequestId id, Message response, const sip::Target& source) {
  const auto found = forwards_.find(id);
  if (found == forwards_.end() || response.status() == 100) return {};  // RFC 3261 16.7 step 5
  auto& forward = found->second;
  // RFC 3261 16.7 step 3: without a Via below ours it is not to be passed on, but whoever asked must not wait
  // for ever.
  if (response.values(HeaderId::via).size() < 2) {
    return response.status() < 200 || forward.answered ? Outputs{} : fail(forward, 502);
  }
  Outputs outputs;
  response.pop_value(HeaderId::via);
  strip_secrets(response);
  if (forward.from_browser) {
    response.replace_value(HeaderId::via, 0, forward.browser_via);
    if (forward.original.is("REGISTER")) restore_register_response(now, forward, response, source, outputs);
  } else if (auto* binding = bindings_.by_token(forward.token); binding != nullptr && response.status() < 300) {
    patch_contact(response, *binding, forward.contact, forward.contact_transport);
  }
  if (forward.forms_dialog && response.status() / 100 == 2) {
    // A proxied dialog leaves no state here, so its end is unknown: the flow then lives as long as it answers pings.
    if (const auto* binding = bindings_.by_token(forward.token); binding != nullptr) {
      dialog_flows_.insert(binding->flow);
      outputs.push_back(sip::HoldFlow{binding->flow, true});
    }
  }
  forward.answered = forward.answered || response.status() >= 200;
  outputs.insert(outputs.begin(), sip::Respond{forward.server, std::move(response)});
  return outputs;
}

Outputs Proxy::on_failed(Time, sip::RequestId id, sip::ClientFailure cause) {
  const auto found = forwards_.find(id);
  if (found == forwards_.end()) return {};
  auto& forward = found->second;
  Outputs outputs;
  if (!forward.answered) outputs = fail(forward, cause == sip::ClientFailure::timeout ? 408 : 503);
  on_ended(id);
  return outputs;
}

// Refuses a request that was forwarded: it has had a 100 and is not repeated, so the answer must not get
// lost.
Outputs Proxy::fail(Forward& forward, int status) {
  auto outputs = refuse(forward, status);
  for (auto& output : outputs) std::get<sip::Respond>(output).stateless = false;
  forward.answered = true;
  return outputs;
}

void Proxy::on_ended(sip::RequestId id) {
  const auto found = forwards_.find(id);
  if (found == forwards_.end()) return;
  by_server_.erase(found->second.server);
  forwards_.erase(found);
}

Outputs Proxy::on_cancel(Time, sip::ServerTransactionId id, std::vector<sip::Field> reasons) {
  const auto named = by_server_.find(id);
  if (named == by_server_.end()) return {};
  auto& forward = forwards_.at(named->second);
  forward.cancelled = true;  // before it was sent: on_route answers 487
  if (!forward.sent || !forward.original.is("INVITE")) return {};
  return {sip::CancelRequest{forward.id, std::move(reasons)}};
}

void Proxy::on_flow_closed(sip::FlowId flow) {
  dialog_flows_.erase(flow);
  bindings_.on_flow_closed(flow);
}

Outputs Proxy::on_time(Time now) {
  Outputs outputs;
  for (const auto flow : bindings_.on_time(now)) outputs.push_back(hold_of(flow));
  return outputs;
}

sip::HoldFlow Proxy::hold_of(sip::FlowId flow) const {
  return {flow, dialog_flows_.contains(flow) || bindings_.flow_has_registration(flow)};
}

std::optional<Time> Proxy::next_time() const { return bindings_.next_time(); }

Addressee Proxy::addressee_of(const Message& request, const sip::Target& source) {
  const auto uri = sip::parse_uri(request.request_uri());
  if (!uri) return {};
  const auto judge = [&](const Binding* binding) -> Addressee {
    if (binding == nullptr) return {};
    return {surroundings_.is_open(binding->flow) ? Addressee::Kind::browser : Addressee::Kind::unreachable, binding};
  };
  if (const auto token = uri->params.get("ws-flow")) return judge(bindings_.by_token(*token));

  // Without our token only the SIP servers that this browser registered with (or our outbound proxy) are believed.
  const auto& address = source.remote.ip;
  const auto trusted = [&](const Binding* binding) {
    const bool proxy = surroundings_.outbound_proxy && IpAddress::parse(surroundings_.outbound_proxy->host) == address;
    return binding != nullptr && (proxy || binding->registrars.contains(address));
  };
  const auto ip = IpAddress::parse(uri->params.get("ws-src-ip").value_or(""));
  const auto port = parse_number<std::uint16_t>(uri->params.get("ws-src-port").value_or(""));
  if (ip && port) {
    const auto* binding = bindings_.by_source({*ip, *port});
    if (trusted(binding)) return judge(binding);
  }
  if (const auto* binding = bindings_.by_aor(uri->address_of_record(), address)) return judge(binding);
  return {surroundings_.is_own(*uri) ? Addressee::Kind::ourselves : Addressee::Kind::unknown, nullptr};
}

Binding* Proxy::binding_of(const Message& request, const sip::Target& source) {
  const auto contacts = request.contacts();
  if (!contacts || contacts->empty() || contacts->front().star || !contacts->front().uri.is_sip()) return nullptr;
  const auto identity = identity_of(request);
  if (!identity) return nullptr;
  const auto aor = identity->uri.address_of_record();
  if (!request.is("REGISTER")) {
    if (auto* known = bindings_.by_flow_and_aor(source.flow, aor)) return known;
  }
  return bindings_.for_contact(aor, contacts->front(), source, surroundings_.is_open);
}

// A REGISTER needs a binding for each of its Contacts, any other request one at most.
bool Proxy::has_room_for(const Message& request, const sip::Target& source) {
  const auto contacts = request.contacts();
  const auto identity = identity_of(request);
  if (!contacts || !identity) return true;
  const auto needed = request.is("REGISTER") ? contacts->size() : std::min<std::size_t>(1, contacts->size());
  return std::all_of(contacts->begin(), contacts->begin() + static_cast<std::ptrdiff_t>(needed),
                     [&](const auto& contact) {
                       return contact.star || !contact.uri.is_sip() ||
                              bindings_.for_contact(identity->uri.address_of_record(), contact, source,
                                                    surroundings_.is_open) != nullptr;
                     });
}

}  // namespace w2s::proxy
