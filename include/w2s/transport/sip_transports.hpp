#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "w2s/base/log.hpp"
#include "w2s/base/time.hpp"
#include "w2s/sip/message.hpp"
#include "w2s/sip/target.hpp"

namespace w2s::transport {

struct ListenerOptions {
  sip::Transport transport;
  std::optional<IpAddress> address;  // nullopt: `*`
  std::uint16_t port = 0;            // 0: the system chooses
};

struct TlsOptions {
  std::string private_key_file, certificate_file;  // the whole chain; both empty: a self-signed one is generated at start
  std::string ca_file;                             // empty: the authorities that the system trusts
  bool verify_peer = false;
};

// What is wrong with these files, so that nothing can be started with them, and what peers will not like about them.
struct TlsFindings {
  std::string problem, warning;  // empty: nothing
};
TlsFindings check_files(const TlsOptions& options);

struct Options {
  std::vector<ListenerOptions> listeners;
  // Listeners choose by SNI, else take the first one, as connections that we open do. Empty: one is generated.
  std::vector<TlsOptions> tls;
  Duration certificate_check_interval = 5s;  // looks for changed files; what changed is loaded at the next look
  std::vector<std::string> allow_origins;  // empty: every Origin
  sip::ParseLimits limits;
  Duration connect_limit = 4s;             // of connections that we open
  Duration tentative_connect_limit = 1s;   // of those that are only tried (Target::tentative)
  Duration handshake_deadline = 10s;       // TCP accept to TLS and WebSocket upgraded (threats.md T3)
  Duration first_message_deadline = 20s;
  Duration body_deadline = 20s;            // from the first byte of a message or frame to its last, both ways
  Duration idle_timeout = 120s;            // of a flow that no binding, dialog or transaction holds
  Duration ping_interval = 30s;            // WebSocket pings; two without an answer end the flow
  std::size_t send_queue_limit = 1 << 20;  // bytes
  std::size_t max_connections = 0, max_connections_per_address = 0;  // 0: no limit
  struct PublicAddress {
    std::optional<IpAddress> local;        // nullopt: for every local address
    IpAddress advertised;
  };
  std::vector<PublicAddress> public_addresses;
};

// A listener as bound; one per local address for UDP `*`.
struct Listener {
  sip::Transport transport;
  Endpoint local;
};

// What the owner hears. Called on the io_context's thread, never from inside a call of SipTransports.
struct Handlers {
  std::function<void(sip::Message, const sip::Target& source)> on_message;
  // Broken messages were already refused statelessly where `answerable` allows it; for counting and logs.
  std::function<void(error_code, const sip::Target& source)> on_broken;
  std::function<void(sip::FlowId)> on_flow_closed;
  std::function<void(const sip::Target&)> on_send_failed;   // no connection, refused, TLS failure: the host is unreachable
  // Every message as it crosses the wire, for TRACE; may be empty.
  std::function<void(bool outgoing, const sip::Target&, std::string_view bytes)> on_wire;
};

// SIP over UDP, TCP, TLS, WS and WSS: listeners, connections, flows. One thread: that of the executor.
class SipTransports {
 public:
  // Binds every listener; throws std::runtime_error naming the one that failed.
  SipTransports(boost::asio::any_io_executor executor, Options options, Log& log, Handlers handlers);
  ~SipTransports();

  const std::vector<Listener>& listeners() const;
  bool is_own_address(const Endpoint& endpoint) const;   // one of our listeners, also by its public address
  // True if `host` (address text) and `port` name a listener of ours; the default port of `transport` when none.
  bool is_own_host(std::string_view host, std::optional<std::uint16_t> port) const;

  // The address of ours that `remote` will be reached from, as Via and Contact must carry it: listener port, kernel's
  // source address, or its public-address. nullopt: no listener of that transport and family.
  std::optional<Endpoint> local_for(sip::Transport transport, const IpAddress& remote) const;
  // What peers are told of a local address: its public-address, else itself.
  IpAddress advertised(const IpAddress& local) const;
  // How a message reaches the peer of a flow (WebSocket or accepted connection), `local` being the address it was
  // accepted on; nullopt when the flow is gone.
  std::optional<sip::Target> flow_target(sip::FlowId flow) const;
  bool is_open(sip::FlowId flow) const;
  // Queues a message; failures come through on_send_failed. TCP and TLS connections are opened on demand and reused by
  // address and, with TLS, by the name that the certificate was checked for.
  void send(const sip::Message& message, const sip::Target& target);
  // While a flow is held (registered binding, dialog) it has no idle timeout.
  void hold(sip::FlowId flow, bool held);
  void close(sip::FlowId flow);
  // Reads the files of TlsOptions again, for new connections; one that cannot be used is logged and changes nothing.
  void reload_certificates();
  void stop();  // closes listeners and flows

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace w2s::transport
