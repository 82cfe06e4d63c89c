#pragma once
#include "w2s/sip/transaction_table.hpp"

namespace w2s::sip {

// INVITE client transaction (RFC 3261 17.1.1, RFC 6026 7.2), with a proxy's timer C (16.6 step 11) and the
// wait for a provisional response before CANCEL (9.1).
class InviteClient {
 public:
  InviteClient(ClientTransactionId id, Message request, Target target, const TransactionTimers& timers);

  [[nodiscard]] TransactionOutputs start(Time now);
  [[nodiscard]] TransactionOutputs on_response(Time now, Message response, const Target& source);
  [[nodiscard]] TransactionOutputs on_transport_error();
  [[nodiscard]] TransactionOutputs on_time(Time now);  // early or repeated calls change nothing
  void cancel(Time now, std::vector<Field> extra);
  void abandon(Time now);  // nothing is sent again; cancelled if it did arrive
  // The CANCEL, once, as soon as it may be sent. It is a transaction of its own.
  std::optional<Message> take_cancel();

  std::optional<Time> next_time() const;
  bool finished() const { return state_ == State::terminated; }
  const Message& request() const { return request_; }
  std::size_t octets() const { return request_.wire_size(); }
  const Target& target() const { return target_; }

 private:
  enum class State { calling, proceeding, completed, accepted, terminated };
  enum class Cancel { no, wanted, due, sent };

  Transmit transmit_request() const { return {request_, target_}; }
  Transmit transmit_ack(const Message& response) const;
  TransactionOutputs on_provisional(Time now, Message response, const Target& source);
  TransactionOutputs on_final(Time now, Message response, const Target& source);
  TransactionOutputs on_failure_final(Time now, Message response, const Target& source);
  TransactionOutputs retransmit_or_time_out(Time now);
  TransactionOutputs cancel_or_give_up(Time now);
  TransactionOutputs fail(ClientFailure cause);
  TransactionOutputs end();

  ClientTransactionId id_;
  Message request_;
  Target target_;
  const TransactionTimers* timers_;
  State state_ = State::calling;
  Cancel cancel_ = Cancel::no;
  std::vector<Field> cancel_extra_;
  Duration interval_a_;
  std::optional<Time> timer_a_;  // none on reliable transports
  Time timer_b_, timer_c_, timer_d_, timer_m_;
  Time cancel_deadline_;
};

}  // namespace w2s::sip
