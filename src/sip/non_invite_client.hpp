#pragma once
#include "w2s/sip/transaction_table.hpp"

namespace w2s::sip {

// Non-INVITE client transaction (RFC 3261 17.1.2).
class NonInviteClient {
 public:
  NonInviteClient(ClientTransactionId id, Message request, Target target, const TransactionTimers& timers);

  [[nodiscard]] TransactionOutputs start(Time now);
  [[nodiscard]] TransactionOutputs on_response(Time now, Message response, const Target& source);
  [[nodiscard]] TransactionOutputs on_transport_error();
  [[nodiscard]] TransactionOutputs on_time(Time now);  // early or repeated calls change nothing

  void abandon() { timer_e_.reset(); }  // nothing is sent again
  std::optional<Time> next_time() const;
  bool finished() const { return state_ == State::terminated; }
  const Message& request() const { return request_; }  // its method alone once it is answered
  std::size_t octets() const { return request_.wire_size(); }

 private:
  enum class State { trying, proceeding, completed, terminated };

  TransactionOutputs on_final(Time now, Message response, const Target& source);
  TransactionOutputs retransmit_or_time_out(Time now);
  TransactionOutputs fail(ClientFailure cause);

  ClientTransactionId id_;
  Message request_;
  Target target_;
  const TransactionTimers* timers_;
  State state_ = State::trying;
  Duration interval_e_;
  std::optional<Time> timer_e_;  // none on reliable transports
  Time timer_f_, timer_k_;
};

}  // namespace w2s::sip
