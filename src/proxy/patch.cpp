// What the proxy changes in a message on its way (design section 3, "From the browser").
#include "w2s/base/encoding.hpp"
#include "w2s/proxy/proxy.hpp"

#include "gruu.hpp"
#include "secrets.hpp"

namespace w2s::proxy {

using sip::HeaderId;
using sip::Message;

namespace {

// The browser's Via as a server without WebSockets can take it: TCP, the address it really came from, and its
// own transport token kept in ws-hacked (guide 3.1).
std::string patched_via(sip::Via via, const sip::Target& source) {
  via.params.set("ws-hacked", std::string(via_token(source.transport)));
  via.transport = "TCP";
  via.host = source.remote.ip.to_uri_host();
  via.port = source.remote.port;
  return via.to_string();
}

// The flow is ours alone to know; a registrar that supported outbound would answer 439 without a Path of
// ours.
void hide_outbound(Message& request) {
  std::vector<std::string> kept;
  bool found = false;
  for (const auto tag : request.values(HeaderId::supported)) {
    if (iequals(tag, "outbound"))
      found = true;
    else
      kept.emplace_back(tag);
  }
  if (!found) return;
  std::string list;
  for (const auto& tag : kept) (list += list.empty() ? "" : ", ") += tag;
  if (list.empty())
    request.remove(HeaderId::supported);
  else
    request.set(HeaderId::supported, list);
}

}  // namespace

sip::NameAddr Proxy::network_contact(const Binding& binding, sip::NameAddr contact, const Endpoint& address,
                                     sip::Transport transport, bool secure) {
  strip_secrets(contact);
  auto& uri = contact.uri;
  set_address(uri, address, transport, secure);
  uri.params.erase("gr");  // RFC 5627: it would call our address a GRUU
  uri.params.set("ws-src-ip", binding.flow_remote.ip.to_uri_host());
  uri.params.set("ws-src-port", std::to_string(binding.flow_remote.port));
  uri.params.set("ws-src-proto", std::string(uri_token(binding.flow_transport)));
  uri.params.set("ws-flow", binding.token);
  return contact;
}

void Proxy::patch_contact(Message& message, const Binding& binding, const Branch& branch) {
  const auto contacts = message.contacts();
  if (!contacts) return;
  for (std::size_t i = 0; i < contacts->size(); ++i) {
    const auto& contact = (*contacts)[i];
    if (contact.star || !contact.uri.is_sip() || is_own_gruu(binding, contact.uri)) continue;
    const auto patched =
        network_contact(binding, contact, branch.contact, branch.contact_transport, branch.secure);
    message.replace_value(HeaderId::contact, i, patched.to_string());
  }
}

void Proxy::patch_for_network(const Exchange& exchange, Branch& branch) {
  auto& request = branch.request;
  if (const auto via = request.top_via())
    request.replace_value(HeaderId::via, 0, patched_via(*via, exchange.source));
  // A browser has no business naming other hops for later requests; Record-Route is ours alone, put on top by
  // on_route.
  request.remove(HeaderId::path);
  request.remove(HeaderId::service_route);
  request.remove(HeaderId::record_route);
  request.remove(asserted_identity);
  if (request.is("REGISTER")) {
    hide_outbound(request);
    patch_register_contacts(exchange, branch);
  } else if (const auto* binding = bindings_.by_token(exchange.sender); binding != nullptr) {
    patch_contact(request, *binding, branch);
  }
}

}  // namespace w2s::proxy
