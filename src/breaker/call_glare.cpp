// When an offer may go out or come in (RFC 3261 14, RFC 3311 5, RFC 6141).
//
// JsSIP and SIP.js do not try again after a 491, so a browser's hold that met a phone's re-INVITE would be lost. Hence
// an offer that has to be carried to the other leg waits here until that leg is free: its peer's request stays open
// meanwhile. When the other leg's peer makes an offer of its own during the wait, the two offers answer each other.
#include <algorithm>

#include "call.hpp"
#include "w2s/base/encoding.hpp"

namespace w2s::breaker {

using sip::HeaderId;
using sip::Message;

namespace {

constexpr int most_retries = 5;

}  // namespace

// An answer to the peer's offer that cannot be taken now; nullopt: it can.
std::optional<Message> Call::refuse_offer(LegState& from, const Message& request) {
  const bool waits = from.modification || (from.side == leg::Side::a && state_ < State::connected && request.is("INVITE"));
  const bool unanswered = from.side == leg::Side::a && !from.description->agreed();
  if (waits || (unanswered && !offerless_)) {  // RFC 3261 14.2, RFC 3311 5.2: one offer of the peer's is still open
    auto response = response_to(from, request, 500);
    response.append(HeaderId::retry_after, std::to_string(context_.rng.u32() % 11));
    return response;
  }
  if (offer_is_out(from)) return response_to(from, request, 491);
  return std::nullopt;
}

// An offer of ours is under way to this leg's peer, or an INVITE of ours.
bool Call::offer_is_out(const LegState& leg) const {
  if (leg.description->offer_pending() || !leg.description->agreed()) return true;
  if (leg.side == leg::Side::b && state_ < State::answering) {  // only a reliable answer has ended our INVITE's offer
    const auto fork = forks_.find(early_tag_);
    return fork == forks_.end() || !fork->second.answered_reliably;
  }
  return std::any_of(pending_.begin(), pending_.end(), [&](const auto& entry) {
    return entry.second.kind == Pending::Kind::modify && leg.has_sent(entry.second) && !entry.second.finished;
  });
}

// An offer of ours may go out on this leg.
bool Call::is_free(const LegState& leg) const {
  if (leg.hung_up || leg.retry_at || leg.awaited_ack || leg.modification || offer_is_out(leg)) return false;
  return std::none_of(pending_.begin(), pending_.end(), [&](const auto& entry) {
    return entry.second.kind == Pending::Kind::refresh && leg.has_sent(entry.second) && !entry.second.finished;
  });
}

// RFC 3311 5.1: the peer allows UPDATE; before the call is answered the first offer must have its reliable answer.
bool Call::can_update(const LegState& leg) const {
  if (state_ == State::connected) return leg.allows_update;
  if (leg.side == leg::Side::a) {
    return leg.allows_update && is_reliable_to_a(true) && !description_for_a_.empty() &&
           !responses_a_.description_unacknowledged();
  }
  if (leg.dialog) return leg.allows_update;
  const auto fork = forks_.find(early_tag_);
  return fork != forks_.end() && fork->second.allows_update && fork->second.answered_reliably;
}

// RFC 3261 14.1 after a 491; RFC 3311 5.2 after a 500 that says when to come again.
bool Call::wait_and_retry(Time now, LegState& leg, const Message& response) {
  if (leg.retries >= most_retries || state_ == State::ended) return false;
  const auto in_10_ms = [&](unsigned from, unsigned to) {
    return std::chrono::milliseconds(10 * (from + context_.rng.u32() % (to - from + 1)));
  };
  Duration wait{};
  if (response.status() == 491) {
    wait = leg.made_here ? in_10_ms(210, 400) : in_10_ms(0, 200);  // whose Call-ID it is
  } else {
    const auto seconds = parse_number<unsigned>(response.get(HeaderId::retry_after).value_or(""));
    if (response.status() != 500 || !seconds || *seconds > 10) return false;
    wait = std::chrono::seconds(*seconds);
  }
  ++leg.retries;
  leg.retry_at = now + wait;
  return true;
}

// Brings the offer of `from`'s peer to the other leg, at once or when that leg is free.
void Call::carry(LegState& from, Outputs& out) {
  auto& to = other(from);
  const bool update = can_update(to) && (state_ != State::connected || from.modification->request.is("UPDATE"));
  // Before the answer only UPDATE can carry it; RFC 3311 5.2: 504 when it would take the user's answer first.
  if (!update && state_ < State::answering) return refuse_modification(from, 504, {}, out);
  if (!is_free(to) || (!update && state_ != State::connected) || awaits_video(from, out)) return;
  log_state("call.modify", {{"leg", leg::name(from.side)}, {"direction", leg::name(from.peer_directions.audio)}});
  from.modification->carried = true;
  send_offer(to, update ? "UPDATE" : "INVITE", to.description->offer(to.opened, with_places(from.peer_codecs, to, from), from.peer_directions),
             true, out);
}

// Video that comes into a call of audio needs ports on the legs of phones. True: they are being reserved.
bool Call::awaits_video(const LegState& from, Outputs& out) {
  if (!sdp::has_video(from.peer_codecs)) return false;
  for (auto* leg : {&a_, &b_}) {
    if (leg->opened.video || leg->opens_video || leg->has_no_place_for_video) continue;
    leg->opens_video = true;
    out.push_back(leg::OpenVideo{media_, leg->side, leg->number});
  }
  return a_.opens_video || b_.opens_video;
}

// Without a place the call goes on as it is, and video is refused.
void Call::on_video_opened(Time now, LegState& leg, const leg::LegOpened& opened, Outputs& out) {
  leg.opens_video = false;
  leg.opened.video = opened.video;
  leg.has_no_place_for_video = !opened.video;
  if (!opened.error.empty()) log_state("call.no_place_for_video", {{"leg", leg::name(leg.side)}, {"error", opened.error}});
  continue_offers(now, out);
}

// After every event: offers that waited for a free leg go out.
void Call::continue_offers(Time now, Outputs& out) {
  if (state_ == State::ended || !a_.description || !b_.description) return;
  for (auto* leg : {&a_, &b_}) {
    if (leg->modification && !leg->modification->carried) carry(*leg, out);
  }
  if (state_ != State::connected) return;
  for (auto* leg : {&a_, &b_}) {
    if (!leg->stale || !is_free(*leg)) continue;
    const auto& from = other(*leg);
    send_offer(*leg, "INVITE", leg->description->offer(leg->opened, with_places(from.peer_codecs, *leg, from), from.peer_directions), false, out);
  }
  refresh_sessions(now, out);
}

Pending Call::in_dialog(LegState& leg, Pending::Kind kind, std::string_view method) {
  Pending pending;
  pending.kind = kind;
  pending.side = leg.side;
  pending.number = leg.number;
  if (!leg.dialog) pending.fork = early_tag_;
  pending.request = dialog_of(pending)->make_request(method);
  if (method == "INVITE" || method == "UPDATE") {
    pending.request.append(HeaderId::allow, std::string(allowed_methods));
    leg.session.ask(pending.request);
  }
  return pending;
}

}  // namespace w2s::breaker
