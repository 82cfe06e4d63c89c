#include "invite_client.hpp"

#include <utility>

#include "hop_request.hpp"
#include "outputs.hpp"

namespace w2s::sip {

InviteClient::InviteClient(ClientTransactionId id, Message request, Target target,
                           const TransactionTimers& timers)
    : id_(id),
      request_(std::move(request)),
      target_(std::move(target)),
      timers_(&timers),
      interval_a_(timers.t1) {}

TransactionOutputs InviteClient::start(Time now) {
  if (!is_reliable(target_.transport)) timer_a_ = now + interval_a_;
  timer_b_ = now + 64 * timers_->t1;
  timer_c_ = now + timers_->timer_c;
  return outputs(transmit_request());
}

TransactionOutputs InviteClient::on_response(Time now, Message response, const Target& source) {
  const bool is_2xx = response.status() / 100 == 2;
  switch (state_) {
    case State::calling:
    case State::proceeding:
      if (response.status() < 200) return on_provisional(now, std::move(response), source);
      return on_final(now, std::move(response), source);
    case State::completed:
      if (response.status() >= 300) return outputs(transmit_ack(response));
      return {};
    case State::accepted:
      // RFC 6026 7.2: every 2xx goes up, retransmitted or of another fork.
      if (is_2xx) return outputs(ResponseReceived{id_, std::move(response), source});
      return {};
    case State::terminated: return {};
  }
  return {};
}

TransactionOutputs InviteClient::on_provisional(Time now, Message response, const Target& source) {
  state_ = State::proceeding;
  if (response.status() > 100) timer_c_ = now + timers_->timer_c;
  if (cancel_ == Cancel::wanted) {
    cancel_ = Cancel::due;
    cancel_deadline_ = now + 64 * timers_->t1;
  }
  return outputs(ResponseReceived{id_, std::move(response), source});
}

TransactionOutputs InviteClient::on_final(Time now, Message response, const Target& source) {
  if (response.status() >= 300) return on_failure_final(now, std::move(response), source);
  state_ = State::accepted;
  timer_m_ = now + 64 * timers_->t1;
  return outputs(ResponseReceived{id_, std::move(response), source});
}

TransactionOutputs InviteClient::on_failure_final(Time now, Message response, const Target& source) {
  auto out = outputs(transmit_ack(response));
  out.push_back(ResponseReceived{id_, std::move(response), source});
  if (is_reliable(target_.transport)) {  // timer D is zero: nothing will be retransmitted
    state_ = State::terminated;
    out.push_back(ClientEnded{id_});
    return out;
  }
  state_ = State::completed;
  timer_d_ = now + timers_->timer_d;
  return out;
}

TransactionOutputs InviteClient::on_transport_error() {
  switch (state_) {
    case State::calling:
    case State::proceeding: return fail(ClientFailure::transport);
    case State::completed: return end();  // the ACK cannot be sent; the owner has its final response
    case State::accepted:                 // sends nothing any more, and further 2xx may still come
    case State::terminated: return {};
  }
  return {};
}

TransactionOutputs InviteClient::on_time(Time now) {
  switch (state_) {
    case State::calling: return retransmit_or_time_out(now);
    case State::proceeding: return cancel_or_give_up(now);
    case State::completed:
      if (now >= timer_d_) return end();
      return {};
    case State::accepted:
      if (now >= timer_m_) return end();
      return {};
    case State::terminated: return {};
  }
  return {};
}

TransactionOutputs InviteClient::retransmit_or_time_out(Time now) {
  if (now >= timer_b_) return fail(ClientFailure::timeout);
  if (!timer_a_ || now < *timer_a_) return {};
  interval_a_ *= 2;
  timer_a_ = now + interval_a_;
  return outputs(transmit_request());
}

TransactionOutputs InviteClient::cancel_or_give_up(Time now) {
  // RFC 3261 9.1: without a final response 64*T1 after the CANCEL the INVITE counts as cancelled.
  if (cancel_ != Cancel::no)
    return now >= cancel_deadline_ ? fail(ClientFailure::timeout) : TransactionOutputs{};
  // 16.8: when timer C fires after a provisional response, the branch is cancelled and its final response
  // awaited.
  if (now >= timer_c_) cancel(now, {});
  return {};
}

void InviteClient::cancel(Time now, std::vector<Field> extra) {
  if (cancel_ != Cancel::no) return;
  switch (state_) {
    case State::calling: cancel_ = Cancel::wanted; break;
    case State::proceeding:
      cancel_ = Cancel::due;
      cancel_deadline_ = now + 64 * timers_->t1;
      break;
    case State::completed:
    case State::accepted:
    case State::terminated: return;  // 9.1: a final response leaves nothing to cancel
  }
  cancel_extra_ = std::move(extra);
}

void InviteClient::abandon(Time now) {
  timer_a_.reset();
  cancel(now, {});
}

std::optional<Message> InviteClient::take_cancel() {
  if (cancel_ != Cancel::due) return std::nullopt;
  cancel_ = Cancel::sent;
  auto message = hop_request(request_, "CANCEL");
  for (auto& field : cancel_extra_) {
    if (field.name.empty()) field.name = header_name(field.id);
    message.append(std::move(field.name), std::move(field.value));
  }
  cancel_extra_.clear();
  return message;
}

std::optional<Time> InviteClient::next_time() const {
  switch (state_) {
    case State::calling: return earlier(timer_a_, timer_b_);
    case State::proceeding: return cancel_ == Cancel::no ? timer_c_ : cancel_deadline_;
    case State::completed: return timer_d_;
    case State::accepted: return timer_m_;
    case State::terminated: return std::nullopt;
  }
  return std::nullopt;
}

// RFC 3261 17.1.1.3: To is the response's, all else the INVITE's.
Transmit InviteClient::transmit_ack(const Message& response) const {
  auto ack = hop_request(request_, "ACK");
  ack.set(HeaderId::to, std::string(response.get(HeaderId::to).value_or("")));
  return {std::move(ack), target_};
}

TransactionOutputs InviteClient::fail(ClientFailure cause) {
  state_ = State::terminated;
  return outputs(ClientFailed{id_, cause}, ClientEnded{id_});
}

TransactionOutputs InviteClient::end() {
  state_ = State::terminated;
  return outputs(ClientEnded{id_});
}

}  // namespace w2s::sip
