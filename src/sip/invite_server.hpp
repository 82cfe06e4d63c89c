#pragma once
#include "w2s/sip/transaction_table.hpp"

namespace w2s::sip {

// INVITE server transaction (RFC 3261 17.2.1, RFC 6026 7.1).
class InviteServer {
 public:
  // `source`: where the request came from; `target`: where its responses go.
  InviteServer(ServerTransactionId id, Message request, Target source, Target target,
               const TransactionTimers& timers);

  [[nodiscard]] TransactionOutputs start(Time now);
  [[nodiscard]] TransactionOutputs on_retransmission();
  [[nodiscard]] TransactionOutputs on_ack(Time now, Message ack, const Target& source);
  [[nodiscard]] TransactionOutputs respond(Time now, Message response);
  [[nodiscard]] TransactionOutputs on_transport_error();
  [[nodiscard]] TransactionOutputs on_time(Time now);  // early or repeated calls change nothing

  std::optional<Time> next_time() const;
  bool finished() const { return state_ == State::terminated; }
  const Message& request() const { return request_; }  // its headers; the body went to the owner
  std::size_t octets() const { return request_.wire_size() + (last_response_ ? last_response_->wire_size() : 0); }
  const Target& target() const { return target_; }
  // A response may follow. Of a refusal none does over a reliable transport, the 2xx is repeated by its owner.
  bool may_respond() const { return state_ == State::proceeding || state_ == State::accepted; }
  void redirect(Target target) { target_ = std::move(target); }
  bool answered() const { return state_ != State::proceeding; }  // a final response was sent
  const std::string& to_tag() const {
    return to_tag_;
  }  // of the last response; empty before the first with one

 private:
  enum class State { proceeding, completed, confirmed, accepted, terminated };

  Transmit remember_and_send(Message response);
  TransactionOutputs respond_first_time(Time now, Message response);
  TransactionOutputs send_trying_if_due(Time now);
  TransactionOutputs retransmit_or_time_out(Time now);
  TransactionOutputs fail();
  TransactionOutputs end();

  ServerTransactionId id_;
  Message request_;
  Target source_, target_;
  const TransactionTimers* timers_;
  State state_ = State::proceeding;
  std::optional<Message> last_response_;
  std::string to_tag_;
  std::optional<Time> trying_at_;  // when 100 is due; none once any response was sent
  Duration interval_g_;
  std::optional<Time> timer_g_;  // none on reliable transports
  Time timer_h_, timer_i_, timer_l_;
};

}  // namespace w2s::sip
