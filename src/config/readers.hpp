#pragma once

#include "entry.hpp"

// One reader per entry (or family of entries); the table in entry_table.cpp names them.
namespace w2s::config {

// sip_entries.cpp
void read_transport(const Entry& entry);
void read_ssl_certificates(const Entry& entry);
void read_public_address(const Entry& entry);
void read_outbound_proxy(const Entry& entry);
void read_allow_destination(const Entry& entry);
void read_allow_insecure_ha1(const Entry& entry);
void read_allow_origin(const Entry& entry);
void read_nameserver(const Entry& entry);
void read_server_quarantine(const Entry& entry);

// breaker_entries.cpp
void read_breaker(const Entry& entry);
void read_refer(const Entry& entry);
// The field `breaker=client|auto|always` of a transport entry. False: malformed.
bool read_breaker_field(const Entry& entry, std::string_view text, Listener& listener);

// account_entries.cpp
void read_account(const Entry& entry);
void read_redirects(const Entry& entry);

// process_entries.cpp
void read_debug_level(const Entry& entry);
void read_log_format(const Entry& entry);
void read_max_fds(const Entry& entry);
void read_max_calls(const Entry& entry);
void read_max_connections(const Entry& entry);

// call_entries.cpp
void read_enable_100rel(const Entry& entry);
void read_session_expires(const Entry& entry);

// media_entries.cpp
void read_codecs(const Entry& entry);
void read_dtmf_type(const Entry& entry);
void read_srtp_mode(const Entry& entry);
void read_srtp_type(const Entry& entry);
void read_ice_transport(const Entry& entry);
void read_ice_mode(const Entry& entry);
void read_rtp_port_range(const Entry& entry);
void read_rtp_buffsize(const Entry& entry);
void read_media_threads(const Entry& entry);
void read_media_io(const Entry& entry);
void read_media_timeout(const Entry& entry);
void read_websocket_grace(const Entry& entry);

// unbuilt_entries.cpp: services that are refused, and tuning that has no effect yet.
void read_enable_media_coder(const Entry& entry);
void read_enable_rtp_symmetric(const Entry& entry);
void read_enable_videojb(const Entry& entry);
void read_avpf_tail_length(const Entry& entry);
void read_video_size_pref(const Entry& entry);
void read_codec_opus_maxrates(const Entry& entry);
void read_enable_icestun(const Entry& entry);
void read_stun_server(const Entry& entry);
void refuse_admin_transport(const Entry& entry);
void refuse_click_to_call(const Entry& entry);

}  // namespace w2s::config
