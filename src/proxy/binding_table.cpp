#include "w2s/proxy/binding_table.hpp"

#include <algorithm>

#include "w2s/base/encoding.hpp"

namespace w2s::proxy {
namespace {

// RFC 5626 6: instance and reg-id name one flow of one UA; without them only the Contact tells browsers
// apart.
std::string key_of(const std::string& aor, const sip::NameAddr& contact, const std::string& instance) {
  if (instance.empty()) return aor + ' ' + contact.uri.to_string();
  return aor + ' ' + instance + ' ' + std::string(contact.params.get("reg-id").value_or(""));
}

void describe(Binding& binding, const sip::NameAddr& contact) {
  binding.contact = contact;
  binding.contact_uri = contact.uri.to_string();
  binding.breaker = iequals(contact.uri.params.get("rtcweb-breaker").value_or(""), "yes");
}

// How a registrar that dropped our parameters calls this browser: by the user of its Contact, at an address
// of ours.
std::string bare_contact(std::string_view user) {
  return std::string(user) + '@';
}

}  // namespace

BindingTable::BindingTable(Rng& rng)
    : rng_(rng),
      bindings_(0, KeyedHash(rng)),
      by_key_(bindings_.hash_function()),
      by_aor_(bindings_.hash_function()),
      flow_by_source_(0, bindings_.hash_function()) {}

Binding* BindingTable::for_contact(const std::string& aor, const sip::NameAddr& contact,
                                   const sip::Target& source,
                                   const std::function<bool(sip::FlowId)>& is_open) {
  const auto instance = contact.params.unquoted("+sip.instance");
  const auto key = key_of(aor, contact, instance);
  Binding* reusable = nullptr;
  for (auto* binding : by_key_.of(key)) {
    if (binding->flow == source.flow) return binding;
    if (!instance.empty() || !is_open(binding->flow)) reusable = binding;
  }
  if (reusable != nullptr) return reusable;
  if (!make_room(source.flow)) return nullptr;

  auto binding = std::make_unique<Binding>();
  binding->key = key;
  binding->token = rng_.token();
  binding->aor = aor;
  binding->instance = instance;
  describe(*binding, contact);
  auto& made = *binding;
  by_key_.add(key, &made);
  by_aor_.add(aor, &made);
  by_aor_.add(bare_contact(contact.uri.user), &made);
  bindings_.emplace(made.token, std::move(binding));
  index_flow(made, source);
  return &made;
}

// Anybody may name new addresses in every request: one connection must not fill the memory.
bool BindingTable::make_room(sip::FlowId flow) {
  const auto bindings = by_flow_.of(flow);
  if (bindings.size() < max_per_flow) return true;
  const auto oldest = std::find_if(bindings.begin(), bindings.end(), [](const auto* b) { return !b->registered; });
  if (oldest == bindings.end()) return false;
  remove(std::string((*oldest)->token));
  return true;
}

void BindingTable::index_flow(Binding& binding, const sip::Target& source) {
  binding.flow = source.flow;
  binding.flow_remote = source.remote;
  binding.flow_local = source.local;
  binding.flow_transport = source.transport;
  binding.flow_closed = false;
  by_flow_.add(source.flow, &binding);
  flow_by_source_[source.remote] = source.flow;
}

void BindingTable::unindex_flow(Binding& binding) {
  by_flow_.remove(binding.flow, &binding);
  const auto named = flow_by_source_.find(binding.flow_remote);
  if (named != flow_by_source_.end() && named->second == binding.flow && by_flow_.of(binding.flow).empty()) {
    flow_by_source_.erase(named);
  }
}

sip::FlowId BindingTable::confirm(const std::string& token, const sip::NameAddr& contact,
                                  const sip::Target& source, const IpAddress& registrar, Time expires) {
  auto* binding = by_token(token);
  if (binding == nullptr) return sip::FlowId::none;
  const auto left = binding->flow;
  if (binding->flow != source.flow) {
    unindex_flow(*binding);
    index_flow(*binding, source);
  }
  set_next_flow(*binding, sip::FlowId::none);
  if (binding->contact.uri.user != contact.uri.user) {
    by_aor_.remove(bare_contact(binding->contact.uri.user), binding);
    by_aor_.add(bare_contact(contact.uri.user), binding);
  }
  describe(*binding, contact);  // an instance may come back with another Contact
  binding->registered = true;
  binding->registrars.insert(registrar);
  binding->expires = expires;
  if (!binding->wake || *binding->wake > expires) wake_at(*binding, expires);  // else that one finds out
  return left;
}

void BindingTable::wake_at(Binding& binding, Time time) {
  forget_wake(binding);
  binding.wake = time;
  wakes_.emplace(time, &binding);
}

void BindingTable::forget_wake(Binding& binding) {
  if (binding.wake) wakes_.erase({*binding.wake, &binding});
  binding.wake.reset();
}

void BindingTable::set_gruus(Binding& binding, Gruus gruus) {
  if (binding.gruus && binding.gruus->temp) by_aor_.remove(binding.gruus->temp->address_of_record(), &binding);
  if (gruus.temp) by_aor_.add(gruus.temp->address_of_record(), &binding);
  binding.gruus = gruus.pub || gruus.temp ? std::make_unique<const Gruus>(std::move(gruus)) : nullptr;
}

void BindingTable::set_next_flow(Binding& binding, sip::FlowId flow) {
  if (binding.next_flow != sip::FlowId::none) by_next_flow_.remove(binding.next_flow, &binding);
  binding.next_flow = flow;
  if (flow != sip::FlowId::none) by_next_flow_.add(flow, &binding);
}

void BindingTable::unregister(const std::string& token) {
  auto* binding = by_token(token);
  if (binding == nullptr) return;
  forget_wake(*binding);
  binding->expires.reset();
  binding->registered = false;
  if (binding->flow_closed) remove(token);
}

void BindingTable::remove(const std::string& token) {
  const auto found = bindings_.find(token);
  if (found == bindings_.end()) return;
  auto& binding = *found->second;
  unindex_flow(binding);
  set_next_flow(binding, sip::FlowId::none);
  set_gruus(binding, {});
  forget_wake(binding);
  by_key_.remove(binding.key, &binding);
  by_aor_.remove(binding.aor, &binding);
  by_aor_.remove(bare_contact(binding.contact.uri.user), &binding);
  bindings_.erase(found);
}

std::vector<std::string> BindingTable::on_flow_closed(sip::FlowId flow) {
  std::vector<std::string> gone, stranded;
  for (auto* binding : by_flow_.of(flow)) {
    binding->flow_closed = true;
    if (!binding->registered) gone.push_back(binding->token);
  }
  for (const auto* binding : by_next_flow_.of(flow)) stranded.push_back(binding->token);
  for (const auto& token : stranded) set_next_flow(*by_token(token), sip::FlowId::none);
  for (const auto& token : gone) remove(token);
  return stranded;
}

std::vector<sip::FlowId> BindingTable::on_time(Time now) {
  std::vector<sip::FlowId> flows;
  while (!wakes_.empty() && wakes_.begin()->first <= now) {
    auto& binding = *wakes_.begin()->second;
    forget_wake(binding);
    if (*binding.expires > now) {  // refreshed meanwhile
      wake_at(binding, *binding.expires);
      continue;
    }
    binding.expires.reset();
    binding.registered = false;
    flows.push_back(binding.flow);
    if (binding.flow_closed) remove(std::string(binding.token));
  }
  return flows;
}

std::optional<Time> BindingTable::next_time() const {
  if (wakes_.empty()) return std::nullopt;
  return wakes_.begin()->first;
}

Binding* BindingTable::by_token(std::string_view token) {
  const auto found = bindings_.find(token);
  return found == bindings_.end() ? nullptr : found->second.get();
}

Binding* BindingTable::by_source(const Endpoint& browser, std::string_view user) {
  const auto flow = flow_by_source_.find(browser);
  if (flow == flow_by_source_.end()) return nullptr;
  Binding* any = nullptr;
  for (auto* binding : by_flow_.of(flow->second)) {
    if (!binding->registered) continue;
    if (binding->contact.uri.user == user) return binding;
    if (any == nullptr) any = binding;
  }
  return any;
}

std::vector<Binding*> BindingTable::by_contact_user(std::string_view user) const {
  return by_aor(bare_contact(user));
}

std::vector<Binding*> BindingTable::by_aor(std::string_view aor) const {
  std::vector<Binding*> registered;
  for (auto* binding : by_aor_.of(aor)) {
    if (binding->registered) registered.push_back(binding);
  }
  return registered;
}

Binding* BindingTable::by_flow_and_aor(sip::FlowId flow, std::string_view aor, std::string_view contact_uri) {
  Binding* best = nullptr;
  int best_rank = -1;
  for (auto* binding : by_flow_.of(flow)) {
    if (binding->aor != aor) continue;
    const int rank = (binding->registered ? 2 : 0) + (binding->contact_uri == contact_uri ? 1 : 0);
    if (rank <= best_rank) continue;
    best = binding;
    best_rank = rank;
  }
  return best;
}

std::vector<std::string> BindingTable::tokens_of(std::string_view aor) const {
  std::vector<std::string> tokens;
  for (const auto* binding : by_aor_.of(aor)) tokens.push_back(binding->token);
  return tokens;
}

const Binding* BindingTable::only_registered_of(sip::FlowId flow) const {
  const Binding* only = nullptr;
  for (const auto* binding : by_flow_.of(flow)) {
    if (!binding->registered) continue;
    if (only != nullptr) return nullptr;
    only = binding;
  }
  return only;
}

bool BindingTable::flow_has_registration(sip::FlowId flow) const {
  const auto bindings = by_flow_.of(flow);
  return std::any_of(bindings.begin(), bindings.end(), [](const auto* binding) { return binding->registered; });
}

}  // namespace w2s::proxy
