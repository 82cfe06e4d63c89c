#include "non_invite_server.hpp"

#include "outputs.hpp"

namespace w2s::sip {

NonInviteServer::NonInviteServer(ServerTransactionId id, Message request, Target source, Target target,
                                 const TransactionTimers& timers)
    : id_(id),
      request_(std::move(request)),
      source_(std::move(source)),
      target_(std::move(target)),
      timers_(&timers) {}

TransactionOutputs NonInviteServer::start(Time now) {
  too_late_ = now + 64 * timers_->t1;
  auto received = outputs(RequestReceived{id_, request_, source_});
  request_.set_body({}, {});
  return received;
}

TransactionOutputs NonInviteServer::on_retransmission() {
  switch (state_) {
    case State::trying: return {};
    case State::proceeding:
    case State::completed: return outputs(Transmit{*last_response_, target_});
    case State::terminated: return {};
  }
  return {};
}

TransactionOutputs NonInviteServer::respond(Time now, Message response) {
  switch (state_) {
    case State::trying:
    case State::proceeding:
      if (response.status() == 408) return {};  // RFC 4320 4.2
      return respond_first_time(now, std::move(response));
    case State::completed:
    case State::terminated: return {};
  }
  return {};
}

TransactionOutputs NonInviteServer::respond_first_time(Time now, Message response) {
  const bool is_final = response.status() >= 200;
  last_response_ = std::move(response);
  auto out = outputs(Transmit{*last_response_, target_});
  if (!is_final) {
    state_ = State::proceeding;
  } else if (is_reliable(target_.transport)) {  // timer J is zero: nothing will be retransmitted
    append(out, end());
  } else {
    state_ = State::completed;
    timer_j_ = now + 64 * timers_->t1;
  }
  return out;
}

TransactionOutputs NonInviteServer::on_transport_error() {
  switch (state_) {
    case State::trying:
    case State::proceeding: return fail();
    case State::completed: return end();
    case State::terminated: return {};
  }
  return {};
}

TransactionOutputs NonInviteServer::on_time(Time now) {
  switch (state_) {
    case State::trying:
    case State::proceeding:
      if (now >= too_late_) return end();
      return {};
    case State::completed:
      if (now >= timer_j_) return end();
      return {};
    case State::terminated: return {};
  }
  return {};
}

std::optional<Time> NonInviteServer::next_time() const {
  switch (state_) {
    case State::trying:
    case State::proceeding: return too_late_;
    case State::completed: return timer_j_;
    case State::terminated: return std::nullopt;
  }
  return std::nullopt;
}

TransactionOutputs NonInviteServer::fail() {
  state_ = State::terminated;
  return outputs(ServerFailed{id_}, ServerEnded{id_});
}

TransactionOutputs NonInviteServer::end() {
  state_ = State::terminated;
  return outputs(ServerEnded{id_});
}

}  // namespace w2s::sip
