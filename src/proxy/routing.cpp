// Where a request goes (RFC 3261 16.3 to 16.5; design section 3).
#include "w2s/base/encoding.hpp"
#include "w2s/base/hash.hpp"
#include "w2s/proxy/proxy.hpp"

#include "gruu.hpp"
#include "secrets.hpp"

namespace w2s::proxy {

using sip::HeaderId;
using sip::Message;

namespace {

constexpr Duration register_wait =
    5s;  // for the answer to a REGISTER that a browser sent over its new WebSocket
constexpr std::size_t max_waiting = 1000;

// RFC 3261 20.22: without the header the request counts as 70.
int hops_left(const Message& request) {
  const auto value = request.get(HeaderId::max_forwards);
  if (!value) return 70;
  return parse_number<int>(*value).value_or(0);
}

bool has_to_tag(const Message& request) {
  const auto to = request.to();
  return to && !to->tag().empty();
}

// Requests that may create a dialog and so get our Record-Route. A NOTIFY too: RFC 6665 4.3 lets it create
// the subscriber's side of the dialog. Of methods not known here nobody can say that they do not.
bool may_form_dialog(const Message& request) {
  static constexpr std::string_view never[] = {"ACK",     "BYE",   "INFO",    "MESSAGE",
                                               "OPTIONS", "PRACK", "PUBLISH", "REGISTER"};
  for (const auto method : never) {
    if (request.is(method)) return false;
  }
  return true;
}

std::string listed(const Message& request, HeaderId id) {
  std::string list;
  for (const auto value : request.values(id)) (list += list.empty() ? "" : ", ") += value;
  return list;
}

// RFC 3261 16.6 item 8, RFC 5393 4.2: all that decides a request's way, not what changes on it (Via).
std::string fingerprint_of(const Message& request, bool from_browser) {
  std::string input(from_browser ? "browser" : "network");
  const auto from = request.from();
  const auto to = request.to();
  const auto cseq = request.cseq();
  for (const auto& part : {request.request_uri(), request.call_id(), from ? from->tag() : std::string{},
                           to ? to->tag() : std::string{}, std::to_string(cseq ? cseq->number : 0),
                           listed(request, HeaderId::route)}) {
    (input += '\n') += part;
  }
  return hex_digest(HashAlgorithm::sha256, input).substr(0, 16);
}

// RFC 3261 16.4: a strict router put our Record-Route into the Request-URI and what belongs there at the end
// of Route. Our own URI goes back on top, where every other request has it.
bool undo_strict_routing(Message& request) {
  const auto routes = request.values(HeaderId::route);
  if (routes.empty()) return false;
  const auto target = sip::parse_name_addr(routes.back());
  if (!target) return false;
  std::vector<std::string> restored{'<' + request.request_uri() + '>'};
  restored.insert(restored.end(), routes.begin(), routes.end() - 1);
  request.set_request_uri(target->uri.to_string());
  request.set_values(HeaderId::route, restored);
  return true;
}

}  // namespace

Outputs Proxy::on_request(Time now, sip::ServerTransactionId id, Message request, const sip::Target& source) {
  Exchange exchange;
  exchange.server = id;
  exchange.source = source;
  exchange.from_browser = is_web_socket(source.transport);
  exchange.forms_dialog = may_form_dialog(request);
  exchange.original = request;
  exchange.original.set_body("", "");
  exchange.fingerprint = fingerprint_of(request, exchange.from_browser);
  if (auto refusal = check(exchange, request)) return std::move(*refusal);
  strip_secrets(request);
  return exchange.from_browser ? from_browser(now, std::move(exchange), std::move(request))
                               : from_network(now, std::move(exchange), std::move(request));
}

std::optional<Outputs> Proxy::check(const Exchange& exchange, Message& request) {
  const auto uri = sip::parse_uri(request.request_uri());
  if (!uri || !uri->is_sip()) return refuse(exchange, 416);
  const bool own = surroundings_.is_own(*uri);
  if (own && uri->params.has("lr") && uri->user.find('.') != std::string::npos &&
      !undo_strict_routing(request)) {
    return refuse(exchange, 400, "Bad Route");
  }
  const int hops = hops_left(request);
  if (hops <= 0) {  // an OPTIONS that asks for ourselves has arrived all the same
    if (own && request.is("OPTIONS") && !uri->params.has("ws-flow")) return answer_for_ourselves(exchange);
    return refuse(exchange, 483);
  }
  request.set(HeaderId::max_forwards, std::to_string(hops - 1));
  if (looped(exchange)) return refuse(exchange, 482);
  if (request.count(HeaderId::proxy_require) > 0) {  // RFC 3261 16.3 item 5
    auto outputs = refuse(exchange, 420);
    if (outputs.empty()) return outputs;
    std::get<sip::Respond>(outputs.front())
        .response.append(HeaderId::unsupported, listed(request, HeaderId::proxy_require));
    return outputs;
  }
  return std::nullopt;
}

// RFC 5393 4.2: it was here before, and nothing that decides its way has changed since.
bool Proxy::looped(const Exchange& exchange) const {
  for (const auto value : exchange.original.values(HeaderId::via)) {
    const auto via = sip::parse_via(value);
    if (!via || !via->branch().ends_with('.' + exchange.fingerprint)) continue;
    sip::Uri sent_by;
    sent_by.host = via->host;
    sent_by.port = via->port;
    if (surroundings_.is_own(sent_by)) return true;
  }
  return false;
}

Outputs Proxy::from_browser(Time now, Exchange exchange, Message request) {
  std::vector<sip::Uri> own_routes;
  auto hop = sip::take_next_hop(request, surroundings_, own_routes);
  if (!hop) return refuse(exchange, 400, "Bad Route");
  if (const auto users = dialog_users_in(own_routes); !users.empty()) {
    return in_dialog(now, std::move(exchange), std::move(request), users);
  }
  if (has_to_tag(request) && !request.is("REGISTER")) return refuse(exchange, 481);
  if (request.is("REGISTER")) {
    if (!name_register_contacts(exchange, request)) return refuse(exchange, 403, "Too Many Addresses");
  } else if (const auto* binding = binding_of(request, exchange.source)) {
    exchange.sender = binding->token;
  }
  const auto uri = *sip::parse_uri(request.request_uri());
  if (surroundings_.is_own(uri) && request.count(HeaderId::route) == 0) {
    if (const auto named = named_by(uri); !named.empty()) {
      return to_browsers(std::move(exchange), std::move(request), named);
    }
    if (request.is("OPTIONS") && uri.user.empty()) return answer_for_ourselves(exchange);
    if (!surroundings_.outbound_proxy) return refuse(exchange, 404);
  }
  if (!request.is("REGISTER")) follow_service_route(request, exchange.source, *hop);
  return to_network(std::move(exchange), std::move(request), *hop);
}

// RFC 3608 6.1. It is a browser's to do, but no stack does it. The route begins behind the proxy by which the request
// leaves anyway, if there is one; a Route of the browser's own says that it knows better.
void Proxy::follow_service_route(Message& request, const sip::Target& source, sip::NextHop& hop) {
  const auto from = request.from();
  if (!from || request.count(HeaderId::route) > 0) return;
  const Binding* binding = bindings_.by_flow_and_aor(source.flow, from->uri.address_of_record(), {});
  // RFC 3323 4.1.1.3: a From may name nobody. Whoever alone has registered over this flow has sent it.
  if (binding == nullptr || !binding->registered) binding = bindings_.only_registered_of(source.flow);
  if (binding == nullptr || binding->service_route.empty()) return;
  const auto& route = binding->service_route;
  request.set_values(HeaderId::route, route);
  const auto uri = sip::parse_uri(request.request_uri());
  if (uri && hop == sip::hop_of(*uri)) hop = sip::hop_of(sip::parse_name_addr(route.front())->uri);
}

Outputs Proxy::from_network(Time now, Exchange exchange, Message request) {
  std::vector<sip::Uri> own_routes;
  const auto hop = sip::take_next_hop(request, surroundings_, own_routes);
  if (!hop) return refuse(exchange, 400, "Bad Route");
  if (const auto users = dialog_users_in(own_routes); !users.empty()) {
    return in_dialog(now, std::move(exchange), std::move(request), users);
  }
  const bool tagged = has_to_tag(request);
  const auto addressee = addressee_of(request, exchange.source);
  switch (addressee.kind) {
    case Addressee::Kind::ourselves:
      if (tagged) return refuse(exchange, 481);
      return request.is("OPTIONS") ? answer_for_ourselves(exchange) : refuse(exchange, 404);
    case Addressee::Kind::unknown: return refuse(exchange, 404);
    case Addressee::Kind::unreachable: return refuse(exchange, 480);
    case Addressee::Kind::browser: break;
  }
  // A dialog that we never record-routed is none of ours (threats.md T8).
  if (tagged) return refuse(exchange, 481);
  std::vector<const Binding*> receivers{addressee.binding};
  receivers.insert(receivers.end(), addressee.others.begin(), addressee.others.end());
  return to_browsers(std::move(exchange), std::move(request), receivers);
}

// The user part of our Record-Route is TOKEN.CHECK, where CHECK ties the Call-ID to us: it proves, without
// any state that could leak or be forged, that this dialog was record-routed here.
std::string Proxy::dialog_user(const std::string& token, const std::string& call_id) const {
  return token + '.' +
         hex_digest(HashAlgorithm::sha256, secret_ + '\0' + token + '\0' + call_id).substr(0, 24);
}

// Each side of a dialog has its own Record-Route of ours (RFC 5658), so a token may stand twice.
std::vector<std::string> Proxy::dialog_users_in(const std::vector<sip::Uri>& own_routes) {
  std::vector<std::string> users;
  for (const auto& route : own_routes) {
    if (route.user.empty() || !route.params.has("lr")) continue;
    if (users.empty() || users.back() != route.user) users.push_back(route.user);
  }
  return users;
}

Outputs Proxy::in_dialog(Time now, Exchange exchange, Message request,
                         const std::vector<std::string>& users) {
  for (const auto& user : users) {
    const auto token = user.substr(0, user.find('.'));
    if (!equal_constant_time(user, dialog_user(token, request.call_id()))) return refuse(exchange, 481);
    auto* binding = bindings_.by_token(token);
    // The first route of a browser is the one it got from us. Its binding may be gone with its old WebSocket.
    const bool first_of_browser = exchange.from_browser && &user == &users.front();
    if (first_of_browser && (binding == nullptr || is_sender(*binding, exchange, request))) {
      if (binding == nullptr) binding = binding_of(request, exchange.source);
      if (binding != nullptr) exchange.sender = binding->token;
      continue;
    }
    if (binding != nullptr && exchange.source.flow == binding->flow) continue;
    return deliver_in_dialog(now, std::move(exchange), std::move(request), token);
  }
  // RFC 3261 12.2.1.1: the recorded routes lead, after them the remote target. The outbound-proxy is in the dialog
  // only if it recorded itself.
  if (const auto first = request.first_value(HeaderId::route)) {
    const auto route = sip::parse_name_addr(*first);
    if (!route) return refuse(exchange, 400, "Bad Route");
    return to_network(std::move(exchange), std::move(request), sip::hop_of(route->uri));
  }
  const auto uri = *sip::parse_uri(request.request_uri());
  if (!surroundings_.is_own(uri)) return to_network(std::move(exchange), std::move(request), sip::hop_of(uri));
  const auto named = named_by(uri);
  return named.empty() ? refuse(exchange, 404) : to_browsers(std::move(exchange), std::move(request), named);
}

Outputs Proxy::deliver_in_dialog(Time now, Exchange exchange, Message request, const std::string& token) {
  const auto* binding = bindings_.by_token(token);
  if (binding != nullptr && surroundings_.is_open(binding->flow)) {
    return to_browsers(std::move(exchange), std::move(request), {binding});
  }
  // The browser may have told its peer another token since, in a re-INVITE over its next WebSocket.
  const auto uri = sip::parse_uri(request.request_uri());
  const auto newer = uri ? named_by(*uri) : std::vector<const Binding*>{};
  if (!newer.empty() && surroundings_.is_open(newer.front()->flow)) {
    return to_browsers(std::move(exchange), std::move(request), newer);
  }
  const bool coming_back = binding != nullptr && binding->next_flow != sip::FlowId::none;
  if (!coming_back || waiting_.size() >= max_waiting) return refuse(exchange, 480);
  waiting_.push_back({now + register_wait, token, std::move(exchange), std::move(request)});
  return {};
}

// Whether a browser's in-dialog request comes from the browser of this binding: over its flow, or over a new
// one of which it has not registered yet, or has not got the answer. The check value has proved the dialog.
bool Proxy::is_sender(const Binding& binding, const Exchange& exchange, const Message& request) const {
  if (exchange.source.flow == binding.flow || exchange.source.flow == binding.next_flow) return true;
  const auto from = request.from();
  return from && from->uri.address_of_record() == binding.aor;
}

// The browser that our token in a Request-URI names; none when there is no token, or not one of ours.
std::vector<const Binding*> Proxy::named_by(const sip::Uri& uri) {
  const auto token = uri.params.get("ws-flow");
  const auto* binding = token ? bindings_.by_token(*token) : nullptr;
  if (binding == nullptr) return {};
  return {binding};
}

Outputs Proxy::answer_for_ourselves(const Exchange& exchange) {
  // RFC 3261 8.2.2.3: as a UAS we understand no option. No Allow or Accept in the 200: any method and body passes, and
  // the answer to a stranger stays small.
  if (exchange.original.count(HeaderId::require) == 0) return refuse(exchange, 200);
  auto outputs = refuse(exchange, 420);
  if (!outputs.empty()) {
    std::get<sip::Respond>(outputs.front())
        .response.append(HeaderId::unsupported, listed(exchange.original, HeaderId::require));
  }
  return outputs;
}

Addressee Proxy::addressee_of(const Message& request, const sip::Target& source) {
  const auto uri = sip::parse_uri(request.request_uri());
  if (!uri) return {};
  const auto judge = [&](const Binding* binding) -> Addressee {
    if (binding == nullptr) return {};
    return {surroundings_.is_open(binding->flow) ? Addressee::Kind::browser : Addressee::Kind::unreachable,
            binding,
            {}};
  };
  if (const auto token = uri->params.get("ws-flow")) return judge(bindings_.by_token(*token));

  // Without our token only the SIP servers that this browser registered with (or our outbound proxy) are
  // believed.
  const auto& address = source.remote.ip;
  const auto ip = IpAddress::parse(uri->params.get("ws-src-ip").value_or(""));
  const auto port = parse_number<std::uint16_t>(uri->params.get("ws-src-port").value_or(""));
  if (ip && port) {
    const auto* binding = bindings_.by_source({*ip, *port}, uri->user);
    if (binding != nullptr && trusts(*binding, address)) return judge(binding);
  }
  // The registrar dropped what we put into the Contact: every browser of that AoR is meant (RFC 3261 16.5),
  // or the one that its GRUU names (RFC 5627).
  Addressee addressee;
  const bool own = surroundings_.is_own(*uri);
  for (const auto* binding :
       own ? bindings_.by_contact_user(uri->user) : bindings_.by_aor(uri->address_of_record())) {
    if (!trusts(*binding, address) || !is_gruu_for(*binding, *uri)) continue;
    if (!surroundings_.is_open(binding->flow)) {
      if (addressee.binding == nullptr) addressee = {Addressee::Kind::unreachable, binding, {}};
    } else if (addressee.kind == Addressee::Kind::browser) {
      addressee.others.push_back(binding);
    } else {
      addressee = {Addressee::Kind::browser, binding, {}};
    }
  }
  if (addressee.binding != nullptr) return addressee;
  return {own ? Addressee::Kind::ourselves : Addressee::Kind::unknown, nullptr, {}};
}

bool Proxy::trusts(const Binding& binding, const IpAddress& peer) const {
  const auto& proxy = surroundings_.outbound_proxy;
  return binding.registrars.contains(peer) || (proxy && IpAddress::parse(proxy->host) == peer);
}

Binding* Proxy::binding_of(const Message& request, const sip::Target& source) {
  const auto contacts = request.contacts();
  if (!contacts || contacts->empty() || contacts->front().star || !contacts->front().uri.is_sip())
    return nullptr;
  const auto from = request.from();
  if (!from) return nullptr;
  const auto& contact = contacts->front();
  const auto aor = from->uri.address_of_record();
  if (auto* known = bindings_.by_flow_and_aor(source.flow, aor, contact.uri.to_string())) return known;
  return bindings_.for_contact(aor, contact, source, surroundings_.is_open);
}

}  // namespace w2s::proxy
