// Which INVITEs start a breaker call, and what the breaker is told of them. The others go to the proxy.
#include "sip_core.hpp"
#include "w2s/base/encoding.hpp"

namespace w2s::app {

namespace {

// Conditions under which the proxy refuses a request whoever it is for; it does so for the breaker as well.
bool refused_by_any_proxy(const sip::Message& request) {
  const auto uri = sip::parse_uri(request.request_uri());
  const auto hops = request.get(sip::HeaderId::max_forwards);
  return !uri || !uri->is_sip() || request.count(sip::HeaderId::proxy_require) > 0 || (hops && parse_number<int>(*hops).value_or(0) <= 0);
}

bool in_dialog(const sip::Message& request) {
  const auto to = request.to();
  return !to || !to->tag().empty();
}

sip::NameAddr contact_of_user(const std::string& user, const Endpoint& address, sip::Transport transport) {
  sip::NameAddr contact;
  contact.uri.user = user;
  sip::set_address(contact.uri, address, transport);
  return contact;
}

}  // namespace

bool SipCore::start_call_from_browser(Time now, const sip::RequestReceived& received) {
  const auto& request = received.request;
  if (in_dialog(request) || refused_by_any_proxy(request)) return false;
  if (!breaker_.admission().takes_from_browser(request, received.source)) return false;
  breaker::NewCall call;
  call.id = received.id;
  call.invite = request;
  call.source = received.source;
  std::vector<sip::Uri> own_routes;
  auto hop = sip::take_next_hop(call.invite, surroundings_, own_routes);
  const auto* binding = proxy_.binding_of(request, received.source);
  if (!hop || binding == nullptr) return false;
  const bool to_ourselves = surroundings_.is_own(*sip::parse_uri(request.request_uri()));
  if (to_ourselves && !surroundings_.outbound_proxy && call.invite.count(sip::HeaderId::route) == 0) return false;

  proxy_.follow_service_route(call.invite, received.source, *hop);
  call.hop = *hop;
  call.request_uri = request.request_uri();
  call.realm = binding->realm;
  call.a.kind = leg::Kind::web;
  call.a.flow = received.source.flow;
  call.a.binding_token = binding->token;
  const auto& local = received.source.local;
  call.a.contact = contact_of_user(request.to()->uri.user, {surroundings_.advertised(local.ip), local.port},
                                   received.source.transport);
  call.b.kind = leg::Kind::phone;
  call.b.contact = proxy::Proxy::network_contact(*binding, request.contacts()->front(), {}, sip::Transport::udp);
  handle_users(now, User::breaker, breaker_.on_new_call(now, std::move(call)));
  return true;
}

bool SipCore::breaker_takes(const sip::Message& invite, const proxy::Binding& browser) const {
  sip::Target flow;
  flow.transport = browser.flow_transport;
  flow.local = browser.flow_local;
  return breaker_.admission().takes_to_browser(invite, browser.breaker, flow);
}

bool SipCore::start_call_to_browser(Time now, const sip::RequestReceived& received) {
  const auto& request = received.request;
  if (in_dialog(request) || refused_by_any_proxy(request)) return false;
  const auto addressee = proxy_.addressee_of(request, received.source);
  if (addressee.kind != proxy::Addressee::Kind::browser) return false;
  if (!addressee.others.empty()) return false;  // the proxy forks, and the branches that are the breaker's come back here
  const auto& binding = *addressee.binding;
  if (!breaker_takes(request, binding)) return false;
  breaker::NewCall call;
  call.id = received.id;
  call.invite = request;
  call.source = received.source;
  std::vector<sip::Uri> own_routes;
  if (!sip::take_next_hop(call.invite, surroundings_, own_routes)) return false;
  call.invite.remove(sip::HeaderId::route);  // the browser's flow is the only way to it

  call.hop.flow = binding.flow;
  call.request_uri = binding.contact_uri;
  const auto [address, transport] = outside_.contact_for(received.source);
  sip::NameAddr contact;  // without what the browser told its registrar: expires, reg-id, +sip.instance
  contact.uri = binding.contact.uri;
  call.a.contact = proxy::Proxy::network_contact(binding, contact, address, transport);
  call.b.kind = leg::Kind::web;
  call.b.flow = binding.flow;
  call.b.binding_token = binding.token;
  call.b.contact = contact_of_user(request.from()->uri.user, {}, sip::Transport::ws);
  handle_users(now, User::breaker, breaker_.on_new_call(now, std::move(call)));
  return true;
}

}  // namespace w2s::app
