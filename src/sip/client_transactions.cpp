#include "client_transactions.hpp"

#include "outputs.hpp"
#include "transaction_key.hpp"

namespace w2s::sip {

TransactionOutputs ClientTransactions::send_request(Time now, Message request, const Target& target,
                                                    ClientTransactionId& id) {
  auto out = start(now, std::move(request), target);
  id = ClientTransactionId{last_id_};
  return out;
}

TransactionOutputs ClientTransactions::start(Time now, Message request, const Target& target) {
  const ClientTransactionId id{++last_id_};
  const auto via = request.top_via();
  auto key = client_key(via ? via->branch() : "", request.method());
  auto machine = request.is("INVITE") ? Machine(InviteClient(id, std::move(request), target, timers_))
                                      : Machine(NonInviteClient(id, std::move(request), target, timers_));
  auto& entry = store_.add(last_id_, std::move(key), target, std::move(machine));
  return finish_event(now, entry,
                      std::visit([&](auto& started) { return started.start(now); }, entry.machine));
}

TransactionOutputs ClientTransactions::cancel(Time now, ClientTransactionId invite,
                                              std::vector<Field> extra) {
  auto* entry = store_.find(static_cast<std::uint64_t>(invite));
  if (entry == nullptr) return {};
  auto* machine = std::get_if<InviteClient>(&entry->machine);
  if (machine == nullptr) return {};
  machine->cancel(now, std::move(extra));
  return finish_event(now, *entry, {});
}

TransactionOutputs ClientTransactions::abandon(Time now, ClientTransactionId id) {
  auto* entry = store_.find(static_cast<std::uint64_t>(id));
  if (entry == nullptr) return {};
  if (auto* invite = std::get_if<InviteClient>(&entry->machine)) invite->abandon(now);
  else std::get<NonInviteClient>(entry->machine).abandon();
  return finish_event(now, *entry, {});
}

TransactionOutputs ClientTransactions::on_response(Time now, Message response, const Target& source) {
  const auto via = response.top_via();
  const auto cseq = response.cseq();
  auto* entry = via && cseq ? store_.find(client_key(via->branch(), cseq->method)) : nullptr;
  if (entry == nullptr) return outputs(StrayResponse{std::move(response), source});
  auto out = std::visit([&](auto& machine) { return machine.on_response(now, std::move(response), source); },
                        entry->machine);
  return finish_event(now, *entry, std::move(out));
}

TransactionOutputs ClientTransactions::on_transport_error(Time now, const Target& target) {
  TransactionOutputs out;
  for (const auto id : store_.ids_of(peer_of(target))) {
    auto* entry = store_.find(id);
    if (entry == nullptr) continue;
    auto more = std::visit([](auto& machine) { return machine.on_transport_error(); }, entry->machine);
    append(out, finish_event(now, *entry, std::move(more)));
  }
  return out;
}

TransactionOutputs ClientTransactions::on_time(Time now) {
  TransactionOutputs out;
  while (auto* entry = store_.due(now)) {
    auto more = std::visit([&](auto& machine) { return machine.on_time(now); }, entry->machine);
    append(out, finish_event(now, *entry, std::move(more)));
  }
  return out;
}

TransactionOutputs ClientTransactions::finish_event(Time now, Entry& entry, TransactionOutputs out) {
  std::optional<Message> cancel;
  Target target;
  if (auto* invite = std::get_if<InviteClient>(&entry.machine)) {
    cancel = invite->take_cancel();
    target = invite->target();
  } else if (std::get<NonInviteClient>(entry.machine).request().is("CANCEL")) {
    std::erase_if(out, [](const auto& output) { return !std::holds_alternative<Transmit>(output); });
  }
  store_.settle(entry);
  if (cancel) append(out, start(now, std::move(*cancel), target));
  return out;
}

}  // namespace w2s::sip
