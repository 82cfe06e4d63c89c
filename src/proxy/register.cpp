// REGISTER through the proxy: each Contact becomes an address of ours with the binding's token, and is restored in the 2xx.
#include <algorithm>

#include "w2s/base/encoding.hpp"
#include "w2s/proxy/proxy.hpp"
#include "w2s/sip/digest.hpp"

#include "secrets.hpp"

namespace w2s::proxy {

using sip::HeaderId;
using sip::Message;

namespace {

// RFC 3261 10.2.4: the registrar's word on the Contact, else on the message, else what was asked for.
std::chrono::seconds granted(const sip::NameAddr* stored, const Message& response, const Message& request) {
  std::optional<std::uint32_t> seconds;
  if (stored != nullptr) seconds = parse_number<std::uint32_t>(stored->params.get("expires").value_or(""));
  if (!seconds) seconds = parse_number<std::uint32_t>(response.get(HeaderId::expires).value_or(""));
  if (!seconds) seconds = parse_number<std::uint32_t>(request.get(HeaderId::expires).value_or(""));
  return std::chrono::seconds(std::min<std::uint32_t>(seconds.value_or(3600), 86400 * 30));
}

}  // namespace

void Proxy::patch_register_contacts(Forward& forward, const sip::Egress& egress) {
  const auto contacts = forward.request.contacts();
  const auto to = forward.request.to();
  if (!contacts || !to) return;
  for (std::size_t i = 0; i < contacts->size(); ++i) {
    const auto& contact = (*contacts)[i];
    if (contact.star || !contact.uri.is_sip()) continue;
    const auto* binding =
        bindings_.for_contact(to->uri.address_of_record(), contact, forward.source, surroundings_.is_open);
    if (binding == nullptr) continue;  // never: this REGISTER would have been refused
    auto patched = network_contact(*binding, contact, egress.contact, egress.contact_transport);
    if (binding->flow != forward.source.flow) {  // it moves here with the 2xx
      patched.uri.params.set("ws-src-ip", forward.source.remote.ip.to_uri_host());
      patched.uri.params.set("ws-src-port", std::to_string(forward.source.remote.port));
    }
    patched.params.erase("reg-id");
    forward.request.replace_value(HeaderId::contact, i, patched.to_string());
  }
}

void Proxy::restore_register_response(Time now, const Forward& forward, Message& response, const sip::Target& source,
                                      Outputs& outputs) {
  if (response.status() == 401 || response.status() == 407) {
    const auto challenges = sip::parse_challenges(response);
    if (auto* binding = bindings_.by_token(forward.token); binding != nullptr && binding->realm.empty()) {
      if (!challenges.empty()) binding->realm = challenges.front().realm;
    }
    return;
  }
  if (response.status() / 100 != 2) return;

  const auto stored = response.contacts();
  const auto asked = forward.original.contacts();
  if (!asked) return;
  const bool all_removed = std::any_of(asked->begin(), asked->end(), [](const auto& c) { return c.star; });
  std::set<std::string> kept;
  for (std::size_t i = 0; stored && i < stored->size(); ++i) {
    const auto token = std::string((*stored)[i].uri.params.get("ws-flow").value_or(""));
    const auto* binding = token.empty() ? nullptr : bindings_.by_token(token);
    if (binding == nullptr) continue;
    const auto mine = std::find_if(asked->begin(), asked->end(), [&](const auto& c) {
      return !c.star && c.uri.to_string() == binding->contact_uri;
    });
    if (mine == asked->end()) continue;
    auto restored = *mine;
    strip_secrets(restored);
    const auto seconds = granted(&(*stored)[i], response, forward.original);
    restored.params.set("expires", std::to_string(seconds.count()));
    response.replace_value(HeaderId::contact, i, restored.to_string());
    if (seconds.count() == 0) continue;
    kept.insert(token);
    bindings_.confirm(token, forward.source, source.remote.ip, now + seconds);
    log_.info("register.bound", {{"aor", binding->aor}, {"flow", static_cast<std::uint64_t>(forward.source.flow)},
                                 {"registrar", source.remote}, {"expires", seconds.count()}});
  }
  // What this REGISTER asked to remove, or the registrar did not keep, is no binding any more.
  const auto to = forward.original.to();
  for (const auto& token : bindings_.tokens_of(to ? to->uri.address_of_record() : "", forward.source.flow)) {
    const auto* binding = bindings_.by_token(token);
    const bool named = all_removed || std::any_of(asked->begin(), asked->end(), [&](const auto& c) {
      return !c.star && c.uri.to_string() == binding->contact_uri;
    });
    if (!named || kept.contains(token) || !binding->registered) continue;
    log_.info("register.removed", {{"aor", binding->aor}, {"flow", static_cast<std::uint64_t>(forward.source.flow)}});
    bindings_.unregister(token);
  }
  outputs.push_back(hold_of(forward.source.flow));
}

}  // namespace w2s::proxy
