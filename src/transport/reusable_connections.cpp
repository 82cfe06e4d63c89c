#include "reusable_connections.hpp"

#include <algorithm>

#include "w2s/base/encoding.hpp"

#include "tls/certificate_names.hpp"

namespace w2s::transport {

std::string ReusableConnections::name_of(const sip::Target& target) {
  return target.host.empty() ? target.remote.ip.to_string() : comparable_name(target.host);
}

ReusableConnections::Peer ReusableConnections::peer_of(const sip::Target& target) {
  return {target.transport, target.remote,
          target.transport == sip::Transport::tls ? name_of(target) : std::string()};
}

std::optional<sip::FlowId> ReusableConnections::find(const Peer& peer) const {
  const auto found = flows_.find(peer);
  return found != flows_.end() ? std::optional(found->second) : std::nullopt;
}

void ReusableConnections::add(const Peer& peer, sip::FlowId flow) {
  if (const auto before = find(peer)) uses_.at(*before).peers.erase(peer);
  flows_[peer] = flow;
  uses_[flow].peers.insert(peer);
}

void ReusableConnections::add_alias(const Peer& peer, sip::FlowId flow) {
  const auto before = find(peer);
  // The same peer's newest connection wins: it may not know any more of an older one.
  if (before && !uses_.at(*before).is_alias) return;
  const auto use = uses_.find(flow);
  if (use != uses_.end() && use->second.peers.size() >= max_aliases) return;
  add(peer, flow);
  uses_.at(flow).is_alias = true;
}

void ReusableConnections::note_use(sip::FlowId flow, const sip::Target& target) {
  auto& targets = uses_[flow].targets;
  if (std::find(targets.begin(), targets.end(), target) == targets.end()) targets.push_back(target);
}

std::vector<sip::Target> ReusableConnections::remove(sip::FlowId flow) {
  const auto use = uses_.find(flow);
  if (use == uses_.end()) return {};
  auto targets = std::move(use->second.targets);
  for (const auto& peer : use->second.peers) flows_.erase(peer);
  uses_.erase(use);
  std::erase_if(targets, [&](const auto& target) { return find(peer_of(target)).has_value(); });
  return targets;
}

void ReusableConnections::clear() {
  flows_.clear();
  uses_.clear();
}

}  // namespace w2s::transport
