#pragma once
#include <variant>

#include "invite_client.hpp"
#include "non_invite_client.hpp"
#include "transaction_store.hpp"

namespace w2s::sip {

// The client half of the table: requests that we sent. CANCELs are its own business: their responses and
// their end are not reported.
class ClientTransactions {
 public:
  ClientTransactions(const TransactionTimers& timers, const KeyedHash& hash) : timers_(timers), store_(hash) {}

  TransactionOutputs send_request(Time now, Message request, const Target& target, ClientTransactionId& id);
  TransactionOutputs cancel(Time now, ClientTransactionId invite, std::vector<Field> extra);
  TransactionOutputs abandon(Time now, ClientTransactionId id);
  TransactionOutputs on_response(Time now, Message response, const Target& source);
  TransactionOutputs on_transport_error(Time now, const Target& target);
  TransactionOutputs on_time(Time now);
  std::optional<Time> next_time() const { return store_.next_time(); }
  TransactionLoad load() const { return store_.load(); }

 private:
  using Machine = std::variant<InviteClient, NonInviteClient>;
  using Entry = TransactionStore<Machine>::Entry;

  TransactionOutputs start(Time now, Message request, const Target& target);
  // What `entry` just put out, for the owner; with it the CANCEL that became due. May drop the entry.
  TransactionOutputs finish_event(Time now, Entry& entry, TransactionOutputs out);

  const TransactionTimers& timers_;
  TransactionStore<Machine> store_;
  std::uint64_t last_id_ = 0;
};

}  // namespace w2s::sip
