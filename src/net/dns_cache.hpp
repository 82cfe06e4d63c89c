#pragma once
#include <map>
#include <set>

#include "w2s/base/time.hpp"
#include "w2s/net/dns.hpp"

namespace w2s::net {

struct DnsCacheLimits {
  std::size_t entries = 2'000;
  Duration longest = 24h;  // of what exists, whatever its TTL
  Duration longest_absence =
      5min;  // RFC 2308 5 allows hours; a name that is set up now should not wait for them
  // Of failures, and of absences without SOA: RFC 2308 5 would not keep those at all, but forwarders that
  // leave the SOA out are common, and every request would ask again for records that most names never have.
  Duration failure = 5s;
};

// What the DNS said, as long as it holds. Sans-IO: the time is an argument.
class DnsCache {
 public:
  using Outcome = Result<DnsAnswer>;
  explicit DnsCache(DnsCacheLimits limits = {}) : limits_(limits) {}

  // nullptr: not known, or not any more. Valid until the next call of store().
  const Outcome* find(Time now, const DnsQuestion& question) const;
  // A full cache forgets what would expire first.
  void store(Time now, const DnsQuestion& question, Outcome outcome);
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    Outcome outcome;
    Time expires;
  };
  Duration lifetime_of(const Outcome& outcome) const;
  void forget(const DnsQuestion& question);

  DnsCacheLimits limits_;
  std::map<DnsQuestion, Entry> entries_;
  std::set<std::pair<Time, DnsQuestion>> by_expiry_;
};

}  // namespace w2s::net
