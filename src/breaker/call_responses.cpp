// What becomes of our own requests: responses, time-outs, no route.
#include "call.hpp"

namespace w2s::breaker {

using sip::Message;

namespace {

std::string phrase(const sip::RouteFailure& failure) {
  return failure.reason.empty() ? std::string(sip::default_reason(failure.status)) : failure.reason;
}

}  // namespace

void Call::on_response(Time now, sip::RequestId id, const Message& response, Outputs& out) {
  const auto found = pending_.find(id);
  if (found == pending_.end()) return;
  auto& pending = found->second;
  leg_of(pending).message_source = pending.sent_to;
  const int status = response.status();
  const bool invite = pending.kind == Pending::Kind::invite;
  if (status < 200) {
    if (invite && status > 100) on_invite_provisional(now, pending, response, out);
    if (pending.kind == Pending::Kind::transfer && status > 100) on_transfer_provisional(now, pending, response, out);
  } else if (invite && status < 300) {
    on_invite_success(now, pending, response, out);
  } else if (pending.kind == Pending::Kind::transfer && status < 300) {
    on_transfer_success(now, pending, response, out);
  } else if (pending.finished) {
    if (status < 300 && pending.request.is("INVITE")) acknowledge(pending, response, out);  // repeated
  } else {
    auto done = pending;
    if (status < 300 && pending.request.is("INVITE")) pending.finished = true;  // its 2xx may be repeated
    else forget(id);
    on_final(now, std::move(done), response, out);
  }
  continue_offers(now, out);
}

// The first final response to a request of ours, unless it is a 2xx to the INVITE that makes leg b.
void Call::on_final(Time now, Pending pending, const Message& response, Outputs& out) {
  using Kind = Pending::Kind;
  const int status = response.status();
  const bool given_up = pending.kind == Kind::transfer && !makes_target(pending);
  const bool wanted = (state_ != State::ended || pending.kind == Kind::bye) && !given_up;
  std::optional<sip::RouteFailure> refusal;
  if (wanted && (status == 401 || status == 407) && answer_challenge(pending, response, refusal, out)) return;
  switch (pending.kind) {
    case Kind::invite:
      if (wanted && status == 422 && b_.session.on_too_small(response)) {
        b_.session.ask(pending.request);
        send_again(pending, out);
        return;
      }
      if (refusal) return reject(refusal->status, refusal->reason, refusal->warning, out);
      if (follow_redirect(pending, response, out)) return;
      return on_invite_failure(pending, response, out);
    case Kind::transfer: return on_transfer_failure(now, std::move(pending), response, refusal ? &*refusal : nullptr, out);
    case Kind::modify:
      if (status < 300) return on_modify_success(now, pending, response, out);
      on_modify_failure(now, pending, response, out);
      break;
    case Kind::refresh: on_refresh_response(now, pending, response, out); break;
    case Kind::relay: on_relay_response(now, pending, response, out); break;
    case Kind::notify: return on_notify_answer(now, pending, status, out);
    case Kind::key: on_key_sent(leg_of(pending), out); break;
    case Kind::prack: return;
    case Kind::bye: return on_bye_response(now, pending, response, out);
  }
  // RFC 3261 12.2.1.2. A NOTIFY has its own subscription, whose end is not the call's (RFC 6665 4.4.1).
  if ((status == 481 || status == 408) && !pending.request.is("NOTIFY")) {
    lose_peer(now, leg_of(pending), {"the other leg is gone", status}, out);
  }
}

void Call::on_failed(Time now, sip::RequestId id, sip::ClientFailure cause, Outputs& out) {
  const auto found = pending_.find(id);
  if (found == pending_.end()) return;
  auto pending = std::move(found->second);
  forget(id);
  if (pending.finished) return;
  auto& leg = leg_of(pending);
  const bool timeout = cause == sip::ClientFailure::timeout;
  const bool ends_call = timeout && leg.flow == sip::FlowId::none && !pending.request.is("NOTIFY");
  const bool in_call = !pending.makes_leg() && pending.kind != Pending::Kind::prack;
  const int unreachable = leg.flow == sip::FlowId::none ? 503 : 480;  // a browser whose WebSocket broke is not there
  request_failed(now, std::move(pending), {timeout ? 408 : unreachable, {}, timeout ? "no answer" : "transport failure"}, out);
  // RFC 3261 12.2.1.2: no answer ends the dialog. A browser whose WebSocket died unnoticed may be back soon; its media
  // and its session timer say whether it is gone.
  if (ends_call && in_call && state_ == State::connected) lose_peer(now, leg, {"the other leg does not answer", 408}, out);
  continue_offers(now, out);
}

// A request of ours never got an answer.
void Call::request_failed(Time now, Pending pending, const sip::RouteFailure& failure, Outputs& out) {
  switch (pending.kind) {
    case Pending::Kind::invite:
      if (follow_redirect(pending, Message::response(failure.status, failure.reason), out)) return;
      reject(failure.status, failure.reason, failure.warning, out);
      return;
    case Pending::Kind::transfer:
      return on_transfer_failure(now, std::move(pending), Message::response(failure.status, phrase(failure)), &failure, out);
    case Pending::Kind::modify:
      on_modify_failure(now, pending, sip::make_response(pending.request, failure.status, {}, failure.reason), out);
      return;
    case Pending::Kind::refresh: leg_of(pending).session.refresh_failed(now); return;
    case Pending::Kind::relay:
      if (pending.answers != sip::ServerTransactionId::none) {
        respond(pending.answers, sip::make_response(pending.answered_request, failure.status, {}, failure.reason), out);
      }
      return;
    case Pending::Kind::notify: return on_notify_answer(now, pending, failure.status, out);
    case Pending::Kind::key: return on_key_sent(leg_of(pending), out);
    case Pending::Kind::prack: return;
    case Pending::Kind::bye: return on_bye_response(now, pending, Message::response(failure.status, failure.reason), out);
  }
}

void Call::on_route_failed(Time now, sip::RequestId id, const sip::RouteFailure& failure, Outputs& out) {
  const auto found = pending_.find(id);
  if (found == pending_.end()) return;
  auto pending = std::move(found->second);
  forget(id);
  request_failed(now, std::move(pending), failure, out);
  continue_offers(now, out);
}

}  // namespace w2s::breaker
