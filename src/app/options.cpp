#include "options.hpp"

#include <algorithm>
#include <thread>

#include "w2s/base/encoding.hpp"

namespace w2s::app {
namespace {

sip::Transport transport_of(config::Transport t) {
  switch (t) {
    case config::Transport::udp: return sip::Transport::udp;
    case config::Transport::tcp: return sip::Transport::tcp;
    case config::Transport::tls: return sip::Transport::tls;
    case config::Transport::ws: return sip::Transport::ws;
    case config::Transport::wss: return sip::Transport::wss;
  }
  return sip::Transport::udp;
}

const char* name_of(config::Codec codec) {
  switch (codec) {
    case config::Codec::opus: return "opus";
    case config::Codec::pcma: return "pcma";
    case config::Codec::pcmu: return "pcmu";
    case config::Codec::g722: return "g722";
    case config::Codec::vp8: return "vp8";
    case config::Codec::h264_bp: return "h264-bp";
    case config::Codec::h264_mp: return "h264-mp";
  }
  return "";
}

breaker::Mode mode_of(config::BreakerMode mode) {
  switch (mode) {
    case config::BreakerMode::client: return breaker::Mode::client;
    case config::BreakerMode::automatic: return breaker::Mode::automatic;
    case config::BreakerMode::always: return breaker::Mode::always;
  }
  return breaker::Mode::client;
}

breaker::ReferMode mode_of(config::ReferMode mode) {
  switch (mode) {
    case config::ReferMode::relay: return breaker::ReferMode::relay;
    case config::ReferMode::local: return breaker::ReferMode::local;
    case config::ReferMode::automatic: return breaker::ReferMode::automatic;
  }
  return breaker::ReferMode::relay;
}

breaker::Admission admission(const config::Config& config) {
  breaker::Admission admission;
  admission.mode = mode_of(config.breaker);
  for (const auto& listener : config.listeners) {
    if (!listener.breaker) continue;
    admission.listeners.push_back({transport_of(listener.transport), listener.address, listener.port.value_or(0),
                                   mode_of(*listener.breaker)});
  }
  return admission;
}

transport::TlsOptions tls_options(const config::Certificates& certificates) {
  return {certificates.private_key_file, certificates.certificate_file, certificates.ca_file, certificates.verify_peer};
}

}  // namespace

config::LoadResult load_config(const std::string& path) {
  return config::load(path, [](const config::Certificates& certificates) -> config::CertificateVerdict {
    auto findings = transport::check_files(tls_options(certificates));
    return {std::move(findings.problem), std::move(findings.warning)};
  });
}

transport::Options transport_options(const config::Config& config) {
  transport::Options options;
  for (const auto& listener : config.listeners) {
    options.listeners.push_back({transport_of(listener.transport), listener.address, listener.port.value_or(0)});
  }
  for (const auto& one : config.certificates) options.tls.push_back(tls_options(one));
  options.allow_origins = config.allow_origins;
  options.max_connections = config.max_connections.value_or(0);
  options.max_connections_per_address = config.max_connections_per_address.value_or(0);
  for (const auto& address : config.public_addresses) {
    options.public_addresses.push_back({address.local, address.advertised});
  }
  return options;
}

breaker::Options breaker_options(const config::Config& config) {
  breaker::Options options;
  options.admission = admission(config);
  options.allow_insecure_ha1 = config.allow_insecure_ha1;
  options.follow_redirects = config.follow_redirects;
  options.refer = mode_of(config.refer);
  for (const auto& account : config.accounts) {
    const bool by_proxy = account.server.empty() && config.outbound_proxy;
    options.accounts.push_back({account.user, account.realm, account.ha1, by_proxy ? config.outbound_proxy->host : account.server});
  }
  options.dtmf_info_to_rtp = config.dtmf_type == config::DtmfType::rfc4733;
  options.secure_media = config.srtp_mode != config::SrtpMode::none;
  for (const auto codec : config.codecs) options.codecs.emplace_back(name_of(codec));
  options.reliable_provisionals = config.reliable_provisionals;
  options.session = {config.session_expires, config.min_se};
  options.max_calls = config.max_calls.value_or(0);
  options.websocket_grace = config.websocket_grace;
  return options;
}

media::Options media_options(const config::Config& config) {
  media::Options options;
  options.ice_any_address = !config.ice_transport.address.has_value();
  options.ice_address = config.ice_transport.address.value_or(IpAddress{});
  options.ice_port = config.ice_transport.port.value_or(0);
  options.rtp_port_low = config.rtp_port_range.low;
  options.rtp_port_high = config.rtp_port_range.high;
  for (const auto& address : config.public_addresses) {
    options.public_addresses.push_back({address.local, address.advertised});
  }
  const auto cores = std::max(2U, std::thread::hardware_concurrency());
  options.threads = config.media_threads.value_or(cores - 1);
  options.socket_buffer = static_cast<int>(config.rtp_buffer_size);
  options.media_timeout = config.media_timeout;
  options.allow = allow_destination(config);
  return options;
}

net::AllowDestination allow_destination(const config::Config& config) {
  std::vector<net::AllowDestination::Entry> entries;
  for (const auto& text : config.allow_destination) {
    if (const auto entry = net::AllowDestination::parse_entry(text)) entries.push_back(*entry);
  }
  if (config.outbound_proxy) {  // always allowed, for SIP and for the RTP of a server that anchors media itself
    if (const auto entry = net::AllowDestination::parse_entry(to_lower(config.outbound_proxy->host))) entries.push_back(*entry);
  }
  return net::AllowDestination(std::move(entries));
}

std::optional<sip::NextHop> outbound_proxy(const config::Config& config) {
  if (!config.outbound_proxy) return std::nullopt;
  sip::NextHop hop;
  hop.host = config.outbound_proxy->host;
  hop.port = config.outbound_proxy->port;
  hop.transport = transport_of(config.outbound_proxy->transport);
  return hop;
}

}  // namespace w2s::app
