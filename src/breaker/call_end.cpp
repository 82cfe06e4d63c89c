// How a call ends: BYE, a media failure, the gateway's stop.
#include "call.hpp"

namespace w2s::breaker {

using sip::HeaderId;
using sip::Message;

void Call::on_bye(Time now, LegState& from, sip::ServerTransactionId id, const Message& request, Outputs& out) {
  const bool again = awaited_bye_ && awaited_bye_->challenged;
  const bool browser_hears = from.side == leg::Side::a && !is_referrer(from) && browser_answers_byes() &&
                             (again || state_ == State::connected);
  if (!browser_hears) respond(id, response_to(from, request, 200), out);  // at once, whatever the other leg does
  if (browser_hears && again) {
    bye(b_, EndCause::received({}, request), out);
    return await_bye(now, id, request);
  }
  const auto fork = forks_.find(request.from()->tag());
  if (from.made_here && fork != forks_.end()) {  // RFC 3261 15 forbids it in an early dialog: that fork is gone
    forks_.erase(fork);
    if (from.dialog || !forks_.empty()) return;
  }
  from.awaited_ack.reset();
  from.bye_after_ack.reset();
  if (state_ == State::ended) return;
  if (from.side == leg::Side::a && state_ != State::connected) {
    respond(invite_id_, response_to(a_, setup_.invite, 487), out);
  }
  const auto cause = EndCause::received(std::string("BYE on leg ") + leg::name(from.side), request);
  if (is_referrer(from)) return lose_peer(now, from, cause, out);
  end(now, cause, out, from.side);
  if (browser_hears) await_bye(now, id, request);
}

// The server of leg b wanted credentials for the INVITE, and only the browser has them: it hears what its BYE meets there.
bool Call::browser_answers_byes() const {
  const auto& invite = setup_.invite;
  return a_.is_browser() && !digest_ && invite.count(HeaderId::authorization) + invite.count(HeaderId::proxy_authorization) > 0;
}

// The BYE that is on its way on leg b carries this request's credentials and answers it.
void Call::await_bye(Time now, sip::ServerTransactionId id, const Message& request) {
  constexpr auto patience = 8s;  // well before the browser's own timer F of 32 s
  awaited_bye_ = AwaitedBye{id, request, now + patience};
  for (auto& [number, pending] : pending_) {
    if (pending.kind != Pending::Kind::bye || &leg_of(pending) != &b_ || pending.fork || pending.sent) continue;
    pending.answers = id;
    copy_authorizations(request, pending.request);
  }
}

void Call::on_bye_response(Time now, const Pending& bye, const Message& response, Outputs& out) {
  if (!awaited_bye_ || bye.answers != awaited_bye_->id || awaited_bye_->challenged) return;
  if (response.status() == 401 || response.status() == 407) {
    auto challenged = response_to(a_, awaited_bye_->request, response.status(), response.reason());
    if (copy_challenges(response, challenged)) {
      awaited_bye_->challenged = true;
      awaited_bye_->until = now + 32s;
      return respond(bye.answers, std::move(challenged), out);
    }
  }
  respond(bye.answers, response_to(a_, awaited_bye_->request, 200), out);  // gone or not, this leg is over
  awaited_bye_.reset();
}

void Call::on_bye_deadline(Time now, Outputs& out) {
  if (!awaited_bye_ || awaited_bye_->until > now) return;
  if (!awaited_bye_->challenged) respond(awaited_bye_->id, response_to(a_, awaited_bye_->request, 200), out);
  awaited_bye_.reset();
}

// RFC 3261 15: the callee sends no BYE before it has the ACK of its 2xx, or has given up waiting for it.
void Call::bye(LegState& leg, const EndCause& cause, Outputs& out) {
  if (!leg.dialog || leg.hung_up) return;
  if (leg.awaited_ack) {
    leg.bye_after_ack = cause;
    return;
  }
  auto pending = in_dialog(leg, Pending::Kind::bye, "BYE");
  cause.append_to(pending.request);
  send(std::move(pending), out);
}

// Leg b by what it has come to: BYE when it has answered, CANCEL when its INVITE is out.
void Call::hang_up_b(const EndCause& cause, Outputs& out) {
  if (b_.dialog) return bye(b_, cause, out);
  if (!invite_request_) return;
  const auto found = pending_.find(*invite_request_);
  if (found == pending_.end() || !found->second.sent) return;
  out.push_back(sip::CancelRequest{*invite_request_, cause.reasons()});
}

void Call::end(Time now, const EndCause& cause, Outputs& out, std::optional<leg::Side> except) {
  if (state_ == State::ended) return;
  if (transfer_) drop_transfer(now, 487, "Request Terminated", out);
  hang_up_former_legs({}, cause, out);
  if (except != leg::Side::a) {
    if (state_ == State::connected) bye(a_, cause, out);
    else respond(invite_id_, response_to(a_, setup_.invite, 480), out);
  }
  if (except != leg::Side::b) hang_up_b(cause, out);
  close(cause.text, out);
}

void Call::close(std::string_view cause, Outputs& out) {
  if (state_ == State::ended) return;
  state_ = State::ended;
  responses_a_.stop();
  for (auto* leg : {&a_, &b_}) refuse_modification(*leg, 487, {}, out);
  for (const auto* leg : {&a_, &b_}) {
    if (leg->flow != sip::FlowId::none) out.push_back(sip::HoldFlow{leg->flow, false});
  }
  if (route_known_) out.push_back(leg::CloseMedia{media_});
  if (invite_request_) {  // never sent: nothing will come back for it
    const auto found = pending_.find(*invite_request_);
    if (found != pending_.end() && !found->second.sent) {
      out.push_back(sip::CancelRequest{*invite_request_, {}});
      forget(*invite_request_);
    }
  }
  log_state("call.end", {{"cause", cause}});
}

// An answered call goes on without its browser's WebSocket as long as media flows, and so long as the browser may still
// come back. Before the answer the failed transactions end it.
void Call::on_flow_closed(Time now, sip::FlowId flow) {
  if (state_ != State::connected) return;
  for (auto* leg : {&a_, &b_}) {
    if (leg->flow != flow || leg->lost_until || leg->hung_up) continue;
    leg->lost_until = now + context_.options.websocket_grace;
    log_state("call.websocket_lost", {{"leg", leg::name(leg->side)}});
  }
}

// The time of grace is over: the browser has another WebSocket by now, or the call ends.
void Call::look_for_lost_browsers(Time now, Outputs& out) {
  for (auto* leg : {&a_, &b_}) {
    if (ended() || !leg->lost_until || *leg->lost_until > now) continue;
    const auto flow = hop_to(*leg, leg->dialog ? &*leg->dialog : nullptr).flow;
    if (context_.options.is_open(flow)) move_to(*leg, flow, out);
    else lose_peer(now, *leg, {"the browser's WebSocket was lost", 480}, out);
  }
}

void Call::on_media_event(Time now, const leg::Event& event, Outputs& out) {
  if (const auto* connected = std::get_if<leg::LegConnected>(&event)) {
    return log_state("call.media_connected", {{"leg", leg::name(connected->side)}});
  }
  if (const auto* key = std::get_if<leg::KeyPressed>(&event)) return on_key_pressed(*key, out);
  if (const auto* wanted = std::get_if<leg::KeyFrameWanted>(&event)) {
    auto& to = this->leg(wanted->side);
    if (wanted->number == to.number && state_ == State::connected) send_fast_update(now, to, out);
    return;
  }
  const auto& failed = std::get<leg::LegFailed>(event);
  auto& leg = this->leg(failed.side);
  if (failed.number != leg.number || leg.hung_up) return;  // of a leg that nobody hears any more
  log_state("call.media_failed", {{"leg", leg::name(failed.side)}, {"stage", leg::name(failed.failure)},
                                  {"detail", failed.detail}});
  const auto cause = EndCause::of(failed.failure);
  if (is_referrer(leg)) bye(leg, cause, out);
  lose_peer(now, leg, cause, out);
}

}  // namespace w2s::breaker
