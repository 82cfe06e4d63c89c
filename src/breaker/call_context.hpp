#pragma once
#include <functional>
#include <optional>
#include <string>

#include "w2s/base/encoding.hpp"
#include "w2s/breaker/breaker.hpp"
#include "w2s/sip/replaces.hpp"

namespace w2s::breaker {

// The other side of a dialog that a Replaces names: what that peer's dialog with us is called.
struct Counterpart {
  sip::Replaces replaces;
  sip::Uri known_as;              // our Contact in the dialog that was named
  std::string browser;            // binding token of that dialog's peer; empty: a phone
  std::optional<sip::Uri> peer;   // the other side's own Contact
  std::string peer_uri;           // and its name in that dialog: our remote URI (RFC 3261 12)
  std::string peer_browser;       // its binding token, if it is reached through us only; empty: a phone

  // `uri` means the other side by our address.
  bool is_meant_by(const sip::Uri& uri) const {
    return peer && iequals(uri.host, known_as.host) && uri.port == known_as.port;
  }
};

// What calls share.
struct Context {
  const Options& options;
  Rng& rng;
  Log& log;
  std::uint64_t& last_request_id;
  // Of a Replaces that names a dialog of ours by our tag and its peer's.
  std::function<std::optional<Counterpart>(const sip::Replaces&)> counterpart;
};

}  // namespace w2s::breaker
