#include "w2s/proxy/binding_table.hpp"

#include <algorithm>

#include "w2s/base/encoding.hpp"

namespace w2s::proxy {
namespace {

template <class Map>
void erase_pair(Map& map, const typename Map::key_type& key, const Binding* binding) {
  const auto [first, last] = map.equal_range(key);
  const auto found = std::find_if(first, last, [&](const auto& entry) { return entry.second == binding; });
  if (found != last) map.erase(found);
}

}  // namespace

Binding* BindingTable::for_contact(const std::string& aor, const sip::NameAddr& contact,
                                   const sip::Target& source,
                                   const std::function<bool(sip::FlowId)>& is_open) {
  const auto instance = contact.params.unquoted("+sip.instance");
  const auto uri = contact.uri.to_string();
  const auto key = aor + ' ' + (instance.empty() ? uri : instance);
  const auto [first, last] = by_key_.equal_range(key);
  Binding* reusable = nullptr;
  for (auto entry = first; entry != last; ++entry) {
    auto& binding = *entry->second;
    if (binding.flow == source.flow) return &binding;
    if (!instance.empty() || !is_open(binding.flow)) reusable = &binding;
  }
  if (reusable != nullptr) return reusable;
  if (by_flow_.count(source.flow) >= max_per_flow) return nullptr;

  auto binding = std::make_unique<Binding>();
  binding->key = key;
  binding->token = rng_.token();
  binding->aor = aor;
  binding->instance = instance;
  binding->contact = contact;
  binding->contact_uri = uri;
  binding->breaker = iequals(contact.uri.params.get("rtcweb-breaker").value_or(""), "yes");
  auto& made = *binding;
  by_key_.emplace(key, &made);
  by_aor_.emplace(aor, &made);
  bindings_.emplace(made.token, std::move(binding));
  index_flow(made, source);
  return &made;
}

void BindingTable::index_flow(Binding& binding, const sip::Target& source) {
  binding.flow = source.flow;
  binding.flow_remote = source.remote;
  binding.flow_transport = source.transport;
  binding.flow_closed = false;
  by_flow_.emplace(source.flow, &binding);
  flow_by_source_[source.remote] = source.flow;
}

void BindingTable::unindex_flow(Binding& binding) {
  erase_pair(by_flow_, binding.flow, &binding);
  const auto named = flow_by_source_.find(binding.flow_remote);
  if (named != flow_by_source_.end() && named->second == binding.flow && !by_flow_.contains(binding.flow)) {
    flow_by_source_.erase(named);
  }
}

void BindingTable::confirm(const std::string& token, const sip::Target& source, const IpAddress& registrar,
                           Time expires) {
  auto* binding = by_token(token);
  if (binding == nullptr) return;
  if (binding->flow != source.flow) {
    unindex_flow(*binding);
    index_flow(*binding, source);
  }
  binding->registered = true;
  binding->registrars.insert(registrar);
  if (binding->expires) expiries_.erase({*binding->expires, token});
  binding->expires = expires;
  expiries_.emplace(expires, token);
}

void BindingTable::unregister(const std::string& token) {
  auto* binding = by_token(token);
  if (binding == nullptr) return;
  if (binding->expires) expiries_.erase({*binding->expires, token});
  binding->expires.reset();
  binding->registered = false;
  if (binding->flow_closed) remove(token);
}

void BindingTable::remove(const std::string& token) {
  const auto found = bindings_.find(token);
  if (found == bindings_.end()) return;
  auto& binding = *found->second;
  unindex_flow(binding);
  if (binding.expires) expiries_.erase({*binding.expires, token});
  erase_pair(by_key_, binding.key, &binding);
  erase_pair(by_aor_, binding.aor, &binding);
  bindings_.erase(found);
}

void BindingTable::on_flow_closed(sip::FlowId flow) {
  std::vector<std::string> gone;
  const auto [first, last] = by_flow_.equal_range(flow);
  for (auto entry = first; entry != last; ++entry) {
    entry->second->flow_closed = true;
    if (!entry->second->registered) gone.push_back(entry->second->token);
  }
  for (const auto& token : gone) remove(token);
}

std::vector<sip::FlowId> BindingTable::on_time(Time now) {
  std::vector<sip::FlowId> flows;
  while (!expiries_.empty() && expiries_.begin()->first <= now) {
    const auto token = expiries_.begin()->second;
    auto& binding = *by_token(token);
    expiries_.erase(expiries_.begin());
    binding.expires.reset();
    binding.registered = false;
    flows.push_back(binding.flow);
    if (binding.flow_closed) remove(token);
  }
  return flows;
}

std::optional<Time> BindingTable::next_time() const {
  if (expiries_.empty()) return std::nullopt;
  return expiries_.begin()->first;
}

Binding* BindingTable::by_token(std::string_view token) {
  const auto found = bindings_.find(std::string(token));
  return found == bindings_.end() ? nullptr : found->second.get();
}

Binding* BindingTable::by_source(const Endpoint& browser) {
  const auto flow = flow_by_source_.find(browser);
  if (flow == flow_by_source_.end()) return nullptr;
  const auto [first, last] = by_flow_.equal_range(flow->second);
  const auto found = std::find_if(first, last, [](const auto& entry) { return entry.second->registered; });
  return found == last ? nullptr : found->second;
}

Binding* BindingTable::by_aor(std::string_view aor, const IpAddress& registrar) {
  const auto [first, last] = by_aor_.equal_range(std::string(aor));
  for (auto entry = first; entry != last; ++entry) {
    if (entry->second->registered && entry->second->registrars.contains(registrar)) return entry->second;
  }
  return nullptr;
}

Binding* BindingTable::by_flow_and_aor(sip::FlowId flow, std::string_view aor) {
  const auto [first, last] = by_flow_.equal_range(flow);
  Binding* any = nullptr;
  for (auto entry = first; entry != last; ++entry) {
    if (entry->second->aor != aor) continue;
    any = entry->second;
    if (any->registered) return any;
  }
  return any;
}

std::vector<std::string> BindingTable::tokens_of(std::string_view aor, sip::FlowId flow) const {
  std::vector<std::string> tokens;
  const auto [first, last] = by_flow_.equal_range(flow);
  for (auto entry = first; entry != last; ++entry) {
    if (entry->second->aor == aor) tokens.push_back(entry->second->token);
  }
  return tokens;
}

bool BindingTable::flow_has_registration(sip::FlowId flow) const {
  const auto [first, last] = by_flow_.equal_range(flow);
  return std::any_of(first, last, [](const auto& entry) { return entry.second->registered; });
}

}  // namespace w2s::proxy
