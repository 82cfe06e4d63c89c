#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "w2s/base/address.hpp"
#include "w2s/base/log.hpp"

// What config.xml says, parsed and checked: plain values, a default beside each field. docs/configuration.md
// explains the entries. Only `app` reads this; it hands each module that module's own Options.
namespace w2s::config {

enum class Transport : std::uint8_t { udp, tcp, tls, ws, wss };
enum class BreakerMode : std::uint8_t { client, automatic, always };
enum class ReferMode : std::uint8_t { relay, local, automatic };

// transport
struct Listener {
  Transport transport = Transport::udp;
  std::optional<IpAddress> address;   // nullopt: `*`
  std::optional<std::uint16_t> port;  // nullopt: `*`, the system chooses
  std::optional<BreakerMode> breaker{};  // of browsers that connect here; nullopt: the entry `breaker`
  bool operator==(const Listener&) const = default;
};

// ice-transport: pump k takes port + k.
struct IceTransport {
  std::optional<IpAddress> address;           // nullopt: `*`
  std::optional<std::uint16_t> port = 10065;  // nullopt: `*`, the system chooses
  bool operator==(const IceTransport&) const = default;
};

// rtp-port-range
struct PortRange {
  std::uint16_t low = 20000;
  std::uint16_t high = 29999;
  bool operator==(const PortRange&) const = default;
};

// public-address
struct PublicAddress {
  std::optional<IpAddress> local;  // nullopt: for every local address of that family
  IpAddress advertised;
  bool operator==(const PublicAddress&) const = default;
};

// outbound-proxy
struct OutboundProxy {
  Transport transport = Transport::udp;  // udp, tcp or tls
  std::string host;                      // a name or an address without brackets
  std::optional<std::uint16_t> port;     // nullopt: `*`, the default of the transport (5060, tls 5061)
  bool operator==(const OutboundProxy&) const = default;
};

// ssl-certificates, one of them. Without a key and a certificate the gateway makes a self-signed pair at start.
struct Certificates {
  std::string private_key_file;  // paths that exist, relative ones already resolved; empty: `*`
  std::string certificate_file;
  std::string ca_file;
  bool verify_peer = false;
  bool operator==(const Certificates&) const = default;
};

// account
struct Account {
  std::string user, realm;
  Redacted<std::string> ha1;  // lower case
  std::string server;         // lower case; empty: the outbound-proxy
  bool operator==(const Account&) const = default;
};

enum class Codec : std::uint8_t { opus, pcma, pcmu, g722, vp8, h264_bp, h264_mp };  // the codecs that are relayed
constexpr bool is_audio(Codec codec) {
  return codec != Codec::vp8 && codec != Codec::h264_bp && codec != Codec::h264_mp;
}
enum class SrtpMode : std::uint8_t { none, optional };
enum class DtmfType : std::uint8_t {
  rfc4733,  // SIP INFO from the browser becomes RTP telephone-events
  info,     // "rfc2833" in 2.x: SIP INFO is passed on as SIP INFO
};
enum class MediaIo : std::uint8_t { automatic, epoll };

struct Config {
  LogLevel debug_level = LogLevel::error;  // as in 2.x; the shipped config.xml says INFO
  LogFormat log_format = LogFormat::text;
  std::optional<std::uint32_t> max_fds;  // nullopt: the system's limit stays

  // SIP
  std::vector<Listener> listeners;
  std::vector<Certificates> certificates;  // the first one serves whoever asks for no name of the others
  std::vector<PublicAddress> public_addresses;
  std::optional<OutboundProxy> outbound_proxy;
  std::vector<std::string> allow_destination = {"public"};  // lower case: "public", address, CIDR or domain
  std::vector<std::string> allow_origins;                   // lower case; empty: every Origin
  bool allow_insecure_ha1 = false;
  bool reliable_provisionals = false;         // enable-100rel
  std::chrono::seconds session_expires{1800};  // 0: never asked for
  std::chrono::seconds min_se{90};
  BreakerMode breaker = BreakerMode::client;
  std::vector<Account> accounts;
  bool follow_redirects = false;
  ReferMode refer = ReferMode::relay;
  std::vector<IpAddress> nameservers;      // beside those of /etc/resolv.conf
  std::chrono::seconds server_quarantine{30};  // that other servers are preferred to one that failed; 0: they never are
  std::optional<std::uint32_t> max_calls;  // nullopt: no limit, here and below
  std::optional<std::uint32_t> max_connections;
  std::optional<std::uint32_t> max_connections_per_address;

  // Media
  std::vector<Codec> codecs = {Codec::opus, Codec::pcma,    Codec::pcmu,   // preferred first
                               Codec::g722, Codec::vp8,     Codec::h264_bp, Codec::h264_mp};
  DtmfType dtmf_type = DtmfType::rfc4733;
  SrtpMode srtp_mode = SrtpMode::optional;  // none: a secure (browser) offer is refused with 488
  IceTransport ice_transport;
  PortRange rtp_port_range;
  std::uint32_t rtp_buffer_size = 65535;       // bytes, SO_RCVBUF and SO_SNDBUF
  std::optional<std::uint32_t> media_threads;  // nullopt: one less than there are cores, at least one
  MediaIo media_io = MediaIo::automatic;
  std::chrono::seconds media_timeout{60};
  std::chrono::seconds websocket_grace{60};  // that a call outlives the WebSocket of its browser
};

}  // namespace w2s::config
