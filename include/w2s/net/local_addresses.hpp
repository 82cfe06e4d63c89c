#pragma once
#include <vector>

#include "w2s/base/address.hpp"

namespace w2s::net {

// The unicast addresses of the interfaces that are up, loopback included, link-local IPv6 left out (it would
// need a scope id), IPv4 first. What `*` stands for on UDP, and the host candidates of ICE.
std::vector<IpAddress> local_addresses();

}  // namespace w2s::net
