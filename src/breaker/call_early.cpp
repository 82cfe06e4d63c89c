// Before the answer: provisional responses from leg b to leg a, reliable or not (RFC 3262, RFC 6228).
#include "call.hpp"

namespace w2s::breaker {

using sip::HeaderId;
using sip::Message;

// Reliable 1xx are acknowledged even when nobody may hear of them any more: the INVITE is not over yet.
void Call::on_invite_provisional(Time now, const Pending& invite, const Message& response, Outputs& out) {
  const auto to = response.to();
  const auto tag = to ? to->tag() : std::string();
  auto fork = forks_.find(tag);
  if (fork == forks_.end() && !tag.empty() && forks_.size() < most_forks) {
    if (auto dialog = sip::Dialog::as_uac(invite.request, response)) {
      fork = forks_.emplace(tag, Fork{std::move(*dialog), {}}).first;
    }
  }
  if (fork != forks_.end()) {
    note_allow(fork->second.allows_update, response);
    if (sip::reliable_number(response) && !take_reliable(tag, fork->second, response, out)) return;
  }
  if (state_ >= State::answering) return;
  if (response.status() == 199 && !on_fork_terminated(tag)) return;

  const auto description = early_description(tag, response);
  const bool reliable = is_reliable_to_a(!description.empty());
  // RFC 3262 5: the first reliable response to an INVITE without an offer has to carry one.
  if (reliable && offerless_ && description_for_a_.empty()) return;
  auto relayed = response_to(a_, setup_.invite, response.status(), response.reason());
  pass_headers(b_, response, relayed);
  if (!description.empty()) relayed.set_body(description, "application/sdp");
  log_state("call.progress", {{"status", response.status()}, {"early_media", !description.empty()}});
  state_ = State::early;
  remember_progress(now, relayed, reliable);
  told_reliably_ = told_reliably_ || (reliable && !description.empty());
  if (!reliable) respond(invite_id_, std::move(relayed), out);
  else if (auto first = responses_a_.send(now, std::move(relayed), context_.rng)) respond(invite_id_, std::move(*first), out);
  if (!description.empty()) apply_plans(out);
}

// So that no proxy gives up a call that rings for long (timer C): RFC 3261 13.3.1.1 wants a 18x every minute, RFC 3262 3
// a new reliable one every two and a half minutes.
void Call::remember_progress(Time now, const Message& progress, bool reliable) {
  if (progress.status() == 199) return;
  progress_ = Progress{progress, reliable, now + (reliable ? Duration(150s) : Duration(60s))};
  if (reliable) progress_->response.set_body({}, {});  // told once
}

void Call::repeat_progress(Time now, Outputs& out) {
  if (state_ >= State::answering || !progress_ || progress_->next > now) return;
  auto repeated = progress_->response;
  remember_progress(now, repeated, progress_->reliable);
  if (!progress_->reliable) respond(invite_id_, std::move(repeated), out);
  else if (auto first = responses_a_.send(now, std::move(repeated), context_.rng)) respond(invite_id_, std::move(*first), out);
}

// False: repeated or out of order. RFC 3262 4: else it is acknowledged, whatever enable-100rel says.
bool Call::take_reliable(const std::string& tag, Fork& fork, const Message& response, Outputs& out) {
  if (!fork.order.take(*sip::reliable_number(response))) return false;
  fork.answered_reliably = fork.answered_reliably || !response.body().empty();
  Pending prack;
  prack.kind = Pending::Kind::prack;
  prack.side = leg::Side::b;
  prack.fork = tag;
  prack.request = fork.dialog.make_request("PRACK");
  prack.request.append(HeaderId::rack, sip::RAck{*sip::reliable_number(response), *response.cseq()}.to_string());
  send(std::move(prack), out);
  return true;
}

// RFC 6228: one early dialog is over. Leg a knows one dialog only, so it hears of the last one's end, if it wants to.
bool Call::on_fork_terminated(const std::string& tag) {
  forks_.erase(tag);
  if (tag == early_tag_) early_tag_.clear();
  return forks_.empty() && setup_.invite.has_option(HeaderId::supported, "199");
}

// What leg a is told with this response: its one description, as soon as a fork of leg b has answered.
std::string Call::early_description(const std::string& tag, const Message& response) {
  if (response.body().empty() || (offerless_ && !is_reliable_to_a(true))) return {};
  if (description_for_a_.empty()) {
    std::string problem;
    if (take_answer(response, problem)) early_tag_ = tag;
    else log_state("call.early_media_unusable", {{"leg", "b"}, {"problem", problem}});
  } else if (early_tag_.empty()) {  // the fork that was heard is gone, this one is heard now
    early_tag_ = tag;
    follow_fork(response);
  }
  // Once an answer was acknowledged or is going to be, it is not said again: it could be taken for an offer.
  return tag == early_tag_ && !told_reliably_ ? description_for_a_ : std::string();
}

// RFC 3262 3: every 101-199 when the caller requires it; when it only supports it, those that have to arrive.
bool Call::is_reliable_to_a(bool with_description) const {
  const auto& invite = setup_.invite;
  if (!context_.options.reliable_provisionals) return false;
  return invite.has_option(HeaderId::require, "100rel") ||
         (with_description && invite.has_option(HeaderId::supported, "100rel"));
}

void Call::on_prack(Time now, sip::ServerTransactionId id, const Message& request, Outputs& out) {
  const auto rack = sip::parse_rack(request.get(HeaderId::rack).value_or(""));
  if (!rack) return respond(id, response_to(a_, request, 400, "Bad RAck"), out);
  auto acknowledged = responses_a_.acknowledge(now, *rack);
  if (!acknowledged.known) return respond(id, response_to(a_, request, 481), out);
  auto response = response_to(a_, request, 200);  // RFC 3262 3: 2xx, whatever its body says
  if (state_ != State::ended) take_prack_description(now, request, response, out);
  respond(id, std::move(response), out);
  if (state_ == State::ended) return;
  if (acknowledged.next) respond(invite_id_, std::move(*acknowledged.next), out);
  if (state_ == State::answering && !responses_a_.description_unacknowledged()) answer_a(now, out);
}

// RFC 3262 5: the answer to an offer in the 18x, or a new offer. The new one is answered here from what both legs share;
// should the other leg have to learn of it, it hears that after the answer.
void Call::take_prack_description(Time now, const Message& prack, Message& response, Outputs& out) {
  if (a_.description->own_offer_pending()) return take_late_answer(now, a_, prack.body(), out);
  if (prack.body().empty() || a_.description->offer_pending()) return;  // the INVITE's offer comes first
  const auto offer = a_.description->on_offer(prack.body());
  if (!offer) return;  // no description in the 200: the session stays as it was
  const auto codecs = usable(offer->codecs, context_.options);
  b_.stale = b_.stale || is_news(a_, offer->wish, codecs);
  a_.peer_directions = offer->wish;
  a_.peer_codecs = codecs;
  const auto shared = with_places(sdp::common(codecs, b_.peer_codecs), a_, b_);  // none: the stream is refused with port 0
  response.set_body(a_.description->answer(a_.opened, shared, b_.peer_directions), "application/sdp");
  if (!shared.empty()) codecs_ = shared;
  apply_plans(out);
}

}  // namespace w2s::breaker
