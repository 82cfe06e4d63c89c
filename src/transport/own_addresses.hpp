#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "w2s/transport/sip_transports.hpp"

#include "source_address.hpp"

namespace w2s::transport {

// Which addresses are ours, and which of them a peer is to be told.
class OwnAddresses {
 public:
  OwnAddresses(std::vector<Listener> listeners, std::vector<Options::PublicAddress> public_addresses);

  const std::vector<Listener>& listeners() const { return listeners_; }
  bool contains(const Endpoint& endpoint) const;
  bool contains_host(std::string_view host, std::optional<std::uint16_t> port) const;
  IpAddress advertised(const IpAddress& local) const;
  // See SipTransports::local_for.
  std::optional<Endpoint> towards(sip::Transport transport, const IpAddress& remote, Time now);
  // The bound listener that reaches `remote` best; nullptr: none of that transport and family.
  const Listener* listener_towards(sip::Transport transport, const IpAddress& remote, Time now);

 private:
  bool is_at(const Listener& listener, const IpAddress& ip) const;

  std::vector<Listener> listeners_;
  std::vector<Options::PublicAddress> public_addresses_;
  std::vector<IpAddress> local_;
  SourceAddress source_;
};

}  // namespace w2s::transport
