#include "media/local_addresses.hpp"

#include <algorithm>
#include <ifaddrs.h>
#include <net/if.h>
#include <sys/socket.h>

namespace w2s::media {
namespace {

// RFC 8445 5.1.2.1, host candidate of component 1. The local preference falls with the position in the list.
std::uint32_t host_priority(std::size_t position) {
  constexpr std::uint32_t type_preference = 126;
  constexpr std::uint32_t component = 1;
  const auto local_preference = 65535U - static_cast<std::uint32_t>(position);
  return (type_preference << 24) | (local_preference << 8) | (256 - component);
}

}  // namespace

std::vector<IpAddress> local_unicast_addresses() {
  std::vector<IpAddress> out;
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return out;
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr || (entry->ifa_flags & IFF_UP) == 0) continue;
    const int family = entry->ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) continue;
    const auto ip = Endpoint::from_sockaddr(entry->ifa_addr).ip;
    if (ip.is_loopback() || ip.is_link_local() || ip.is_unspecified() || ip.is_multicast()) continue;
    if (std::ranges::find(out, ip) == out.end()) out.push_back(ip);
  }
  ::freeifaddrs(list);
  std::stable_partition(out.begin(), out.end(), [](const IpAddress& ip) { return ip.is_v4(); });
  return out;
}

IpAddress advertised(const std::vector<Options::PublicAddress>& mappings, const IpAddress& local) {
  for (const auto& mapping : mappings)
    if (mapping.local == local) return mapping.advertised;
  if (local.is_loopback()) return local;
  for (const auto& mapping : mappings)
    if (!mapping.local && mapping.advertised.is_v4() == local.is_v4()) return mapping.advertised;
  return local;
}

std::vector<leg::Candidate> candidates(const std::vector<Options::PublicAddress>& mappings,
                                       const IpAddress& toward, const std::vector<IpAddress>& local,
                                       std::uint16_t port) {
  std::vector<IpAddress> ordered;
  const auto add = [&](const IpAddress& ip) {
    if (!ip.is_unspecified() && std::ranges::find(ordered, ip) == ordered.end()) ordered.push_back(ip);
  };
  const auto is_local = [&](const IpAddress& ip) { return std::ranges::find(local, ip) != local.end(); };
  for (const auto& mapping : mappings)
    if (!mapping.local || is_local(*mapping.local)) add(mapping.advertised);
  if (toward.is_loopback() || is_local(toward)) add(toward);
  for (const auto& ip : local) add(ip);

  std::vector<leg::Candidate> out;
  for (const auto& ip : ordered) out.push_back({{ip, port}, host_priority(out.size())});
  return out;
}

}  // namespace w2s::media
