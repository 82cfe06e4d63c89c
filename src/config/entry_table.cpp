#include <array>

#include "w2s/base/encoding.hpp"

#include "readers.hpp"

namespace w2s::config {
namespace {

constexpr bool replaces = false;
constexpr bool repeats = true;

constexpr std::array entry_kinds = {
    EntryKind{"debug-level", "TRACE|DEBUG|INFO|WARN|ERROR|FATAL", replaces, read_debug_level},
    EntryKind{"log-format", "text|json", replaces, read_log_format},
    EntryKind{"max-fds", "number", replaces, read_max_fds},
    EntryKind{"max-calls", "number|*", replaces, read_max_calls},
    EntryKind{"max-connections", "total|*;per-address|*", replaces, read_max_connections},
    EntryKind{"admin-transport", "http;ip;port", repeats, refuse_admin_transport},

    EntryKind{"transport", "proto;ip|*;port|*[;breaker=client|auto|always]", repeats, read_transport},
    EntryKind{"ssl-certificates", "private;public;ca[;verify]", repeats, read_ssl_certificates},
    EntryKind{"public-address", "address or local;public", repeats, read_public_address},
    EntryKind{"outbound-proxy", "udp|tcp|tls;host;port|*", replaces, read_outbound_proxy},
    EntryKind{"allow-destination", "address, network, domain or public; ...", repeats,
              read_allow_destination},
    EntryKind{"allow-insecure-ha1", "yes|no", replaces, read_allow_insecure_ha1},
    EntryKind{"account", "user;realm;ha1[;server]", repeats, read_account},
    EntryKind{"redirects", "pass|follow", replaces, read_redirects},
    EntryKind{"refer", "relay|local|auto", replaces, read_refer},
    EntryKind{"breaker", "client|auto|always", replaces, read_breaker},
    EntryKind{"allow-origin", "origin; ... or *", repeats, read_allow_origin},
    EntryKind{"nameserver", "address", repeats, read_nameserver},
    EntryKind{"server-quarantine", "seconds", replaces, read_server_quarantine},

    EntryKind{"codecs", "name;name; ...", repeats, read_codecs},
    EntryKind{"dtmf-type", "rfc4733|rfc2833", replaces, read_dtmf_type},
    EntryKind{"srtp-mode", "none|optional|mandatory", replaces, read_srtp_mode},
    EntryKind{"srtp-type", "sdes;dtls", replaces, read_srtp_type},
    EntryKind{"ice-transport", "udp;ip|*;port|*", replaces, read_ice_transport},
    EntryKind{"ice-mode", "lite|full", replaces, read_ice_mode},
    EntryKind{"rtp-port-range", "low;high", replaces, read_rtp_port_range},
    EntryKind{"rtp-buffsize", "bytes", replaces, read_rtp_buffsize},
    EntryKind{"media-threads", "number|*", replaces, read_media_threads},
    EntryKind{"media-io", "auto|io_uring|epoll", replaces, read_media_io},
    EntryKind{"media-timeout", "seconds", replaces, read_media_timeout},
    EntryKind{"websocket-grace", "seconds", replaces, read_websocket_grace},

    EntryKind{"enable-rtp-symetric", "yes|no", replaces, read_enable_rtp_symmetric},
    EntryKind{"enable-rtp-symmetric", "yes|no", replaces, read_enable_rtp_symmetric},
    EntryKind{"enable-100rel", "yes|no", replaces, read_enable_100rel},
    EntryKind{"session-expires", "seconds[;minimum]", replaces, read_session_expires},
    EntryKind{"enable-media-coder", "yes|no", replaces, read_enable_media_coder},
    EntryKind{"enable-videojb", "yes|no", replaces, read_enable_videojb},
    EntryKind{"enable-icestun", "yes|no", replaces, read_enable_icestun},
    EntryKind{"stun-server", "host;port[;user|*[;password|*]]", replaces, read_stun_server},
    EntryKind{"avpf-tail-length", "min;max", replaces, read_avpf_tail_length},
    EntryKind{"video-size-pref", "sqcif|qcif|qvga|cif|hvga|vga|4cif|svga|480p|720p|16cif|1080p", replaces,
              read_video_size_pref},
    EntryKind{"codec-opus-maxrates", "playback;capture", replaces, read_codec_opus_maxrates},

    EntryKind{"database", "sqlite;path|*", repeats, refuse_click_to_call},
    EntryKind{"account-mail", "smtp|smtps;localip|*;localport|*;host;port;email;authname;password", repeats,
              refuse_click_to_call},
    EntryKind{"account-sip-caller", "displayname|*;impu;impi;realm;password", repeats, refuse_click_to_call},
    EntryKind{"account-http-domain", "name|*", repeats, refuse_click_to_call},
    EntryKind{"account-recaptcha", "siteverify-url;secret", repeats, refuse_click_to_call},
};

}  // namespace

const EntryKind* find_entry_kind(std::string_view name) {
  for (const auto& kind : entry_kinds)
    if (iequals(kind.name, name)) return &kind;
  return nullptr;
}

std::vector<std::string_view> entry_names() {
  std::vector<std::string_view> names;
  for (const auto& kind : entry_kinds) names.push_back(kind.name);
  return names;
}

}  // namespace w2s::config
