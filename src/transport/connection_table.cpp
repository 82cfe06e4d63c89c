#include "connection_table.hpp"

#include <algorithm>

#include "stream_connection.hpp"
#include "web_socket.hpp"

namespace w2s::transport {
namespace {

constexpr std::size_t one_read = 16 * 1024;

bool is_encrypted(sip::Transport t) {
  return t == sip::Transport::tls || t == sip::Transport::wss;
}

bool needs_tls(const Options& options) {
  return std::any_of(options.listeners.begin(), options.listeners.end(),
                     [](const auto& l) { return is_encrypted(l.transport); });
}

std::string host_in_key(const sip::Target& target) {
  return target.transport == sip::Transport::tls ? target.host : std::string();
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

ConnectionTable::ConnectionTable(boost::asio::any_io_executor executor, const Options& options, Log& log,
                                 std::shared_ptr<Delivery> delivery)
    : executor_(executor),
      options_(options),
      log_(log),
      delivery_(std::move(delivery)),
      deadline_(std::move(executor), [this] { on_time(); }),
      scratch_(one_read) {
  // Files that cannot be used must stop the start, not the first call.
  if (needs_tls(options) || !options.tls.certificate_file.empty()) tls();
}

ConnectionTable::~ConnectionTable() {
  close_all();
}

const TlsContext& ConnectionTable::tls() {
  if (!tls_) tls_ = std::make_unique<TlsContext>(options_.tls);
  return *tls_;
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
  if (options_.max_connections != 0 && connections_.size() >= options_.max_connections) return true;
  const auto from = accepted_from_.find(address);
  return options_.max_connections_per_address != 0 && from != accepted_from_.end() &&
         from->second >= options_.max_connections_per_address;
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
    connection = make_web_socket(*this, options_, std::move(stream), std::move(peer));
  } else {
    connection =
        std::make_shared<StreamConnection>(*this, options_, std::move(stream), std::move(peer), accepted);
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
  const Peer key{target.transport, target.remote, host_in_key(target)};
  if (outgoing_.find(key) == outgoing_.end() && connect(target) == nullptr)
    return delivery_->send_failed(target);
  auto& outgoing = outgoing_.at(key);
  auto& targets = outgoing.targets;
  if (std::find(targets.begin(), targets.end(), target) == targets.end()) targets.push_back(target);
  const auto connection = connections_.at(outgoing.flow);
  delivery_->sending(target, message);
  connection->send(std::move(message));
}

Connection* ConnectionTable::connect(const sip::Target& target) {
  if (sip::is_web_socket(target.transport)) return nullptr;  // browsers connect to us
  tcp::socket socket(executor_);
  error_code error;
  socket.open(target.remote.ip.is_v4() ? tcp::v4() : tcp::v6(), error);
  if (error) {
    log_.warn("cannot connect", {{"remote", target.remote}, {"why", error.message()}});
    return nullptr;
  }
  socket.set_option(tcp::no_delay(true), error);
  auto peer = target;
  peer.flow = sip::FlowId{++last_flow_};
  outgoing_[{target.transport, target.remote, host_in_key(target)}] = {peer.flow, {}};
  const auto connection =
      make(make_stream(target.transport, std::move(socket), false, target.host), peer, false);
  connection->start();
  return connection.get();
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
  outgoing_.clear();
  accepted_from_.clear();
  deadline_.set(std::nullopt);
}

void ConnectionTable::on_open(Connection& connection) {
  log_flow(log_, "flow opened", connection, "");
}

void ConnectionTable::on_message(Connection& connection, sip::ParseOutcome outcome) {
  // The owner may stop everything from inside its handler: only the connection, which its caller keeps, is
  // used after.
  const auto delivery = delivery_;
  const auto refusal = delivery->received(std::move(outcome), connection.peer());
  if (refusal.empty()) return;
  delivery->sending(connection.peer(), refusal);
  connection.send(refusal);
}

void ConnectionTable::on_flow_ended(Connection& connection, EndedBy by, std::string_view why) {
  log_flow(log_, "flow closed", connection, why);
  delivery_->flow_closed(connection.peer().flow);
  if (!connection.accepted()) forget_outgoing(connection, by == EndedBy::peer);
}

void ConnectionTable::on_socket_closed(Connection& connection, std::string_view why) {
  const auto peer = connection.peer();
  log_flow(log_, "connection closed", connection, why);
  if (connection.accepted()) {
    const auto from = accepted_from_.find(peer.remote.ip);
    if (--from->second == 0) accepted_from_.erase(from);
  }
  // Unless its flow has ended before: then it was never open.
  if (!connection.accepted() && forget_outgoing(connection, true))
    log_.warn("cannot reach", {{"transport", sip::uri_token(peer.transport)},
                               {"remote", peer.remote},
                               {"host", peer.host},
                               {"why", why}});
  connections_.erase(peer.flow);
}

bool ConnectionTable::forget_outgoing(const Connection& connection, bool tell) {
  const auto& peer = connection.peer();
  const auto found = outgoing_.find({peer.transport, peer.remote, host_in_key(peer)});
  if (found == outgoing_.end() || found->second.flow != peer.flow) return false;
  if (tell)
    for (const auto& target : found->second.targets) delivery_->send_failed(target);
  outgoing_.erase(found);
  return true;
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
