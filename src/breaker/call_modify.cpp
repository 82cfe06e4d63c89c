// Offers in the call: what the other leg has to learn is carried there, the rest is answered on the spot.
#include <algorithm>
#include <array>

#include "call.hpp"

namespace w2s::breaker {

using sip::HeaderId;
using sip::Message;

namespace {

constexpr std::array media_types{leg::MediaType::audio, leg::MediaType::video};

}  // namespace

void Call::on_offer(Time now, LegState& from, sip::ServerTransactionId id, const Message& request, Outputs& out) {
  if (auto refusal = refuse_offer(from, request)) return respond(id, std::move(*refusal), out);
  if (refuse_session(from, id, request, out)) return;
  dialog_with(from, request)->refresh_target(request);
  if (request.body().empty()) return offer_in_200(now, from, id, request, out);

  const auto refuse = [&](const std::string& problem) {
    auto response = response_to(from, request, 488);
    sip::append_warning(response, problem);
    respond(id, std::move(response), out);
  };
  const auto offer = from.description->on_offer(request.body());
  if (!offer) return refuse(offer.error().message());
  auto codecs = usable(offer->codecs, context_.options);
  if (sdp::common(codecs, codecs).empty()) {
    from.description->reject_offer();
    return refuse("no common codec: offered " + sdp::list_names(offer->codecs));
  }
  auto& to = other(from);
  const bool crosses = to.modification.has_value();
  if ((crosses || to.hung_up) && sdp::common(codecs, to.peer_codecs).empty()) {
    from.description->reject_offer();
    return refuse("no common codec with what the other side offered: " + sdp::list_names(to.peer_codecs));
  }
  const bool other_must_learn = is_news(from, offer->wish, codecs, !offer->repeated);
  Modification modification{id, request, from.peer_directions, from.peer_codecs};
  from.peer_directions = offer->wish;
  from.peer_codecs = std::move(codecs);
  if (crosses) {  // both peers made an offer, and none is carried yet: each is the answer to the other
    to.retry_at.reset();
    answer_offer(now, from, id, request, out);
    return answer_modification(now, to, out);
  }
  if (!other_must_learn || to.hung_up) return answer_offer(now, from, id, request, out);  // who comes next will learn of it
  from.modification = std::move(modification);
  carry(from, out);
}

// RFC 3261 14.2: a re-INVITE without an offer gets ours in the 200, the answer comes with the ACK. All that the other
// leg can do is offered, in the direction that its peer wants: a hold of this peer's own ends here.
void Call::offer_in_200(Time now, LegState& from, sip::ServerTransactionId id, const Message& request, Outputs& out) {
  const auto& to = other(from);
  auto response = success(now, from, request);
  response.set_body(from.description->offer(from.opened, with_places(to.peer_codecs, from, to), to.peer_directions), "application/sdp");
  answer_2xx(now, from, id, std::move(response), out);
}

// The answer to an offer that we made in a response: in the ACK, or in a PRACK.
void Call::take_late_answer(Time now, LegState& from, const std::string& body, Outputs& out) {
  auto& to = other(from);
  const auto answer = from.description->on_answer(body);
  if (!answer) {  // RFC 3261 13.2.2.4: nothing is agreed, so there is no session
    from.description->withdraw_offer();
    const auto what = body.empty() ? "no answer came to the offer in our response"
                                   : "the answer to the offer in our response: " + answer.error().message();
    return end(now, {what, 488}, out);
  }
  const auto codecs = usable(answer->codecs, context_.options);
  const auto shared = with_places(sdp::common(codecs, to.peer_codecs), from, to);
  if (shared.empty()) {
    return end(now, {"no common codec: one leg accepted " + sdp::list_names(answer->codecs) + ", the other " +
                         sdp::list_names(to.peer_codecs), 488}, out);
  }
  to.stale = to.stale || is_news(from, answer->wish, codecs);
  from.peer_directions = answer->wish;
  from.peer_codecs = codecs;
  codecs_ = shared;
  apply_plans(out);
}

// Our answer to the peer's offer: what both peers can do, and what the other peer wants.
void Call::answer_offer(Time now, LegState& leg, sip::ServerTransactionId id, const Message& request, Outputs& out,
                        const Message* accepted) {
  const auto& to = other(leg);
  auto shared = with_places(sdp::common(leg.peer_codecs, to.peer_codecs), leg, to);
  if (!shared.empty()) codecs_ = std::move(shared);
  auto response = success(now, leg, request);
  if (accepted != nullptr) pass_headers(to, *accepted, response);
  response.set_body(answer_to(leg, to.peer_directions), "application/sdp");
  leg.stale = false;
  if (request.is("INVITE")) answer_2xx(now, leg, id, std::move(response), out);
  else respond(id, std::move(response), out);
  apply_plans(out);
}

// Our description for the offer of this leg's peer. A restart of ICE ends here, the other leg need not know of it.
std::string Call::answer_to(LegState& leg, leg::Directions directions) {
  if (leg.description->restarts_ice()) {
    leg.ice = leg::IceCredentials::make(context_.rng);
    leg.opened.ice_ufrag = leg.ice->ufrag;
    leg.opened.ice_pwd = leg.ice->pwd.reveal();
    log_state("call.ice_restart", {{"leg", leg::name(leg.side)}});
  }
  return leg.description->answer(leg.opened, codecs_, directions);
}

// `accepted`: what the other leg's peer said, whose headers may cross.
void Call::answer_modification(Time now, LegState& from, Outputs& out, const Message* accepted) {
  const auto modification = std::move(*from.modification);
  from.modification.reset();
  a_.has_no_place_for_video = b_.has_no_place_for_video = false;  // the next offer may find one
  answer_offer(now, from, modification.id, modification.request, out, accepted);
}

void Call::send_offer(LegState& to, std::string_view method, std::string offer, bool carries, Outputs& out) {
  auto pending = in_dialog(to, Pending::Kind::modify, method);
  pending.carries = carries;
  if (carries) {
    const auto& from = other(to);
    pass_headers(from, from.modification->request, pending.request);
    pass_authorizations(from, from.modification->request, pending.request);
  }
  pending.request.set_body(std::move(offer), "application/sdp");
  to.stale = false;
  send(std::move(pending), out);
}

void Call::on_modify_success(Time now, const Pending& pending, const Message& response, Outputs& out) {
  auto& to = leg_of(pending);
  auto& from = other(to);
  if (pending.request.is("INVITE")) acknowledge(pending, response, out);
  if (state_ == State::ended || !is_present(to)) return;
  if (to.hung_up) return answer_alone(now, from, out);
  if (auto* dialog = dialog_of(pending)) dialog->refresh_target(response);
  to.retries = 0;
  to.session.on_success(now, response);
  const auto answer = to.description->on_answer(response.body());
  const auto codecs = answer ? usable(answer->codecs, context_.options) : std::vector<leg::Codec>{};
  if (sdp::common(from.peer_codecs, codecs).empty()) {  // RFC 3261 14.1: accepted, and yet nothing agreed
    to.description->withdraw_offer();
    const auto what = answer ? std::string("no common codec after an offer in the call")
                             : "a 2xx to our offer without a usable answer: " + answer.error().message();
    return end(now, {what, 488}, out);
  }
  from.stale = from.stale || is_news(to, answer->wish, codecs);
  to.peer_directions = answer->wish;
  to.peer_codecs = codecs;
  if (pending.carries && from.modification) return answer_modification(now, from, out, &response);
  codecs_ = with_places(sdp::common(from.peer_codecs, to.peer_codecs), from, to);
  apply_plans(out);
}

void Call::on_modify_failure(Time now, const Pending& pending, const Message& response, Outputs& out) {
  auto& to = leg_of(pending);
  auto& from = other(to);
  const int status = response.status();
  to.description->withdraw_offer();
  if (state_ == State::ended || !is_present(to)) return;
  if (to.hung_up) return answer_alone(now, from, out);
  const bool no_update = pending.request.is("UPDATE") && (status == 405 || status == 501);
  if (no_update) to.allows_update = false;
  const bool too_short = status == 422 && to.session.on_too_small(response);
  if (no_update || too_short || wait_and_retry(now, to, response)) {  // continue_offers() sends it again
    if (pending.carries && from.modification) from.modification->carried = false;
    else to.stale = true;
    return;
  }
  to.retries = 0;
  if (pending.carries) return refuse_modification(from, status, response.reason(), out, &response);
  if (sdp::common(a_.peer_codecs, b_.peer_codecs).empty()) {
    return end(now, {"the legs share no codec, and an offer of another was refused", 488}, out);
  }
  to.session.refresh_failed(now);
}

// `refused`: what the other leg's peer said, whose headers and challenges may cross.
void Call::refuse_modification(LegState& from, int status, std::string_view reason, Outputs& out, const Message* refused) {
  if (!from.modification) return;
  auto modification = std::move(*from.modification);
  from.modification.reset();
  a_.has_no_place_for_video = b_.has_no_place_for_video = false;
  from.description->reject_offer();
  from.peer_directions = modification.directions_before;
  from.peer_codecs = std::move(modification.codecs_before);
  auto response = response_to(from, modification.request, status, reason);
  if (refused != nullptr) {
    pass_headers(other(from), *refused, response);
    if (status == 401 || status == 407) copy_challenges(*refused, response);
  }
  respond(modification.id, std::move(response), out);
}

// What the peer of `from` says now is something that the other leg's peer has to learn.
bool Call::is_news(const LegState& from, leg::Directions wish, const std::vector<leg::Codec>& codecs, bool new_offer) const {
  if (wish.audio != from.peer_directions.audio || !still_fits(codecs_, codecs)) return true;
  if (sdp::has_video(codecs_)) return wish.video != from.peer_directions.video;
  // Video that was refused before and is in a new offer is a new wish.
  return sdp::has_video(codecs) && (new_offer || !sdp::has_video(from.peer_codecs));
}

// Each kind of media in use can go on with the codec that it uses first.
bool still_fits(const std::vector<leg::Codec>& used, const std::vector<leg::Codec>& codecs) {
  return std::all_of(media_types.begin(), media_types.end(), [&](leg::MediaType type) {
    const auto first = std::find_if(used.begin(), used.end(), [&](const auto& codec) {
      return codec.type == type && codec.name != "telephone-event";
    });
    return first == used.end() || std::any_of(codecs.begin(), codecs.end(), [&](const auto& codec) {
             return leg::same_codec(codec, *first);
           });
  });
}

std::vector<leg::Codec> with_places(std::vector<leg::Codec> codecs, const LegState& leg, const LegState& other) {
  if (!leg.opened.video || !other.opened.video)
    std::erase_if(codecs, [](const auto& codec) { return codec.type == leg::MediaType::video; });
  return codecs;
}

}  // namespace w2s::breaker
