#include "w2s/net/allow_destination.hpp"

#include <algorithm>
#include <array>

#include "w2s/base/encoding.hpp"
#include "w2s/net/local_addresses.hpp"

namespace w2s::net {
namespace {

struct Network {
  IpAddress address;
  unsigned prefix_length;
};

constexpr std::uint32_t octets(unsigned a, unsigned b, unsigned c, unsigned d) {
  return (a << 24) | (b << 16) | (c << 8) | d;
}

// IANA IPv4 Special-Purpose Address Registry (RFC 6890 and successors): all that is not globally reachable
// unicast.
const std::array special_v4 = {
    Network{IpAddress::v4(octets(0, 0, 0, 0)), 8},   // "this network"
    Network{IpAddress::v4(octets(10, 0, 0, 0)), 8},  // private
    Network{IpAddress::v4(octets(100, 64, 0, 0)),
            10},                                      // carrier-grade NAT, a cloud's metadata 100.100.100.200
    Network{IpAddress::v4(octets(127, 0, 0, 0)), 8},  // loopback
    Network{IpAddress::v4(octets(168, 63, 129, 16)), 32},  // a cloud's host agent on a public-looking address
    Network{IpAddress::v4(octets(169, 254, 0, 0)), 16},    // link-local, metadata 169.254.169.254
    Network{IpAddress::v4(octets(172, 16, 0, 0)), 12},     // private
    Network{IpAddress::v4(octets(192, 0, 0, 0)), 24},  // protocol assignments, a cloud's metadata 192.0.0.192
    Network{IpAddress::v4(octets(192, 0, 2, 0)), 24},  // documentation
    Network{IpAddress::v4(octets(192, 88, 99, 0)), 24},   // 6to4 relay anycast
    Network{IpAddress::v4(octets(192, 168, 0, 0)), 16},   // private
    Network{IpAddress::v4(octets(198, 18, 0, 0)), 15},    // benchmarking
    Network{IpAddress::v4(octets(198, 51, 100, 0)), 24},  // documentation
    Network{IpAddress::v4(octets(203, 0, 113, 0)), 24},   // documentation
    Network{IpAddress::v4(octets(224, 0, 0, 0)), 4},      // multicast
    Network{IpAddress::v4(octets(240, 0, 0, 0)), 4},      // reserved, broadcast
};

// The same for IPv6; everything outside 2000::/3 (loopback, ULA, link-local, multicast …) is refused without
// a list.
const Network global_unicast_v6{IpAddress::v6({0x20}), 3};
const std::array special_v6 = {
    Network{IpAddress::v6({0x20, 0x01}), 23},  // protocol assignments, Teredo, ORCHID, benchmarking
    Network{IpAddress::v6({0x20, 0x01, 0x0d, 0xb8}), 32},  // documentation
    Network{IpAddress::v6({0x3f, 0xff}), 20},              // documentation (RFC 9637)
};

bool within(const IpAddress& ip, const Network& network) {
  return ip.in_network(network.address, network.prefix_length);
}

template <class Networks>
bool within_any(const IpAddress& ip, const Networks& networks) {
  return std::any_of(networks.begin(), networks.end(), [&](const Network& n) { return within(ip, n); });
}

// The IPv4 address that a packet to `ip` would end up at: v4-mapped, NAT64, v4-compatible (RFC 4291 2.5.5.1)
// and 6to4 (RFC 3056) forms are judged by it, else each refused address could be reached by another spelling.
IpAddress judged_form(const IpAddress& ip) {
  static const IpAddress zero = IpAddress::v6({});
  static const IpAddress six_to_four = IpAddress::v6({0x20, 0x02});
  const auto& b = ip.bytes();
  if (ip.is_v6() && ip.in_network(six_to_four, 16)) return IpAddress::v4(octets(b[2], b[3], b[4], b[5]));
  if (ip.is_v6() && ip.in_network(zero, 96) && !ip.is_unspecified() && !ip.is_loopback())
    return IpAddress::v4(octets(b[12], b[13], b[14], b[15]));
  return ip.embedded_v4_or_self();
}

bool never_a_target(const IpAddress& ip) {
  if (ip.is_multicast()) return true;
  return ip.is_v4() ? within(ip, special_v4.front()) || ip.v4_value() == 0xffffffff : ip.is_unspecified();
}

bool is_public(const IpAddress& ip) {
  return ip.is_v4() ? !within_any(ip, special_v4)
                    : within(ip, global_unicast_v6) && !within_any(ip, special_v6);
}

bool in_domain(std::string_view host, std::string_view domain) {
  if (!host.empty() && host.back() == '.') host.remove_suffix(1);
  if (host.size() < domain.size() || !iequals(host.substr(host.size() - domain.size()), domain)) return false;
  return host.size() == domain.size() || host[host.size() - domain.size() - 1] == '.';
}

bool is_label_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

// A host name in lower case whose last label has a letter, so that a mistyped address is not taken for a
// name.
bool is_domain(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  bool letter_in_last_label = false;
  std::size_t label = 0;
  for (const char c : text) {
    if (c == '.') {
      if (label == 0) return false;
      label = 0;
      letter_in_last_label = false;
      continue;
    }
    if (!is_label_char(c) || ++label > 63) return false;
    if (c >= 'a' && c <= 'z') letter_in_last_label = true;
  }
  return letter_in_last_label;
}

bool admits(const AllowDestination::Entry& entry, const IpAddress& ip, std::string_view host) {
  switch (entry.kind) {
    case AllowDestination::Entry::Kind::public_addresses: return is_public(ip);
    case AllowDestination::Entry::Kind::network: return ip.in_network(entry.network, entry.prefix_length);
    case AllowDestination::Entry::Kind::domain: return in_domain(host, entry.domain);
  }
  return false;
}

}  // namespace

AllowDestination::AllowDestination() : entries_{Entry{}} {}

AllowDestination::AllowDestination(std::vector<Entry> entries) : entries_(std::move(entries)) {}

std::optional<AllowDestination::Entry> AllowDestination::parse_entry(std::string_view text) {
  text = trim(text);
  if (iequals(text, "public")) return Entry{};
  const auto slash = text.find('/');
  if (const auto ip = IpAddress::parse(text.substr(0, slash))) {
    // Traffic to such a form is judged by the IPv4 address inside; an entry that can never match would only
    // mislead.
    if (ip->embedded_v4_or_self() != *ip) return std::nullopt;
    const unsigned whole = ip->is_v4() ? 32 : 128;
    if (slash == std::string_view::npos) return Entry{Entry::Kind::network, *ip, whole, {}};
    const auto prefix_length = parse_number<unsigned>(text.substr(slash + 1));
    if (!prefix_length || *prefix_length > whole) return std::nullopt;
    return Entry{Entry::Kind::network, *ip, *prefix_length, {}};
  }
  auto domain = to_lower(text);
  if (!is_domain(domain)) return std::nullopt;
  return Entry{Entry::Kind::domain, {}, 0, std::move(domain)};
}

void AllowDestination::add(Entry entry) {
  entries_.push_back(std::move(entry));
}

void AllowDestination::add_own_listener(const Endpoint& endpoint) {
  own_.push_back(endpoint);
  if (!endpoint.ip.is_unspecified()) return;
  for (const auto& ip : local_addresses())
    if (ip.is_v4() == endpoint.ip.is_v4()) own_.push_back({ip, endpoint.port});
}

bool AllowDestination::allows(const Endpoint& address, std::string_view host) const {
  const auto ip = judged_form(address.ip);
  if (never_a_target(ip) || is_own_listener(address)) return false;
  return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& e) { return admits(e, ip, host); });
}

bool AllowDestination::is_own_listener(const Endpoint& endpoint) const {
  const auto ip = judged_form(endpoint.ip);
  return std::any_of(own_.begin(), own_.end(), [&](const Endpoint& own) {
    if (own.port != endpoint.port) return false;
    // A listener on every address answers on the whole of 127/8, of which the interface names one address
    // only.
    const bool on_loopback = own.ip.is_unspecified() && own.ip.is_v4() == ip.is_v4() && ip.is_loopback();
    return own.ip == ip || on_loopback;
  });
}

std::string AllowDestination::suggestion(const IpAddress& address) const {
  const auto ip = judged_form(address);
  return never_a_target(ip) ? std::string() : ip.to_string();
}

}  // namespace w2s::net
