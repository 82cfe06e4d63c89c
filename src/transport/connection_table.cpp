#include "connection_table.hpp"

#include <algorithm>

#include "stream_connection.hpp"
#include "web_socket.hpp"

namespace w2s::transport {
namespace {

constexpr std::size_t one_read = 16 * 1024;
constexpr std::uint16_t default_tls_port = 5061;  // RFC 3261 19.1.2

bool is_encrypted(sip::Transport t) {
  return t == sip::Transport::tls || t == sip::Transport::wss;
}

bool needs_tls(const Options& options) {
  return std::any_of(options.listeners.begin(), options.listeners.end(),
                     [](const auto& l) { return is_encrypted(l.transport); });
}

void log_flow(Log& log, std::string_view event, const Connection& c, std::string_view why) {
  if (!log.enabled(LogLevel::debug)) return;
  const auto& peer = c.peer();
  log.debug(event, {{"flow", static_cast<std::uint64_t>(peer.flow)},
                    {"transport", sip::uri_token(peer.transport)},
                    {"remote", peer.remote},
                    {"local", peer.local},
                    {"why", why}});
}

}  // namespace

ConnectionTable::ConnectionTable(boost::asio::any_io_executor executor,
                                 std::shared_ptr<const Options> options, Log& log,
                                 std::shared_ptr<Delivery> delivery)
    : executor_(executor),
      options_(std::move(options)),
      log_(log),
      delivery_(std::move(delivery)),
      deadline_(executor, [this] { on_time(); }),
      certificate_check_(executor, [this] { check_certificates(); }),
      scratch_(one_read) {
  // Files that cannot be used must stop the start, not the first call.
  if (needs_tls(*options_) || !options_->tls.empty()) tls();
}

TlsContext& ConnectionTable::tls() {
  if (tls_) return *tls_;
  tls_ = std::make_unique<TlsContext>(options_->tls, log_);
  if (!options_->tls.empty()) certificate_check_.set(Clock::now() + options_->certificate_check_interval);
  return *tls_;
}

void ConnectionTable::check_certificates() {
  tls().reload_changed();
  certificate_check_.set(Clock::now() + options_->certificate_check_interval);
}

void ConnectionTable::reload_certificates() {
  if (tls_) tls_->reload();
}

void ConnectionTable::accept(sip::Transport transport, tcp::socket socket) {
  error_code error;
  const auto remote_endpoint = socket.remote_endpoint(error);
  if (error) return;  // it has gone already
  const auto local_endpoint = socket.local_endpoint(error);
  if (error) return;
  const auto remote = Endpoint::from_sockaddr(remote_endpoint.data());
  if (is_full_for(remote.ip)) {
    log_.debug("connection refused", {{"remote", remote}, {"why", "max-connections"}});
    return;
  }
  ++accepted_from_[remote.ip];
  socket.set_option(tcp::no_delay(true), error);
  const sip::Target peer{
      transport, remote, Endpoint::from_sockaddr(local_endpoint.data()), sip::FlowId{++last_flow_}, {}};
  make(make_stream(transport, std::move(socket), true, {}), peer, true)->start();
}

bool ConnectionTable::is_full_for(const IpAddress& address) const {
  if (options_->max_connections != 0 && connections_.size() >= options_->max_connections) return true;
  const auto from = accepted_from_.find(address);
  return options_->max_connections_per_address != 0 && from != accepted_from_.end() &&
         from->second >= options_->max_connections_per_address;
}

std::unique_ptr<ByteStream> ConnectionTable::make_stream(sip::Transport transport, tcp::socket socket,
                                                         bool accepted, const std::string& host) {
  if (!is_encrypted(transport)) return std::make_unique<ByteStream>(std::move(socket));
  return accepted ? tls().accept(std::move(socket)) : tls().connect(std::move(socket), host);
}

std::shared_ptr<Connection> ConnectionTable::make(std::unique_ptr<ByteStream> stream, sip::Target peer,
                                                  bool accepted) {
  const auto flow = peer.flow;
  std::shared_ptr<Connection> connection;
  if (sip::is_web_socket(peer.transport)) {
    connection = std::make_shared<WebSocket>(shared_from_this(), std::move(stream), std::move(peer));
  } else {
    connection =
        std::make_shared<StreamConnection>(shared_from_this(), std::move(stream), std::move(peer), accepted);
  }
  connections_.emplace(flow, connection);
  return connection;
}

void ConnectionTable::send(std::string message, const sip::Target& target) {
  if (target.flow == sip::FlowId::none) return send_out(std::move(message), target);
  const auto found = connections_.find(target.flow);
  if (found == connections_.end() || !found->second->is_open()) return delivery_->send_failed(target);
  delivery_->sending(target, message);
  const auto connection = found->second;  // sending may be what ends it
  connection->send(std::move(message));
}

void ConnectionTable::send_out(std::string message, const sip::Target& target) {
  auto connection = find_reusable(target);
  if (!connection) connection = connect(target);
  if (!connection) return delivery_->send_failed(target);
  reusable_.note_use(connection->peer().flow, target);
  delivery_->sending(target, message);
  connection->send(std::move(message));
}

std::shared_ptr<Connection> ConnectionTable::find_reusable(const sip::Target& target) {
  const auto flow = reusable_.find(ReusableConnections::peer_of(target));
  if (!flow) return nullptr;
  auto connection = connections_.at(*flow);
  // It died meanwhile, and its handler has not run yet: the kernel would take the message and lose it.
  return connection->is_open() && connection->peer_has_closed() ? nullptr : connection;
}

std::shared_ptr<Connection> ConnectionTable::connect(const sip::Target& target) {
  if (sip::is_web_socket(target.transport)) return nullptr;  // browsers connect to us
  tcp::socket socket(executor_);
  error_code error;
  socket.open(target.remote.ip.is_v4() ? tcp::v4() : tcp::v6(), error);
  if (error) {
    log_.warn_rarely("cannot connect", target.remote.to_string(),
                     {{"remote", target.remote}, {"why", error.message()}});
    return nullptr;
  }
  socket.set_option(tcp::no_delay(true), error);
  auto peer = target;
  peer.flow = sip::FlowId{++last_flow_};
  reusable_.add(ReusableConnections::peer_of(target), peer.flow);
  auto stream = make_stream(target.transport, std::move(socket), false, ReusableConnections::name_of(target));
  const auto connection = make(std::move(stream), peer, false);
  connection->start();
  return connection;
}

// What was queued on a connection that has died leaves over a new one. Only a peer that has spoken on the
// last one gets another: one that always hangs up is not called for ever.
bool ConnectionTable::resume(Connection& dead, const std::vector<sip::Target>& targets) {
  if (dead.accepted() || !dead.has_received() || dead.reads_too_little()) return false;
  auto unsent = dead.take_unsent();
  if (unsent.empty()) return false;
  auto target = dead.peer();
  target.flow = sip::FlowId::none;
  auto connection = find_reusable(target);
  if (!connection) connection = connect(target);
  if (!connection) return false;
  log_flow(log_, "connection resumed", *connection, "the last one died");
  for (const auto& used : targets) reusable_.note_use(connection->peer().flow, used);
  for (auto& message : unsent) connection->send(std::move(message));
  return true;
}

// RFC 5923 5 and 8.2: over TLS alone, and only for a name that the peer's certificate has proved: anybody
// could draw the requests for a host to himself by claiming its name over TCP.
void ConnectionTable::note_alias(Connection& connection, const sip::Message& request) {
  const auto& peer = connection.peer();
  if (!connection.accepted() || peer.transport != sip::Transport::tls || !request.is_request()) return;
  const auto via = request.top_via();
  if (!via || !via->params.has("alias") || !connection.proves(via->host)) return;
  sip::Target alias{peer.transport, peer.remote, {}, sip::FlowId::none, via->host};
  alias.remote.port = via->port.value_or(default_tls_port);
  reusable_.add_alias(ReusableConnections::peer_of(alias), peer.flow);
}

const Connection* ConnectionTable::find_open(sip::FlowId flow) const {
  const auto found = connections_.find(flow);
  return found != connections_.end() && found->second->is_open() ? found->second.get() : nullptr;
}

void ConnectionTable::hold(sip::FlowId flow, bool held) {
  if (const auto found = connections_.find(flow); found != connections_.end()) found->second->hold(held);
}

void ConnectionTable::close(sip::FlowId flow) {
  const auto found = connections_.find(flow);
  if (found == connections_.end()) return;
  const auto connection = found->second;
  connection->close("closed by the gateway");
}

void ConnectionTable::close_all() {
  for (const auto& [flow, connection] : connections_) connection->detach();
  connections_.clear();
  reusable_.clear();
  accepted_from_.clear();
  deadline_.set(std::nullopt);
  certificate_check_.set(std::nullopt);
}

void ConnectionTable::on_open(Connection& connection) {
  log_flow(log_, "flow opened", connection, "");
}

void ConnectionTable::on_open_failed(Connection& connection, EndedBy by, std::string_view why) {
  const auto& peer = connection.peer();
  if (connection.accepted()) {
    if (by == EndedBy::us) log_refused(connection, why);
    return;
  }
  const auto host = ReusableConnections::name_of(peer);
  log_.warn_rarely("cannot reach", peer.remote.to_string().append(host).append(why),
                   {{"transport", sip::uri_token(peer.transport)},
                    {"remote", peer.remote},
                    {"host", host},
                    {"why", why}});
  for (const auto& target : reusable_.remove(peer.flow)) delivery_->send_failed(target);
}

void ConnectionTable::on_message(Connection& connection, sip::ParseOutcome outcome) {
  if (outcome.message) note_alias(connection, *outcome.message);
  const auto refusal = delivery_->received(std::move(outcome), connection.peer());
  if (refusal.empty()) return;
  delivery_->sending(connection.peer(), refusal);
  connection.refuse(refusal);
}

void ConnectionTable::on_flow_ended(Connection& connection, EndedBy by, std::string_view why) {
  const auto& peer = connection.peer();
  log_flow(log_, "flow closed", connection, why);
  if (by == EndedBy::us && connection.accepted() && !connection.has_received()) log_refused(connection, why);
  const auto targets = reusable_.remove(peer.flow);
  if (by == EndedBy::peer && !resume(connection, targets)) {
    for (const auto& target : targets) delivery_->send_failed(target);
  }
  // Last: what then opens another connection to the same place has not failed.
  delivery_->flow_closed(peer.flow);
}

void ConnectionTable::on_socket_closed(Connection& connection, std::string_view why) {
  const auto peer = connection.peer();
  log_flow(log_, "connection closed", connection, why);
  if (connection.accepted()) {
    const auto from = accepted_from_.find(peer.remote.ip);
    if (--from->second == 0) accepted_from_.erase(from);
  }
  connections_.erase(peer.flow);
}

// Somebody has set something up wrongly, or is none of ours: one line says what, and a scan fills no disk.
void ConnectionTable::log_refused(const Connection& connection, std::string_view why) {
  const auto& peer = connection.peer();
  if (!refusals_logged_.take(peer.remote.ip, Clock::now())) return;
  log_.info("connection refused", {{"transport", sip::uri_token(peer.transport)},
                                   {"remote", peer.remote},
                                   {"local", peer.local},
                                   {"why", why}});
}

void ConnectionTable::on_next_time_changed(Connection& connection) {
  const auto next = connection.next_time();
  // Later times need no entry: the earlier one asks again.
  if (!next || (connection.scheduled && *connection.scheduled <= *next)) return;
  connection.scheduled = next;
  wakes_.emplace(*next, connection.peer().flow);
  deadline_.set(wakes_.top().first);
}

void ConnectionTable::on_time() {
  const auto now = Clock::now();
  while (!wakes_.empty() && wakes_.top().first <= now) {
    const auto [at, flow] = wakes_.top();
    wakes_.pop();
    const auto found = connections_.find(flow);
    if (found == connections_.end() || found->second->scheduled != at) continue;
    const auto connection = found->second;
    connection->scheduled.reset();
    connection->on_time(now);
    on_next_time_changed(*connection);
  }
  if (!wakes_.empty()) deadline_.set(wakes_.top().first);
}

}  // namespace w2s::transport
