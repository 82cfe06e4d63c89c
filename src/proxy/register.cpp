// REGISTER through the proxy: each Contact becomes an address of ours with the binding's token, and is
// restored in the 2xx.
#include <algorithm>

#include "w2s/base/encoding.hpp"
#include "w2s/proxy/proxy.hpp"
#include "w2s/sip/digest.hpp"

#include "gruu.hpp"
#include "secrets.hpp"

namespace w2s::proxy {

using sip::HeaderId;
using sip::Message;

namespace {

// RFC 5626 5.4: how often a browser that keeps its flow by itself must do so. Ours are pinged twice as often.
constexpr std::string_view flow_timer = "120";

std::optional<std::uint32_t> seconds_in(const sip::NameAddr& contact) {
  return parse_number<std::uint32_t>(contact.params.get("expires").value_or(""));
}

std::optional<std::uint32_t> seconds_in(const Message& message) {
  return parse_number<std::uint32_t>(message.get(HeaderId::expires).value_or(""));
}

// RFC 3261 10.2.1.1, 10.2.4: the registrar's word on the Contact, else on the message, else what was asked
// for.
std::chrono::seconds granted(const sip::NameAddr* stored, const Message& response, const sip::NameAddr& asked,
                             const Message& request) {
  std::optional<std::uint32_t> seconds;
  if (stored != nullptr) seconds = seconds_in(*stored);
  if (!seconds) seconds = seconds_in(response);
  if (!seconds) seconds = seconds_in(asked);
  if (!seconds) seconds = seconds_in(request);
  return std::chrono::seconds(std::min<std::uint32_t>(seconds.value_or(3600), 86400 * 30));
}

// Sipml5, JsSIP and SIP.js look for the Contact that they sent: it comes back as sent, with what the
// registrar says of it.
std::string restored(sip::NameAddr asked, const sip::NameAddr* stored, std::chrono::seconds expires) {
  strip_secrets(asked);
  if (stored != nullptr) {
    for (const auto& param : stored->params.all()) asked.params.set(param.name, param.value);
  }
  asked.params.set("expires", std::to_string(expires.count()));
  return asked.to_string();
}

// RFC 3608: loose routes. One that names us has done its work when the request is here; what is longer than any home
// network needs would only fill the memory.
std::vector<std::string> service_route_in(const Message& response, const sip::Surroundings& surroundings) {
  constexpr std::size_t most_octets = 2048;
  const auto routes = response.name_addrs(HeaderId::service_route);
  if (!routes) return {};
  std::vector<std::string> values;
  std::size_t octets = 0;
  for (const auto& route : *routes) {
    if (!route.uri.params.has("lr")) return {};
    // Nor can we follow one over WebSocket: we open none, and as a Route it would count as ours.
    if (surroundings.is_own(route.uri) ||
        is_web_socket(sip::hop_of(route.uri).transport.value_or(sip::Transport::udp)))
      continue;
    octets += values.emplace_back(route.to_string()).size();
  }
  if (octets > most_octets) return {};
  return values;
}

bool asks_for_outbound(const Message& request) {
  const auto contacts = request.contacts();
  return contacts && request.has_option(HeaderId::supported, "outbound") &&
         std::any_of(contacts->begin(), contacts->end(), [](const auto& contact) {
           return contact.params.has("reg-id") && contact.params.has("+sip.instance");
         });
}

bool is_star(const std::vector<sip::NameAddr>& contacts) {
  return !contacts.empty() && contacts.front().star;
}

}  // namespace

bool Proxy::name_register_contacts(Exchange& exchange, const Message& request) {
  const auto contacts = request.contacts();
  const auto to = request.to();
  if (!contacts || !to) return true;
  for (const auto& contact : *contacts) {
    auto& token = exchange.contacts.emplace_back();
    if (contact.star || !contact.uri.is_sip()) continue;
    auto* binding =
        bindings_.for_contact(to->uri.address_of_record(), contact, exchange.source, surroundings_.is_open);
    if (binding == nullptr) return false;
    if (binding->flow != exchange.source.flow) bindings_.set_next_flow(*binding, exchange.source.flow);
    token = binding->token;
  }
  return true;
}

void Proxy::patch_register_contacts(const Exchange& exchange, Branch& branch) {
  auto& request = branch.request;
  const auto contacts = request.contacts();
  if (!contacts) return;
  for (std::size_t i = 0; i < contacts->size(); ++i) {
    const auto* binding = bindings_.by_token(exchange.contacts[i]);
    if (binding == nullptr) continue;
    auto patched =
        network_contact(*binding, (*contacts)[i], branch.contact, branch.contact_transport, branch.secure);
    patched.uri.params.set("ws-src-ip", exchange.source.remote.ip.to_uri_host());  // where it is with the 2xx
    patched.uri.params.set("ws-src-port", std::to_string(exchange.source.remote.port));
    patched.uri.params.set("ws-src-proto", std::string(uri_token(exchange.source.transport)));
    patched.params.erase("reg-id");
    request.replace_value(HeaderId::contact, i, patched.to_string());
  }
}

void Proxy::on_register_answer(Time now, Exchange& exchange, const Branch& branch, Message& response,
                               const sip::Target& source, Outputs& outputs) {
  const int status = response.status();
  if (status < 200) return;
  if (status == 401 || status == 407) {
    const auto challenges = sip::parse_challenges(response);
    for (const auto& token : exchange.contacts) {
      auto* binding = bindings_.by_token(token);
      if (binding != nullptr && binding->realm.empty() && !challenges.empty())
        binding->realm = challenges.front().realm;
    }
    return;
  }
  if (status < 300) bind(now, exchange, branch, response, source, outputs);
  for (const auto& token : exchange.contacts) {  // the move is done, or will not happen
    if (auto* binding = bindings_.by_token(token)) bindings_.set_next_flow(*binding, sip::FlowId::none);
    for (auto& output : release_waiting(now, token)) outputs.push_back(std::move(output));
  }
}

// Which of the Contacts that the registrar lists is this binding: by our token, or by our bare address, for a
// registrar that keeps no URI parameters it does not know.
std::size_t Proxy::stored_index(const std::vector<sip::NameAddr>& stored, const Binding& binding,
                                const sip::NameAddr& asked, const Branch& branch) {
  const auto index_of = [&](const auto& is_it) {
    return static_cast<std::size_t>(std::find_if(stored.begin(), stored.end(), is_it) - stored.begin());
  };
  const auto by_token = index_of([&](const auto& c) { return c.uri.params.get("ws-flow") == binding.token; });
  if (by_token < stored.size()) return by_token;
  return index_of([&](const auto& c) {
    return !c.star && !c.uri.params.has("ws-flow") && c.uri.user == asked.uri.user &&
           IpAddress::parse(c.uri.host) == branch.contact.ip &&
           c.uri.port.value_or(5060) == branch.contact.port;
  });
}

void Proxy::bind(Time now, const Exchange& exchange, const Branch& branch, Message& response,
                 const sip::Target& source, Outputs& outputs) {
  const auto& request = exchange.original;
  const auto asked = request.contacts();
  const auto to = request.to();
  if (!asked || !to) return;
  const auto stored = response.contacts() ? *response.contacts() : std::vector<sip::NameAddr>{};
  std::set<sip::FlowId> flows{exchange.source.flow};
  const auto unbind = [&](const std::string& token) {
    const auto* binding = bindings_.by_token(token);
    if (binding == nullptr || !binding->registered) return;
    flows.insert(binding->flow);
    log_.info("register.removed",
              {{"aor", binding->aor}, {"flow", static_cast<std::uint64_t>(binding->flow)}});
    bindings_.unregister(token);
  };
  if (is_star(*asked)) {  // RFC 3261 10.2.2: every address of this AoR, whichever browser's
    for (const auto& token : bindings_.tokens_of(to->uri.address_of_record())) unbind(token);
  }
  const auto service_route = service_route_in(response, surroundings_);
  std::set<std::size_t> done;
  for (std::size_t i = 0; i < exchange.contacts.size(); ++i) {
    const auto& token = exchange.contacts[i];
    auto* binding = bindings_.by_token(token);
    if (binding == nullptr) continue;
    const auto& contact = (*asked)[i];
    const auto index = stored_index(stored, *binding, contact, branch);
    const bool listed = index < stored.size();
    const auto* word = listed ? &stored[index] : nullptr;
    const bool removal = seconds_in(contact).value_or(seconds_in(request).value_or(1)) == 0;
    const auto seconds = granted(word, response, contact, request);
    if (listed && done.insert(index).second)
      response.replace_value(HeaderId::contact, index, restored(contact, word, seconds));
    // A registrar that lists nothing has kept what it was asked to keep; one that lists others has not.
    const bool silent = stored.empty() && !removal;
    if (silent) response.append(HeaderId::contact, restored(contact, nullptr, seconds));
    if (removal || seconds.count() == 0 || !(listed || silent)) {
      unbind(token);
      continue;
    }
    flows.insert(bindings_.confirm(token, contact, exchange.source, source.remote.ip, now + seconds));
    binding->service_route = service_route;
    if (word != nullptr) bindings_.set_gruus(*binding, gruus_in(*word));
    log_.info("register.bound", {{"aor", binding->aor},
                                 {"flow", static_cast<std::uint64_t>(binding->flow)},
                                 {"registrar", source.remote},
                                 {"expires", seconds.count()}});
  }
  restore_others(exchange, stored, done, response);
  if (asks_for_outbound(request)) {
    if (!response.has_option(HeaderId::require, "outbound")) response.append(HeaderId::require, "outbound");
    if (!response.get("Flow-Timer")) response.append("Flow-Timer", std::string(flow_timer));
  }
  for (const auto flow : flows) outputs.push_back(hold_of(flow));
}

// Contacts of this very browser that the REGISTER did not name: a query (RFC 3261 10.2.3), or another of its
// addresses.
void Proxy::restore_others(const Exchange& exchange, const std::vector<sip::NameAddr>& stored,
                           const std::set<std::size_t>& done, Message& response) {
  for (std::size_t i = 0; i < stored.size(); ++i) {
    const auto token = stored[i].uri.params.get("ws-flow");
    const auto* binding = token && !done.contains(i) ? bindings_.by_token(*token) : nullptr;
    if (binding == nullptr || binding->flow != exchange.source.flow) continue;
    const std::chrono::seconds left(seconds_in(stored[i]).value_or(seconds_in(response).value_or(3600)));
    response.replace_value(HeaderId::contact, i, restored(binding->contact, &stored[i], left));
  }
}

}  // namespace w2s::proxy
