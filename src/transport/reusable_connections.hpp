#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "w2s/sip/target.hpp"

namespace w2s::transport {

// Which TCP or TLS connection leads to which peer, for messages that are not bound to a flow.
class ReusableConnections {
 public:
  // By address and, with TLS, by the name that the certificate was checked for: a connection to the same
  // address under another name proves nothing (CVE-2020-15260 of PJSIP).
  using Peer = std::tuple<sip::Transport, Endpoint, std::string>;
  static Peer peer_of(const sip::Target& target);
  // The name that a TLS peer must prove; its address when the target was given as one.
  static std::string name_of(const sip::Target& target);

  std::optional<sip::FlowId> find(const Peer& peer) const;
  // From now on `flow` leads to `peer`, until it ends.
  void add(const Peer& peer, sip::FlowId flow);
  // RFC 5923 5: the peer connected to us and may be reached the same way. A connection of our own goes first,
  // and nobody has more names than a certificate could carry with sense.
  void add_alias(const Peer& peer, sip::FlowId flow);
  void note_use(sip::FlowId flow, const sip::Target& target);

  // The connection leads nowhere any more. Returns the targets that were sent to over it and that no other
  // connection serves meanwhile.
  std::vector<sip::Target> remove(sip::FlowId flow);
  void clear();

 private:
  static constexpr std::size_t max_aliases = 16;
  struct Use {
    std::set<Peer> peers;
    std::vector<sip::Target> targets;
    bool is_alias = false;
  };

  std::map<Peer, sip::FlowId> flows_;
  std::unordered_map<sip::FlowId, Use> uses_;
};

}  // namespace w2s::transport
