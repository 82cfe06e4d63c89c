#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "w2s/base/address.hpp"
#include "w2s/base/result.hpp"

namespace w2s::net {

// Where the gateway may send requests and RTP (config entry allow-destination): decided by parsed address after
// resolution. 0/8, multicast, broadcast, and v4-mapped or NAT64 forms of refused addresses are never allowed.
class AllowDestination {
 public:
  AllowDestination();  // "public": every globally routable unicast address

  struct Entry {
    enum class Kind { public_addresses, network, domain } kind = Kind::public_addresses;
    IpAddress network;
    unsigned prefix_length = 0;
    std::string domain;  // lower case; matches itself and its sub-domains
  };
  // "public", "192.0.2.1", "10.0.0.0/8", "2001:db8::/32", "example.org"; anything else: nullopt.
  static std::optional<Entry> parse_entry(std::string_view text);
  explicit AllowDestination(std::vector<Entry> entries);
  void add(Entry entry);
  void add_own_listener(const Endpoint& endpoint);  // never a target

  // `host` is the name that resolved to `address`, empty for numeric hosts. A domain entry admits whatever address the
  // name resolves to, except the never-allowed ones.
  bool allows(const Endpoint& address, std::string_view host = {}) const;
  bool is_own_listener(const Endpoint& endpoint) const;
  // What an operator would have to add so that `address` is allowed, e.g. "10.1.2.3"; empty when nothing can.
  std::string suggestion(const IpAddress& address) const;

 private:
  std::vector<Entry> entries_;
  std::vector<Endpoint> own_;
};

}  // namespace w2s::net
