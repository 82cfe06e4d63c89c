#include "dns_cache.hpp"

#include <algorithm>

namespace w2s::net {

const DnsCache::Outcome* DnsCache::find(Time now, const DnsQuestion& question) const {
  const auto found = entries_.find(question);
  return found != entries_.end() && now < found->second.expires ? &found->second.outcome : nullptr;
}

Duration DnsCache::lifetime_of(const Outcome& outcome) const {
  if (!outcome || !outcome->ttl) return limits_.failure;
  return std::min(*outcome->ttl, outcome->records.empty() ? limits_.longest_absence : limits_.longest);
}

void DnsCache::forget(const DnsQuestion& question) {
  const auto found = entries_.find(question);
  if (found == entries_.end()) return;
  by_expiry_.erase({found->second.expires, question});
  entries_.erase(found);
}

void DnsCache::store(Time now, const DnsQuestion& question, Outcome outcome) {
  forget(question);
  while (!by_expiry_.empty() && (by_expiry_.begin()->first <= now || entries_.size() >= limits_.entries)) {
    const auto first = by_expiry_.begin()->second;
    forget(first);
  }
  const auto lifetime = lifetime_of(outcome);
  if (lifetime <= Duration::zero()) return;
  by_expiry_.emplace(now + lifetime, question);
  entries_.emplace(question, Entry{std::move(outcome), now + lifetime});
}

}  // namespace w2s::net
