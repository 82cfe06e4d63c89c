#pragma once
#include "w2s/sip/transaction_table.hpp"

namespace w2s::sip {

// Non-INVITE server transaction (RFC 3261 17.2.2). After 64*T1 without a final response it ends in silence:
// the client's timer F has fired, and 408 must not be sent (RFC 4320 4.2).
class NonInviteServer {
 public:
  // `source`: where the request came from; `target`: where its responses go.
  NonInviteServer(ServerTransactionId id, Message request, Target source, Target target,
                  const TransactionTimers& timers);

  [[nodiscard]] TransactionOutputs start(Time now);
  [[nodiscard]] TransactionOutputs on_retransmission();
  [[nodiscard]] TransactionOutputs respond(Time now, Message response);
  [[nodiscard]] TransactionOutputs on_transport_error();
  [[nodiscard]] TransactionOutputs on_time(Time now);  // early or repeated calls change nothing

  std::optional<Time> next_time() const;
  bool finished() const { return state_ == State::terminated; }
  const Message& request() const { return request_; }  // its headers; the body went to the owner
  std::size_t octets() const { return request_.wire_size() + (last_response_ ? last_response_->wire_size() : 0); }
  const Target& target() const { return target_; }
  bool may_respond() const { return state_ == State::trying || state_ == State::proceeding; }
  void redirect(Target target) { target_ = std::move(target); }

 private:
  enum class State { trying, proceeding, completed, terminated };

  TransactionOutputs respond_first_time(Time now, Message response);
  TransactionOutputs fail();
  TransactionOutputs end();

  ServerTransactionId id_;
  Message request_;
  Target source_, target_;
  const TransactionTimers* timers_;
  State state_ = State::trying;
  std::optional<Message> last_response_;
  Time too_late_;  // 64*T1 after the request
  Time timer_j_;
};

}  // namespace w2s::sip
