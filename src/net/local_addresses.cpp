#include "w2s/net/local_addresses.hpp"

#include <algorithm>
#include <ifaddrs.h>
#include <memory>
#include <net/if.h>
#include <sys/socket.h>

namespace w2s::net {

std::vector<IpAddress> local_addresses() {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return {};
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owner(list, &freeifaddrs);
  std::vector<IpAddress> found;
  for (const ifaddrs* i = list; i != nullptr; i = i->ifa_next) {
    if (i->ifa_addr == nullptr || (i->ifa_flags & IFF_UP) == 0) continue;
    if (i->ifa_addr->sa_family != AF_INET && i->ifa_addr->sa_family != AF_INET6) continue;
    const auto ip = Endpoint::from_sockaddr(i->ifa_addr).ip;
    if (ip.is_v6() && ip.is_link_local()) continue;
    if (std::find(found.begin(), found.end(), ip) == found.end()) found.push_back(ip);
  }
  std::stable_partition(found.begin(), found.end(), [](const IpAddress& ip) { return ip.is_v4(); });
  return found;
}

}  // namespace w2s::net
