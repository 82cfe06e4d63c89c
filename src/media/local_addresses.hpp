#pragma once
#include <vector>

#include "w2s/leg/leg.hpp"
#include "w2s/media/session.hpp"

namespace w2s::media {

// The unicast addresses of this host's interfaces that are up, loopback and link-local ones left out; IPv4
// first.
std::vector<IpAddress> local_unicast_addresses();

// What we tell a peer instead of `local` (public-address). A mapping for every address does not cover
// loopback, whose peers are on this host.
IpAddress advertised(const std::vector<Options::PublicAddress>& mappings, const IpAddress& local);

// Candidates of a web leg on `port`, in the order in which they should be tried: public addresses, the
// address on which this browser reached us, the others. `local` are the addresses that the port is bound to.
std::vector<leg::Candidate> candidates(const std::vector<Options::PublicAddress>& mappings,
                                       const IpAddress& toward, const std::vector<IpAddress>& local,
                                       std::uint16_t port);

}  // namespace w2s::media
