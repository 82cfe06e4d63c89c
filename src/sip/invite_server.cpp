#include "invite_server.hpp"

#include <algorithm>

#include "outputs.hpp"

namespace w2s::sip {

namespace {

// RFC 3261 17.2.1 asks for 100 unless another response follows within 200 ms. Over UDP it stops the client's
// timer A and is due at once, yet by the clock: an owner that refuses the request in the same breath sends
// one datagram, not two.
constexpr Duration reliable_trying_delay = 200ms;
constexpr Duration udp_trying_delay = 0ms;

}  // namespace

InviteServer::InviteServer(ServerTransactionId id, Message request, Target source, Target target,
                           const TransactionTimers& timers)
    : id_(id),
      request_(std::move(request)),
      source_(std::move(source)),
      target_(std::move(target)),
      timers_(&timers),
      interval_g_(timers.t1) {}

TransactionOutputs InviteServer::start(Time now) {
  trying_at_ = now + (is_reliable(target_.transport) ? reliable_trying_delay : udp_trying_delay);
  auto received = outputs(RequestReceived{id_, request_, source_});
  request_.set_body({}, {});
  return received;
}

TransactionOutputs InviteServer::on_retransmission() {
  switch (state_) {
    case State::proceeding:
    case State::completed:
      if (last_response_) return outputs(Transmit{*last_response_, target_});
      return {};
    case State::confirmed:
    case State::accepted:  // RFC 6026 7.1: absorbed; 2xx are retransmitted by the owner
    case State::terminated: return {};
  }
  return {};
}

TransactionOutputs InviteServer::on_ack(Time now, Message ack, const Target& source) {
  switch (state_) {
    case State::completed:
      if (is_reliable(target_.transport)) return end();  // timer I is zero
      state_ = State::confirmed;
      timer_i_ = now + timers_->t4;
      return {};
    // RFC 6026 7.1: the ACK of a 2xx that came on the INVITE's branch goes to the owner.
    case State::accepted: return outputs(AckReceived{std::move(ack), source});
    case State::proceeding:
    case State::confirmed:
    case State::terminated: return {};
  }
  return {};
}

TransactionOutputs InviteServer::respond(Time now, Message response) {
  switch (state_) {
    case State::proceeding: return respond_first_time(now, std::move(response));
    case State::accepted:  // RFC 6026 8.7: retransmitted 2xx, and those of other forks
      if (response.status() / 100 == 2) return outputs(Transmit{std::move(response), target_});
      return {};
    case State::completed:
    case State::confirmed:
    case State::terminated: return {};
  }
  return {};
}

TransactionOutputs InviteServer::respond_first_time(Time now, Message response) {
  trying_at_.reset();
  const auto status = response.status();
  auto out = outputs(remember_and_send(std::move(response)));
  if (status < 200) return out;
  if (status < 300) {
    state_ = State::accepted;
    timer_l_ = now + 64 * timers_->t1;
    last_response_.reset();
    return out;
  }
  state_ = State::completed;
  if (!is_reliable(target_.transport)) timer_g_ = now + interval_g_;
  timer_h_ = now + 64 * timers_->t1;
  return out;
}

Transmit InviteServer::remember_and_send(Message response) {
  if (const auto to = response.to(); to && response.status() > 100) to_tag_ = to->tag();
  last_response_ = std::move(response);
  return {*last_response_, target_};
}

TransactionOutputs InviteServer::on_transport_error() {
  switch (state_) {
    case State::proceeding:
    case State::completed: return fail();
    case State::confirmed:
    case State::accepted: return end();  // its 2xx was sent; whether the call lives is the dialog's matter
    case State::terminated: return {};
  }
  return {};
}

TransactionOutputs InviteServer::on_time(Time now) {
  switch (state_) {
    case State::proceeding: return send_trying_if_due(now);
    case State::completed: return retransmit_or_time_out(now);
    case State::confirmed:
      if (now >= timer_i_) return end();
      return {};
    case State::accepted:
      if (now >= timer_l_) return end();
      return {};
    case State::terminated: return {};
  }
  return {};
}

TransactionOutputs InviteServer::send_trying_if_due(Time now) {
  if (!trying_at_ || now < *trying_at_) return {};
  trying_at_.reset();
  return outputs(remember_and_send(make_response(request_, 100, {})));
}

TransactionOutputs InviteServer::retransmit_or_time_out(Time now) {
  if (now >= timer_h_) return fail();
  if (!timer_g_ || now < *timer_g_) return {};
  interval_g_ = std::min(2 * interval_g_, timers_->t2);
  timer_g_ = now + interval_g_;
  return outputs(Transmit{*last_response_, target_});
}

std::optional<Time> InviteServer::next_time() const {
  switch (state_) {
    case State::proceeding: return trying_at_;
    case State::completed: return earlier(timer_g_, timer_h_);
    case State::confirmed: return timer_i_;
    case State::accepted: return timer_l_;
    case State::terminated: return std::nullopt;
  }
  return std::nullopt;
}

TransactionOutputs InviteServer::fail() {
  state_ = State::terminated;
  return outputs(ServerFailed{id_}, ServerEnded{id_});
}

TransactionOutputs InviteServer::end() {
  state_ = State::terminated;
  return outputs(ServerEnded{id_});
}

}  // namespace w2s::sip
