#pragma once
#include "session.hpp"

// The attributes that describe a transport: ICE (RFC 8839), DTLS (RFC 8122, 5763) and the RTCP port (RFC
// 3605).
namespace w2s::sdp {

enum class Setup : std::uint8_t { absent, actpass, active, passive, holdconn };
const char* name(Setup setup);

struct SecureTransport {
  std::string ice_ufrag;  // both empty unless both are valid
  std::string ice_pwd;
  std::string fingerprint;  // "sha-256 AB:CD:…"; empty: none that we can check
  Setup setup = Setup::absent;
};

// Mids of a=group:BUNDLE, in order; empty without one.
std::vector<std::string_view> bundled_mids(const Session& session);
std::string mid_of(const Media& media);

// RFC 9143 7.1.3: a bundled m-line may leave its transport to the first m-line of the group.
SecureTransport read_secure_transport(const Session& session, const Media& media);

// Also one that we cannot check.
bool has_fingerprint(const Session& session, const Media& media);

// c= and the m= port; a host name or no c= reads as 0.0.0.0.
Endpoint rtp_endpoint(const Session& session, const Media& media);
Endpoint rtcp_endpoint(const Media& media, const Endpoint& rtp);

}  // namespace w2s::sdp
