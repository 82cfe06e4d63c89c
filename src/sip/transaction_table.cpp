#include "w2s/sip/transaction_table.hpp"

#include "client_transactions.hpp"
#include "outputs.hpp"
#include "server_transactions.hpp"

namespace w2s::sip {

struct TransactionTable::State {
  State(const TransactionTimers& t, const KeyedHash& hash) : timers(t), clients(timers, hash), servers(timers, hash) {}

  TransactionTimers timers;
  ClientTransactions clients;
  ServerTransactions servers;
};

TransactionTable::TransactionTable(Rng& rng, TransactionTimers timers)
    : state_(std::make_unique<State>(timers, KeyedHash(rng))) {}
TransactionTable::~TransactionTable() = default;

TransactionOutputs TransactionTable::on_message(Time now, Message message, const Target& source) {
  if (message.is_response()) return state_->clients.on_response(now, std::move(message), source);
  return state_->servers.on_request(now, std::move(message), source, state_->clients.load());
}

TransactionOutputs TransactionTable::send_request(Time now, Message request, const Target& target,
                                                  ClientTransactionId& id) {
  return state_->clients.send_request(now, std::move(request), target, id);
}

TransactionOutputs TransactionTable::cancel(Time now, ClientTransactionId invite, std::vector<Field> extra) {
  return state_->clients.cancel(now, invite, std::move(extra));
}

TransactionOutputs TransactionTable::abandon(Time now, ClientTransactionId id) {
  return state_->clients.abandon(now, id);
}

TransactionOutputs TransactionTable::respond(Time now, ServerTransactionId id, Message response) {
  return state_->servers.respond(now, id, std::move(response));
}

TransactionOutputs TransactionTable::refuse(ServerTransactionId id, Message response) {
  return state_->servers.refuse(id, std::move(response));
}

TransactionOutputs TransactionTable::on_transport_error(Time now, const Target& target) {
  auto out = state_->clients.on_transport_error(now, target);
  append(out, state_->servers.on_transport_error(target));
  return out;
}

TransactionOutputs TransactionTable::on_flow_closed(Time now, FlowId flow, const WayBack& way_back) {
  Target target;
  target.flow = flow;
  auto out = state_->clients.on_transport_error(now, target);
  state_->servers.leave_flow(flow, way_back);
  append(out, state_->servers.on_transport_error(target));
  return out;
}

TransactionOutputs TransactionTable::on_time(Time now) {
  auto out = state_->clients.on_time(now);
  append(out, state_->servers.on_time(now));
  return out;
}

std::optional<Time> TransactionTable::next_time() const {
  return earlier(state_->clients.next_time(), state_->servers.next_time());
}

bool TransactionTable::has(ServerTransactionId id) const {
  return request_of(id) != nullptr;
}

const Message* TransactionTable::request_of(ServerTransactionId id) const {
  return state_->servers.request_of(id);
}

std::size_t TransactionTable::size() const {
  return state_->clients.load().transactions + state_->servers.load().transactions;
}

}  // namespace w2s::sip
