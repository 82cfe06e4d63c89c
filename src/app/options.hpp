#pragma once
#include <optional>

#include "w2s/breaker/breaker.hpp"
#include "w2s/config/loader.hpp"
#include "w2s/media/session.hpp"
#include "w2s/net/allow_destination.hpp"
#include "w2s/sip/transaction_user.hpp"
#include "w2s/transport/sip_transports.hpp"

// The configuration as each module wants it.
namespace w2s::app {

// Reads the file at `path` and looks into the certificates that it names.
config::LoadResult load_config(const std::string& path);
transport::Options transport_options(const config::Config& config);
breaker::Options breaker_options(const config::Config& config);
media::Options media_options(const config::Config& config);
net::AllowDestination allow_destination(const config::Config& config);
std::optional<sip::NextHop> outbound_proxy(const config::Config& config);

}  // namespace w2s::app
