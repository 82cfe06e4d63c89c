#include "own_addresses.hpp"

#include <algorithm>

#include "w2s/net/local_addresses.hpp"

namespace w2s::transport {
namespace {

// RFC 3261 19.1.2, RFC 7118 8.1.
std::uint16_t default_port(sip::Transport transport) {
  switch (transport) {
    case sip::Transport::udp:
    case sip::Transport::tcp: return 5060;
    case sip::Transport::tls: return 5061;
    case sip::Transport::ws: return 80;
    case sip::Transport::wss: return 443;
  }
  return 5060;
}

bool same_family(const IpAddress& a, const IpAddress& b) {
  return a.is_v4() == b.is_v4();
}

}  // namespace

OwnAddresses::OwnAddresses(std::vector<Listener> listeners,
                           std::vector<Options::PublicAddress> public_addresses)
    : listeners_(std::move(listeners)),
      public_addresses_(std::move(public_addresses)),
      local_(net::local_addresses()) {}

bool OwnAddresses::is_at(const Listener& listener, const IpAddress& ip) const {
  const auto& own = listener.local.ip;
  if (own == ip || (!own.is_unspecified() && advertised(own) == ip)) return true;
  if (!own.is_unspecified() || !same_family(own, ip)) return false;
  const auto is_advertised = [&](const auto& p) { return p.advertised == ip; };
  return ip.is_loopback() || std::find(local_.begin(), local_.end(), ip) != local_.end() ||
         std::any_of(public_addresses_.begin(), public_addresses_.end(), is_advertised);
}

bool OwnAddresses::contains(const Endpoint& endpoint) const {
  const auto ip = endpoint.ip.embedded_v4_or_self();
  return std::any_of(listeners_.begin(), listeners_.end(),
                     [&](const Listener& l) { return l.local.port == endpoint.port && is_at(l, ip); });
}

bool OwnAddresses::contains_host(std::string_view host, std::optional<std::uint16_t> port) const {
  const auto ip = IpAddress::parse(host);
  if (!ip) return false;
  return std::any_of(listeners_.begin(), listeners_.end(), [&](const Listener& l) {
    return l.local.port == port.value_or(default_port(l.transport)) && is_at(l, ip->embedded_v4_or_self());
  });
}

IpAddress OwnAddresses::advertised(const IpAddress& local) const {
  const auto exact = std::find_if(public_addresses_.begin(), public_addresses_.end(),
                                  [&](const auto& p) { return p.local == local; });
  if (exact != public_addresses_.end()) return exact->advertised;
  const auto general = std::find_if(public_addresses_.begin(), public_addresses_.end(), [&](const auto& p) {
    return !p.local && same_family(p.advertised, local);
  });
  return general != public_addresses_.end() ? general->advertised : local;
}

const Listener* OwnAddresses::listener_towards(sip::Transport transport, const IpAddress& remote, Time now) {
  const auto source = source_.towards(remote, now);
  const Listener* best = nullptr;
  int best_rank = 0;
  for (const auto& listener : listeners_) {
    if (listener.transport != transport || !same_family(listener.local.ip, remote)) continue;
    const int rank = source && listener.local.ip == *source ? 3 : listener.local.ip.is_unspecified() ? 2 : 1;
    if (rank <= best_rank) continue;
    best = &listener;
    best_rank = rank;
  }
  return best;
}

std::optional<Endpoint> OwnAddresses::towards(sip::Transport transport, const IpAddress& remote, Time now) {
  const auto* listener = listener_towards(transport, remote, now);
  if (listener == nullptr) return std::nullopt;
  auto ip = listener->local.ip;
  if (ip.is_unspecified()) {
    const auto source = source_.towards(remote, now);
    if (!source) return std::nullopt;
    ip = *source;
  }
  return Endpoint{advertised(ip), listener->local.port};
}

}  // namespace w2s::transport
