#pragma once
#include <variant>

#include "invite_server.hpp"
#include "non_invite_server.hpp"
#include "transaction_store.hpp"

namespace w2s::sip {

// The server half of the table: requests that we received. CANCELs are its own business: it answers them and
// reports only what they cancel.
class ServerTransactions {
 public:
  ServerTransactions(const TransactionTimers& timers, const KeyedHash& hash) : timers_(timers), store_(hash) {}

  // `others`: how many transactions exist elsewhere in the table; they count towards max_transactions.
  TransactionOutputs on_request(Time now, Message request, const Target& source,
                                const TransactionLoad& others);
  TransactionOutputs respond(Time now, ServerTransactionId id, Message response);
  TransactionOutputs refuse(ServerTransactionId id, Message response);
  TransactionOutputs on_transport_error(const Target& target);
  // Those that have something to say yet and can say it elsewhere do not use `flow` any more.
  void leave_flow(FlowId flow, const TransactionTable::WayBack& way_back);
  TransactionOutputs on_time(Time now);
  std::optional<Time> next_time() const { return store_.next_time(); }
  const Message* request_of(ServerTransactionId id) const;
  TransactionLoad load() const { return store_.load(); }

 private:
  using Machine = std::variant<InviteServer, NonInviteServer>;
  using Entry = TransactionStore<Machine>::Entry;

  TransactionOutputs on_ack(Time now, Message ack, const Via& via, const Target& source);
  TransactionOutputs on_cancel(Time now, Message cancel, std::string key, const Via& via,
                               const Target& source);
  TransactionOutputs start(Time now, Message request, std::string key, const Target& source,
                           const Target& target);
  bool overloaded(const Message& request, const TransactionLoad& others) const;
  // What `entry` just put out, for the owner. May drop the entry.
  TransactionOutputs finish_event(Entry& entry, TransactionOutputs out);

  const TransactionTimers& timers_;
  TransactionStore<Machine> store_;
  std::uint64_t last_id_ = 0;
};

}  // namespace w2s::sip
