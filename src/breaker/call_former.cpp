// Legs that take a place or leave it: the third party comes in, the peer that sent the REFER goes.
#include <algorithm>
#include <cassert>
#include <utility>

#include "call.hpp"

namespace w2s::breaker {

using sip::Message;

namespace {

// RFC 5589: whoever refers hangs up when the last NOTIFY has told of success. Who does not is hung up.
constexpr Duration time_for_bye = 5s;

}  // namespace

LegState& Call::leg_of(const Pending& pending) {
  if (auto& present = leg(pending.side); present.has_sent(pending)) return present;
  if (makes_target(pending)) return transfer_->target;
  const auto former = std::find_if(former_.begin(), former_.end(), [&](const auto& f) { return f.leg.has_sent(pending); });
  assert(former != former_.end());  // see forget_former_legs()
  return former->leg;
}

LegState& Call::addressee(leg::Side side, const Message& request) {
  const auto to = request.to();
  const auto is_meant = [&](const LegState& leg) { return leg.call_id == request.call_id() && to && leg.local_tag == to->tag(); };
  if (transfer_ && is_meant(transfer_->target)) return transfer_->target;
  for (auto& former : former_) {
    if (is_meant(former.leg)) return former.leg;
  }
  return leg(side);
}

bool Call::is_present(const LegState& leg) const {
  return &leg == (leg.side == leg::Side::a ? &a_ : &b_);
}

bool Call::makes_target(const Pending& pending) const {
  return transfer_ && transfer_->target.has_sent(pending);
}

bool Call::is_referrer(const LegState& leg) const {
  return transfer_ && transfer_->target.side == leg.side && is_present(leg);
}

// The leg that the transfer made takes the place of the one that asked for it. The kept peer hears of it only when what
// it was told last does not hold any more: another direction (it was on hold), another codec.
void Call::replace_leg(Time now, leg::Directions wish, Outputs& out) {
  auto& place = leg(transfer_->target.side);
  auto& kept = other(place);
  const bool told_otherwise = place.modification && place.modification->carried;
  refuse_modification(place, 487, {}, out);
  if (kept.modification) kept.modification->carried = false;  // the new peer hears of it
  // The new peer may send all that it has accepted, and what the kept one was not told of it would not understand.
  auto codecs = with_places(sdp::common(kept.peer_codecs, transfer_->target.peer_codecs), kept, transfer_->target);
  const bool has_more = std::any_of(codecs.begin(), codecs.end(), [&](const auto& codec) {
    return codec.name != "telephone-event" &&
           std::none_of(codecs_.begin(), codecs_.end(), [&](const auto& told) { return leg::same_codec(told, codec); });
  });
  kept.stale = kept.stale || told_otherwise || has_more || is_news(place, wish, transfer_->target.peer_codecs);
  const auto offered = transfer_->offered;
  former_.push_back({std::exchange(place, std::move(transfer_->target)), {}});
  transfer_.reset();
  auto& former = former_.back();
  place.peer_directions = wish;
  place.stale = kept.peer_directions != offered;
  codecs_ = std::move(codecs);
  referrals_.clear();  // of the dialog that is over
  out.push_back(leg::ReplaceLeg{media_, place.side, place.number});
  if (former.leg.flow != sip::FlowId::none) out.push_back(sip::HoldFlow{former.leg.flow, false});
  apply_plans(out);
  log_state("call.transferred", {{"leg", leg::name(place.side)}, {"codecs", sdp::list_names(codecs_)}});
  former.leg.awaited_ack.reset();
  if (!former.leg.hung_up) former.bye_at = now + time_for_bye;
  tell_referrer(now, former.leg, 200, "OK", out);
}

// A peer is gone. Where it has just referred the other one to somebody else, the call waits for what becomes of that.
void Call::lose_peer(Time now, LegState& leg, const EndCause& cause, Outputs& out) {
  if (!is_present(leg) || leg.hung_up) return;
  if (!is_referrer(leg)) return end(now, cause, out);
  log_state("call.referrer_left", {{"leg", leg::name(leg.side)}, {"cause", cause.text}});
  leave(now, leg, out);
}

void Call::leave(Time now, LegState& leg, Outputs& out) {
  leg.hung_up = true;
  leg.awaited_ack.reset();
  leg.bye_after_ack.reset();
  leg.retry_at.reset();
  leg.lost_until.reset();
  leg.stale = false;
  leg.session = sip::SessionTimer(context_.options.session);  // stopped
  refuse_modification(leg, 487, {}, out);
  auto& kept = other(leg);
  if (kept.modification && !kept.modification->carried) answer_alone(now, kept, out);
}

// An open offer of the peer that stays is answered here: whoever comes next will hear of it.
void Call::answer_alone(Time now, LegState& kept, Outputs& out) {
  if (!kept.modification) return;
  if (sdp::common(kept.peer_codecs, other(kept).peer_codecs).empty()) refuse_modification(kept, 488, {}, out);
  else answer_modification(now, kept, out);
}

void Call::on_former_request(LegState& from, sip::ServerTransactionId id, const Message& request, Outputs& out) {
  if (!request.is("BYE")) return respond(id, response_to(from, request, 481), out);
  forks_.erase(request.from()->tag());
  for (auto& former : former_) {
    if (&former.leg == &from) former.bye_at.reset();
  }
  respond(id, response_to(from, request, 200), out);
}

void Call::hang_up_former_legs(std::optional<Time> due, const EndCause& cause, Outputs& out) {
  for (auto& former : former_) {
    if (!former.bye_at || (due && *former.bye_at > *due)) continue;
    former.bye_at.reset();
    bye(former.leg, cause, out);
  }
}

// Those that nothing is sent to or expected from any more.
void Call::forget_former_legs() {
  std::erase_if(former_, [&](const FormerLeg& former) {
    return !former.bye_at && std::none_of(pending_.begin(), pending_.end(), [&](const auto& entry) {
      return former.leg.has_sent(entry.second);
    });
  });
}

}  // namespace w2s::breaker
