// What is due when.
#include <algorithm>
#include <utility>

#include "call.hpp"

namespace w2s::breaker {

using sip::Message;

namespace {

constexpr Duration t1 = 500ms;  // RFC 3261 17.1.1.1
constexpr Duration t2 = 4s;

}  // namespace

void Call::answer_2xx(Time now, LegState& leg, sip::ServerTransactionId id, Message response, Outputs& out) {
  leg.awaited_ack = AwaitedAck{id, response, t1, now + t1, now + 64 * t1};
  respond(id, std::move(response), out);
}

void Call::on_time(Time now, Outputs& out) {
  on_bye_deadline(now, out);
  for (auto* leg : {&a_, &b_}) {
    repeat_2xx(now, *leg, out);
    if (leg->retry_at && *leg->retry_at <= now) leg->retry_at.reset();
    if (state_ != State::ended && !leg->hung_up && leg->session.expired(now)) {
      lose_peer(now, *leg, {std::string("session expired on leg ") + leg::name(leg->side), 408}, out);
    }
  }
  if (auto repeated = responses_a_.on_time(now)) respond(invite_id_, std::move(*repeated), out);
  if (responses_a_.expired(now)) {  // RFC 3262 3: a 5xx
    hang_up_b({"no PRACK", 504}, out);
    reject(504, {}, "no PRACK for a reliable provisional response", out);
  }
  repeat_progress(now, out);
  if (invite_expires_at_ && *invite_expires_at_ <= now) {  // RFC 3261 13.3.1
    invite_expires_at_.reset();
    if (state_ < State::connected) {
      hang_up_b({"INVITE expired", 487}, out);
      reject(487, {}, "the INVITE expired", out);
    }
  }
  if (transfer_ && transfer_->give_up_at <= now) fail_transfer(now, 408, "Request Timeout", out);
  hang_up_former_legs(now, "transferred", out);
  look_for_lost_browsers(now, out);
  continue_offers(now, out);
}

// RFC 3261 13.3.1.4: until the ACK comes, or for 64*T1.
void Call::repeat_2xx(Time now, LegState& leg, Outputs& out) {
  auto& awaited = leg.awaited_ack;
  if (!awaited || awaited->next > now) return;
  if (awaited->deadline <= now) {
    awaited.reset();
    if (leg.bye_after_ack) bye(leg, *std::exchange(leg.bye_after_ack, {}), out);
    return lose_peer(now, leg, {"no ACK", 408}, out);
  }
  respond(awaited->id, awaited->response, out);
  awaited->interval = std::min<Duration>(awaited->interval * 2, t2);
  awaited->next = std::min(now + awaited->interval, awaited->deadline);
}

std::optional<Time> Call::next_time() const {
  auto next = responses_a_.next_time();
  if (awaited_bye_) next = earlier(next, awaited_bye_->until);
  if (transfer_) next = earlier(next, transfer_->give_up_at);
  for (const auto& former : former_) next = earlier(next, former.bye_at);
  for (const auto* leg : {&a_, &b_}) {
    if (leg->awaited_ack) next = earlier(next, leg->awaited_ack->next);
    if (state_ == State::ended || leg->hung_up) continue;
    next = earlier(next, earlier(leg->retry_at, leg->lost_until));
    next = earlier(next, leg->session.expires_at());
    // Else at the event that frees the leg.
    if (state_ == State::connected && is_free(*leg)) next = earlier(next, leg->session.refresh_at());
  }
  if (state_ < State::connected) next = earlier(next, invite_expires_at_);
  if (state_ < State::answering && progress_) next = earlier(next, progress_->next);
  return next;
}

}  // namespace w2s::breaker
