#include "server_transactions.hpp"

#include "w2s/sip/via_routing.hpp"

#include "outputs.hpp"
#include "transaction_key.hpp"

namespace w2s::sip {

namespace {

constexpr std::string_view retry_after_overload = "10";  // seconds

Message overload_response(const Message& request) {
  auto response = stateless_response(request, 503, {}, {});
  response.append(HeaderId::retry_after, std::string(retry_after_overload));
  return response;
}

}  // namespace

TransactionOutputs ServerTransactions::on_request(Time now, Message request, const Target& source,
                                                  const TransactionLoad& others) {
  const auto via = request.top_via();
  if (!via) return {};
  if (request.is("ACK")) return on_ack(now, std::move(request), *via, source);
  auto key = server_key(request, *via, request.method());
  if (auto* entry = store_.find(key)) {
    auto out = std::visit([](auto& machine) { return machine.on_retransmission(); }, entry->machine);
    return finish_event(*entry, std::move(out));
  }
  if (request.is("CANCEL")) return on_cancel(now, std::move(request), std::move(key), *via, source);
  add_received(request, source);
  const auto target = response_target(*via, source);
  if (overloaded(request, others)) return outputs(Transmit{overload_response(request), target});
  return start(now, std::move(request), std::move(key), source, target);
}

// RFC 3261 17.2.3: an ACK that matches belongs to a non-2xx, unless the response it names (by To tag, which
// only a client of RFC 2543 needs) is another.
TransactionOutputs ServerTransactions::on_ack(Time now, Message ack, const Via& via, const Target& source) {
  auto* entry = store_.find(server_key(ack, via, "INVITE"));
  add_received(ack, source);
  if (entry == nullptr) return outputs(AckReceived{std::move(ack), source});
  auto& invite = std::get<InviteServer>(entry->machine);
  const auto to = ack.to();
  if (!has_unique_branch(via) && to && to->tag() != invite.to_tag())
    return outputs(AckReceived{std::move(ack), source});
  return finish_event(*entry, invite.on_ack(now, std::move(ack), source));
}

// RFC 3261 9.2. Without its INVITE a CANCEL leaves no state behind.
TransactionOutputs ServerTransactions::on_cancel(Time now, Message cancel, std::string key, const Via& via,
                                                 const Target& source) {
  const auto* invite_entry = store_.find(server_key(cancel, via, "INVITE"));
  add_received(cancel, source);
  const auto target = response_target(via, source);
  if (invite_entry == nullptr) return outputs(Transmit{stateless_response(cancel, 481, {}, {}), target});

  const auto& invite = std::get<InviteServer>(invite_entry->machine);
  const ServerTransactionId invite_id{invite_entry->id};
  const bool too_late = invite.answered();
  auto ok = invite.to_tag().empty() ? stateless_response(cancel, 200, {}, {})
                                    : make_response(cancel, 200, invite.to_tag());
  auto out = start(now, cancel, std::move(key), source, target);
  append(out, respond(now, ServerTransactionId{last_id_}, std::move(ok)));
  if (!too_late) out.push_back(CancelReceived{invite_id, std::move(cancel)});
  return out;
}

TransactionOutputs ServerTransactions::start(Time now, Message request, std::string key, const Target& source,
                                             const Target& target) {
  const ServerTransactionId id{++last_id_};
  auto machine = request.is("INVITE")
                     ? Machine(InviteServer(id, std::move(request), source, target, timers_))
                     : Machine(NonInviteServer(id, std::move(request), source, target, timers_));
  auto& entry = store_.add(last_id_, std::move(key), target, std::move(machine));
  return finish_event(entry, std::visit([&](auto& started) { return started.start(now); }, entry.machine));
}

// Requests within a dialog get an eighth more room, so that a flood of new ones leaves established calls
// alone.
bool ServerTransactions::overloaded(const Message& request, const TransactionLoad& others) const {
  const auto to = request.to();
  const bool in_dialog = to && !to->tag().empty();
  const auto limit = [&](std::size_t most) { return most + (in_dialog ? most / 8 : 0); };
  const auto load = store_.load();
  return load.transactions + others.transactions >= limit(timers_.max_transactions) ||
         load.octets + others.octets >= limit(timers_.max_octets);
}

TransactionOutputs ServerTransactions::respond(Time now, ServerTransactionId id, Message response) {
  auto* entry = store_.find(static_cast<std::uint64_t>(id));
  if (entry == nullptr) return {};
  auto out =
      std::visit([&](auto& machine) { return machine.respond(now, std::move(response)); }, entry->machine);
  return finish_event(*entry, std::move(out));
}

TransactionOutputs ServerTransactions::refuse(ServerTransactionId id, Message response) {
  auto* entry = store_.find(static_cast<std::uint64_t>(id));
  if (entry == nullptr) return {};
  const auto target = std::visit([](const auto& machine) { return machine.target(); }, entry->machine);
  store_.erase(*entry);
  return outputs(Transmit{std::move(response), target}, ServerEnded{id});
}

TransactionOutputs ServerTransactions::on_transport_error(const Target& target) {
  // Only a dead connection is final; a UDP error may be anyone's ICMP message, and retransmission deals with
  // it.
  if (target.flow == FlowId::none && target.transport == Transport::udp) return {};
  TransactionOutputs out;
  for (const auto id : store_.ids_of(peer_of(target))) {
    auto* entry = store_.find(id);
    if (entry == nullptr) continue;
    auto more = std::visit([](auto& machine) { return machine.on_transport_error(); }, entry->machine);
    append(out, finish_event(*entry, std::move(more)));
  }
  return out;
}

void ServerTransactions::leave_flow(FlowId flow, const TransactionTable::WayBack& way_back) {
  Target gone;
  gone.flow = flow;
  for (const auto id : store_.ids_of(peer_of(gone))) {
    auto& entry = *store_.find(id);
    const auto leave = [&](auto& machine) {
      const auto via = machine.request().top_via();
      if (!via || !machine.may_respond()) return;
      const auto place = reconnect_target(*via, machine.target());
      const auto target = place ? way_back(*place) : std::nullopt;
      if (!target) return;
      machine.redirect(*target);
      store_.move(entry, *target);
    };
    std::visit(leave, entry.machine);
  }
}

TransactionOutputs ServerTransactions::on_time(Time now) {
  TransactionOutputs out;
  while (auto* entry = store_.due(now)) {
    auto more = std::visit([&](auto& machine) { return machine.on_time(now); }, entry->machine);
    append(out, finish_event(*entry, std::move(more)));
  }
  return out;
}

const Message* ServerTransactions::request_of(ServerTransactionId id) const {
  const auto* entry = store_.find(static_cast<std::uint64_t>(id));
  if (entry == nullptr) return nullptr;
  return &std::visit([](const auto& machine) -> const Message& { return machine.request(); }, entry->machine);
}

TransactionOutputs ServerTransactions::finish_event(Entry& entry, TransactionOutputs out) {
  const auto& request =
      std::visit([](const auto& machine) -> const Message& { return machine.request(); }, entry.machine);
  if (request.is("CANCEL"))
    std::erase_if(out, [](const auto& output) { return !std::holds_alternative<Transmit>(output); });
  store_.settle(entry);
  return out;
}

}  // namespace w2s::sip
