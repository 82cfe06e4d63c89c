#include "non_invite_client.hpp"

#include <algorithm>

#include "outputs.hpp"

namespace w2s::sip {

NonInviteClient::NonInviteClient(ClientTransactionId id, Message request, Target target,
                                 const TransactionTimers& timers)
    : id_(id),
      request_(std::move(request)),
      target_(std::move(target)),
      timers_(&timers),
      interval_e_(timers.t1) {}

TransactionOutputs NonInviteClient::start(Time now) {
  if (!is_reliable(target_.transport)) timer_e_ = now + interval_e_;
  timer_f_ = now + 64 * timers_->t1;
  return outputs(Transmit{request_, target_});
}

TransactionOutputs NonInviteClient::on_response(Time now, Message response, const Target& source) {
  switch (state_) {
    case State::trying:
    case State::proceeding:
      if (response.status() >= 200) return on_final(now, std::move(response), source);
      state_ = State::proceeding;
      return outputs(ResponseReceived{id_, std::move(response), source});
    case State::completed:
    case State::terminated: return {};
  }
  return {};
}

TransactionOutputs NonInviteClient::on_final(Time now, Message response, const Target& source) {
  // Nobody hears of it again: what is left until timer K absorbs retransmissions and needs no request for it.
  auto out = outputs(ResponseReceived{id_, std::move(response), source}, ClientEnded{id_});
  if (is_reliable(target_.transport)) {  // timer K is zero: nothing will be retransmitted
    state_ = State::terminated;
    return out;
  }
  state_ = State::completed;
  timer_k_ = now + timers_->t4;
  request_ = Message::request(request_.method(), {});
  return out;
}

TransactionOutputs NonInviteClient::on_transport_error() {
  switch (state_) {
    case State::trying:
    case State::proceeding: return fail(ClientFailure::transport);
    case State::completed:
    case State::terminated: return {};
  }
  return {};
}

TransactionOutputs NonInviteClient::on_time(Time now) {
  switch (state_) {
    case State::trying:
    case State::proceeding: return retransmit_or_time_out(now);
    case State::completed:
      if (now >= timer_k_) state_ = State::terminated;
      return {};
    case State::terminated: return {};
  }
  return {};
}

TransactionOutputs NonInviteClient::retransmit_or_time_out(Time now) {
  if (now >= timer_f_) return fail(ClientFailure::timeout);
  if (!timer_e_ || now < *timer_e_) return {};
  // RFC 3261 17.1.2.2: doubled up to T2 while trying, always T2 once a provisional response came.
  interval_e_ = state_ == State::trying ? std::min(2 * interval_e_, timers_->t2) : timers_->t2;
  timer_e_ = now + interval_e_;
  return outputs(Transmit{request_, target_});
}

std::optional<Time> NonInviteClient::next_time() const {
  switch (state_) {
    case State::trying:
    case State::proceeding: return earlier(timer_e_, timer_f_);
    case State::completed: return timer_k_;
    case State::terminated: return std::nullopt;
  }
  return std::nullopt;
}

TransactionOutputs NonInviteClient::fail(ClientFailure cause) {
  state_ = State::terminated;
  return outputs(ClientFailed{id_, cause}, ClientEnded{id_});
}

}  // namespace w2s::sip
