// Re-INVITE and UPDATE: what the other leg has to learn is carried there, the rest is answered on the spot.
#include "call.hpp"

namespace w2s::breaker {

using sip::HeaderId;
using sip::Message;

namespace {

// RFC 3261 14.2: one offer at a time; 491 tells the peer to come again.
bool busy(const LegState& leg) { return leg.modification || leg.awaited_ack || leg.description->offer_pending(); }

}  // namespace

void Call::on_offer(Time now, LegState& from, sip::ServerTransactionId id, const Message& request, Outputs& out) {
  auto& to = leg(leg::other(from.side));
  if (state_ != State::connected || busy(from) || busy(to)) return respond(id, response_to(from, request, 491), out);
  from.dialog->refresh_target(request);
  if (request.body().empty()) {  // RFC 3261 14.2: we offer in the 200, the answer comes with the ACK
    auto response = response_to(from, request, 200);
    response.set_body(from.description->offer(from.opened, codecs_, to.peer_direction), "application/sdp");
    return answer_2xx(now, from, id, std::move(response), out);
  }
  const auto offer = from.description->on_offer(request.body());
  if (!offer) {
    auto response = response_to(from, request, 488);
    sip::append_warning(response, offer.error().message());
    return respond(id, std::move(response), out);
  }
  const auto codecs = usable(offer->codecs, context_.options);
  if (sdp::common(codecs, codecs).empty()) {
    from.description->reject_offer();
    auto response = response_to(from, request, 488);
    sip::append_warning(response, "no common codec: offered " + sdp::list_names(offer->codecs));
    return respond(id, std::move(response), out);
  }
  from.peer_codecs = codecs;
  const bool other_must_learn = offer->direction != from.peer_direction || sdp::common(codecs_, codecs).empty();
  from.peer_direction = offer->direction;
  if (!other_must_learn) return answer_locally(now, from, id, request, out);

  log_state("call.modify", {{"leg", leg::name(from.side)}, {"direction", leg::name(offer->direction)}});
  Pending pending;
  pending.kind = Pending::Kind::reinvite;
  pending.side = to.side;
  pending.request = to.dialog->make_request("INVITE");
  pending.request.append(HeaderId::allow, std::string(allowed_methods));
  pending.request.set_body(to.description->offer(to.opened, codecs, offer->direction), "application/sdp");
  from.modification = Modification{id, request};
  send(std::move(pending), out);
}

void Call::answer_locally(Time now, LegState& leg, sip::ServerTransactionId id, const Message& request, Outputs& out) {
  const auto& other = this->leg(leg::other(leg.side));
  // Those in use, as the other leg wants to receive them.
  const auto shared = sdp::common(sdp::common(leg.peer_codecs, codecs_), other.peer_codecs);
  if (!shared.empty()) codecs_ = shared;
  auto response = response_to(leg, request, 200);
  response.set_body(answer_to(leg, other.peer_direction), "application/sdp");
  if (request.is("INVITE")) answer_2xx(now, leg, id, std::move(response), out);
  else respond(id, std::move(response), out);
  apply_plans(out);
}

// Our description for the offer of this leg's peer. A restart of ICE ends here, the other leg need not know of it.
std::string Call::answer_to(LegState& leg, leg::Direction direction) {
  if (leg.description->restarts_ice()) {
    leg.ice = leg::IceCredentials::make(context_.rng);
    leg.opened.ice_ufrag = leg.ice->ufrag;
    leg.opened.ice_pwd = leg.ice->pwd.reveal();
    log_state("call.ice_restart", {{"leg", leg::name(leg.side)}});
  }
  return leg.description->answer(leg.opened, codecs_, direction);
}

void Call::on_reinvite_response(Time now, Pending& pending, const Message& response, Outputs& out) {
  auto& to = leg(pending.side);
  auto& from = leg(leg::other(pending.side));
  const int status = response.status();
  if (pending.finished) {  // a repeated 2xx
    if (status < 300) acknowledge(to, response, out);
    return;
  }
  pending.finished = true;
  if (status >= 300) {
    to.description->withdraw_offer();
    if (from.modification) modification_failed(from, status, response.reason(), out);
    if (status == 481 || status == 408) end(now, {"the other leg is gone", status}, out);  // RFC 3261 12.2.1.2
    return;
  }
  acknowledge(to, response, out);
  to.dialog->refresh_target(response);
  const auto answer = to.description->on_answer(response.body());
  if (!answer) {
    to.description->withdraw_offer();
    if (from.modification) modification_failed(from, 488, {}, out);
    return;
  }
  to.peer_direction = answer->direction;
  to.peer_codecs = usable(answer->codecs, context_.options);
  if (const auto codecs = sdp::common(from.peer_codecs, to.peer_codecs); !codecs.empty()) codecs_ = codecs;
  if (!from.modification) return apply_plans(out);
  const auto modification = std::move(*from.modification);
  from.modification.reset();
  auto accepted = response_to(from, modification.request, 200);
  accepted.set_body(answer_to(from, answer->direction), "application/sdp");
  if (modification.request.is("INVITE")) answer_2xx(now, from, modification.id, std::move(accepted), out);
  else respond(modification.id, std::move(accepted), out);
  apply_plans(out);
}

void Call::modification_failed(LegState& from, int status, std::string_view reason, Outputs& out) {
  auto& to = leg(leg::other(from.side));
  if (to.description->offer_pending()) to.description->withdraw_offer();
  if (!from.modification) return;
  from.description->reject_offer();
  respond(from.modification->id, response_to(from, from.modification->request, status, reason), out);
  from.modification.reset();
}

// The fork that won speaks other codecs than the one whose early answer leg a holds.
void Call::renegotiate_a(Outputs& out) {
  renegotiate_a_ = false;
  Pending pending;
  pending.kind = Pending::Kind::reinvite;
  pending.side = leg::Side::a;
  pending.request = a_.dialog->make_request("INVITE");
  pending.request.set_body(a_.description->offer(a_.opened, b_.peer_codecs, b_.peer_direction), "application/sdp");
  send(std::move(pending), out);
}

}  // namespace w2s::breaker
