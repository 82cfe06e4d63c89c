#pragma once
#include <compare>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "w2s/base/keyed_hash.hpp"
#include "w2s/base/time.hpp"
#include "w2s/sip/target.hpp"

namespace w2s::sip {

// What a transaction needs to reach its peer: the flow if there is one, else transport and address.
struct Peer {
  FlowId flow = FlowId::none;
  Transport transport = Transport::udp;
  Endpoint remote;
  auto operator<=>(const Peer&) const = default;
};

inline Peer peer_of(const Target& target) {
  if (target.flow != FlowId::none) return {target.flow, {}, {}};
  return {FlowId::none, target.transport, target.remote};
}

// What a side's transactions hold together.
struct TransactionLoad {
  std::size_t transactions = 0;
  std::size_t octets = 0;
};

// The transactions of one side. `Machine` is a variant of its state machines. Found by id and by matching key
// in O(1); by next timer and by peer in O(log n).
template <class Machine>
class TransactionStore {
 public:
  using Id = std::uint64_t;
  struct Entry {
    Id id;
    Machine machine;
    std::string key;
    Peer peer;
    std::optional<Time> timer;  // as it stands in timers_
    std::size_t octets = 0;     // as they are counted in octets_
  };

  explicit TransactionStore(const KeyedHash& hash) : by_key_(0, hash) {}

  Entry& add(Id id, std::string key, const Target& target, Machine machine) {
    const auto peer = peer_of(target);
    by_key_[key] = id;
    by_peer_.emplace(peer, id);
    return entries_.try_emplace(id, Entry{id, std::move(machine), std::move(key), peer, std::nullopt, 0})
        .first->second;
  }

  Entry* find(Id id) {
    const auto found = entries_.find(id);
    return found == entries_.end() ? nullptr : &found->second;
  }
  const Entry* find(Id id) const {
    const auto found = entries_.find(id);
    return found == entries_.end() ? nullptr : &found->second;
  }
  Entry* find(const std::string& key) {
    const auto found = by_key_.find(key);
    return found == by_key_.end() ? nullptr : find(found->second);
  }

  // `entry` reaches its peer another way from now on.
  void move(Entry& entry, const Target& target) {
    by_peer_.erase({entry.peer, entry.id});
    entry.peer = peer_of(target);
    by_peer_.emplace(entry.peer, entry.id);
  }

  // To be called after every event of `entry`: it is dropped if it has finished, else waits for its next
  // timer.
  void settle(Entry& entry) {
    if (std::visit([](const auto& machine) { return machine.finished(); }, entry.machine))
      return erase(entry);
    const auto octets = std::visit([](const auto& machine) { return machine.octets(); }, entry.machine);
    octets_ += octets - entry.octets;
    entry.octets = octets;
    const auto next = std::visit([](const auto& machine) { return machine.next_time(); }, entry.machine);
    if (next == entry.timer) return;
    if (entry.timer) timers_.erase({*entry.timer, entry.id});
    if (next) timers_.emplace(*next, entry.id);
    entry.timer = next;
  }

  void erase(Entry& entry) {
    if (entry.timer) timers_.erase({*entry.timer, entry.id});
    by_peer_.erase({entry.peer, entry.id});
    octets_ -= entry.octets;
    if (const auto found = by_key_.find(entry.key); found != by_key_.end() && found->second == entry.id)
      by_key_.erase(found);
    entries_.erase(entry.id);
  }

  // The transaction whose timer is due first, if it is due by now.
  Entry* due(Time now) {
    if (timers_.empty() || timers_.begin()->first > now) return nullptr;
    return find(timers_.begin()->second);
  }
  std::optional<Time> next_time() const {
    if (timers_.empty()) return std::nullopt;
    return timers_.begin()->first;
  }

  std::vector<Id> ids_of(const Peer& peer) const {
    std::vector<Id> ids;
    for (auto at = by_peer_.lower_bound({peer, 0}); at != by_peer_.end() && at->first == peer; ++at)
      ids.push_back(at->second);
    return ids;
  }

  TransactionLoad load() const { return {entries_.size(), octets_}; }

 private:
  std::unordered_map<Id, Entry> entries_;
  std::size_t octets_ = 0;
  std::unordered_map<std::string, Id, KeyedHash> by_key_;
  std::set<std::pair<Time, Id>> timers_;
  std::set<std::pair<Peer, Id>> by_peer_;
};

}  // namespace w2s::sip
