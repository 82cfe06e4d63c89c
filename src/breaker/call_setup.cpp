// From the first INVITE to the 200 on both legs.
#include <utility>

#include "call.hpp"
#include "w2s/base/encoding.hpp"

namespace w2s::breaker {

using sip::HeaderId;
using sip::Message;

namespace {

sip::NameAddr without_tag(std::string_view value) {
  const auto parsed = sip::parse_name_addr(value);
  if (!parsed) return {};
  auto name = *parsed;
  name.params.erase("tag");
  return name;
}

}  // namespace

void Call::start(Time now, Outputs& out) {
  const auto& invite = setup_.invite;
  const auto from = invite.from();
  log_state("call.start", {{"sip_call_id", invite.call_id()}, {"from", from ? from->uri.address_of_record() : ""},
                           {"to", setup_.request_uri}, {"source", setup_.source.remote}});
  for (const auto* leg : {&a_, &b_}) {
    if (leg->flow != sip::FlowId::none) out.push_back(sip::HoldFlow{leg->flow, true});
  }
  auto dialog = sip::Dialog::as_uas(invite, a_.local_tag);
  if (!dialog) return reject(400, "Bad Contact", {}, out);
  a_.dialog = std::move(*dialog);
  a_.takes_info = allows(invite, "INFO");
  a_.takes_refer = allows(invite, "REFER");
  if (refuse_extensions(a_, invite_id_, invite, out)) return close("unsupported extension required", out);
  if (refuse_session(a_, invite_id_, invite, out)) return close("session interval too small", out);
  if (auto refusal = take_credentials()) return reject(refusal->status, refusal->reason, refusal->warning, out);
  if (!take_offer(out)) return;
  note_allow(a_.allows_update, invite);
  if (const auto seconds = parse_number<std::uint32_t>(invite.get(HeaderId::expires).value_or(""))) {
    invite_expires_at_ = now + std::chrono::seconds(*seconds);
  }
  b_.description.emplace(b_.kind, context_.rng.u32());
  Pending pending;
  pending.kind = Pending::Kind::invite;
  pending.side = leg::Side::b;
  pending.request = make_invite();
  invite_request_ = send(std::move(pending), out);
}

// Leg a's offer; without one leg b is offered everything, and leg a what leg b accepted of it. False: rejected.
bool Call::take_offer(Outputs& out) {
  const auto& invite = setup_.invite;
  const auto refuse = [&](std::string_view problem) {
    reject(488, {}, problem, out);
    return false;
  };
  offerless_ = invite.body().empty();
  if (!offerless_) {
    const auto kind = sdp::OfferAnswer::kind_of(invite.body());
    if (!kind) return refuse(kind.error().message());
    a_.kind = *kind;
  }
  const bool secure = a_.kind == leg::Kind::web || b_.kind == leg::Kind::web;
  if (secure && !context_.options.secure_media) return refuse("srtp-mode none refuses secure media");
  a_.description.emplace(a_.kind, context_.rng.u32());
  if (offerless_) {
    a_.peer_codecs = all_usable(context_.options);
    return true;
  }
  const auto offer = a_.description->on_offer(invite.body());
  if (!offer) return refuse(offer.error().message());
  a_.peer_directions = offer->wish;
  a_.peer_codecs = usable(offer->codecs, context_.options);
  if (!sdp::common(a_.peer_codecs, a_.peer_codecs).empty()) return true;
  return refuse("no common codec: offered " + sdp::list_names(offer->codecs) +
                "; audio that can be relayed: opus, pcmu, pcma, g722");
}

// What every INVITE of ours that makes a leg says; `from` and `to` are name-addrs, whose tags do not count.
Message Call::new_invite(const LegState& leg, const std::string& request_uri, std::string_view from, std::string_view to,
                         std::uint32_t cseq, int hops) const {
  auto invite = Message::request("INVITE", request_uri);
  auto caller = without_tag(from);
  caller.params.set("tag", leg.local_tag);
  invite.append(HeaderId::from, caller.to_string());
  invite.append(HeaderId::to, without_tag(to).to_string());
  invite.append(HeaderId::call_id, leg.call_id);
  invite.append(HeaderId::cseq, sip::CSeq{cseq, "INVITE"}.to_string());
  invite.append(HeaderId::max_forwards, std::to_string(hops));
  invite.append(HeaderId::allow, std::string(allowed_methods));
  leg.session.ask(invite);
  return invite;
}

Message Call::make_invite() {
  const auto& received = setup_.invite;
  const auto hops = parse_number<int>(received.get(HeaderId::max_forwards).value_or("")).value_or(70);
  auto invite = new_invite(b_, setup_.request_uri, received.get(HeaderId::from).value_or(""),
                           received.get(HeaderId::to).value_or(""), earlier_ ? earlier_->cseq + 1 : 1, hops - 1);
  for (const auto route : received.values(HeaderId::route)) invite.append(HeaderId::route, std::string(route));
  if (context_.options.reliable_provisionals) invite.append(HeaderId::supported, "100rel");
  if (received.has_option(HeaderId::supported, "199")) invite.append(HeaderId::supported, "199");
  pass_headers(a_, received, invite);
  pass_authorizations(a_, received, invite);
  map_replaces(received, invite);
  return invite;
}

void Call::on_leg_opened(Time now, const leg::LegOpened& opened, Outputs& out) {
  if (state_ == State::ended) return;
  auto& leg = this->leg(opened.side);
  if (leg.number != opened.number) return on_spare_opened(now, opened, out);
  if (leg.opens_video) return on_video_opened(now, leg, opened, out);
  if (!opened.error.empty()) return reject(503, {}, opened.error, out);
  leg.opened = opened;
  leg.is_open = true;
  try_invite(now, out);
}

// Sends the INVITE on leg b once both legs have their media and the route is known.
void Call::try_invite(Time, Outputs& out) {
  if (state_ != State::opening || !route_known_ || !a_.is_open || !b_.is_open) return;
  const auto found = pending_.find(*invite_request_);
  if (found == pending_.end()) return;
  auto& pending = found->second;
  pending.request.set_body(b_.description->offer(b_.opened, with_places(a_.peer_codecs, b_, a_), a_.peer_directions), "application/sdp");
  offered_b_ = b_.description;
  state_ = State::inviting;
  transmit(*invite_request_, pending, route_, out);
}

// Leg b's answer decides both descriptions. Leg a gets its one answer (or, if it made no offer, its one offer) here.
bool Call::take_answer(const Message& response, std::string& problem) {
  auto description = *offered_b_;
  const auto answer = description.on_answer(response.body());
  if (!answer) {
    problem = answer.error().message() + "; offered " + sdp::list_names(a_.peer_codecs);
    return false;
  }
  const auto accepted = usable(answer->codecs, context_.options);
  // Leg a's preferences count, if it has shown any.
  const auto codecs = sdp::common(offerless_ ? accepted : a_.peer_codecs, accepted);
  if (codecs.empty()) {
    problem = "no common codec: offered " + sdp::list_names(a_.peer_codecs) + ", accepted " +
              sdp::list_names(answer->codecs);
    return false;
  }
  b_.description = std::move(description);
  b_.peer_directions = answer->wish;
  b_.peer_codecs = accepted;
  codecs_ = codecs;
  description_for_a_ = offerless_ ? a_.description->offer(a_.opened, codecs, b_.peer_directions)
                                  : a_.description->answer(a_.opened, codecs, b_.peer_directions);
  return true;
}

// Another answer of leg b than the one that leg a was told of: that of another fork, or one that a phone changed between
// its 183 and its 200. Leg a keeps its one description; should that not fit, it hears of it in a re-INVITE.
void Call::follow_fork(const Message& response) {
  auto description = *offered_b_;
  const auto answer = description.on_answer(response.body());
  if (!answer) return;
  b_.description = std::move(description);
  auto codecs = usable(answer->codecs, context_.options);
  a_.stale = a_.stale || is_news(b_, answer->wish, codecs);
  b_.peer_codecs = std::move(codecs);
  b_.peer_directions = answer->wish;
}

void Call::on_invite_success(Time now, Pending& pending, const Message& response, Outputs& out) {
  const auto to = response.to();
  const auto tag = to ? to->tag() : std::string();
  if (const auto& leg = leg_of(pending); leg.dialog && tag == leg.dialog->id().remote_tag) {  // repeated
    return acknowledge(pending, response, out);
  }
  if (state_ == State::ended || b_.dialog) return drop_fork(pending, response, out);

  pending.finished = true;
  b_.stale = b_.stale || !pending.sent;  // of a place that seemed dead: our media has moved since
  auto dialog = sip::Dialog::as_uac(pending.request, response);
  if (!dialog) return reject(502, "Bad Gateway", "the 200 has no usable Contact or To tag", out);
  auto fork = forks_.extract(tag);
  if (fork) {  // PRACK and UPDATE have used up numbers; route set and target are those of the 200 (RFC 3261 13.2.2.4)
    b_.dialog = std::move(fork.mapped().dialog);
    b_.dialog->recompute_route_set(response);
    b_.dialog->refresh_target(response);
    b_.allows_update = fork.mapped().allows_update;
  } else {
    b_.dialog = std::move(*dialog);
  }
  b_.dialog->confirm();
  b_.takes_info = allows(response, "INFO");
  b_.takes_refer = allows(response, "REFER");
  note_allow(b_.allows_update, response);
  b_.session.on_success(now, response);
  acknowledge(pending, response, out);

  const bool final_before = fork && fork.mapped().answered_reliably && tag == early_tag_;
  std::string problem;
  if (description_for_a_.empty()) {
    if (!take_answer(response, problem)) {
      bye(b_, {problem, 488}, out);
      return reject(488, {}, problem, out);
    }
  } else if (!final_before && !response.body().empty()) {
    follow_fork(response);
  }
  success_b_ = response;
  state_ = State::answering;
  if (!responses_a_.description_unacknowledged()) answer_a(now, out);
}

// RFC 3262 3: not before a description in a reliable 18x was acknowledged.
void Call::answer_a(Time now, Outputs& out) {
  auto answered = success(now, a_, setup_.invite);
  answered.set_status(success_b_->status(), success_b_->reason());
  pass_headers(b_, *success_b_, answered);
  if (success_b_->has_option(HeaderId::supported, "replaces")) answered.append(HeaderId::supported, "replaces");
  // The same description as in the 18x (RFC 3261 13.2.1). An offer that a PRACK has answered is not made again.
  const bool settled = offerless_ && a_.description->agreed();
  if (!settled) answered.set_body(description_for_a_, "application/sdp");
  success_b_.reset();
  responses_a_.stop();
  a_.dialog->confirm();
  state_ = State::connected;
  log_state("call.answered", {{"codecs", sdp::list_names(codecs_)}});
  answer_2xx(now, a_, invite_id_, std::move(answered), out);
  apply_plans(out);
}

// An extra 2xx of a fork, or one that lost the race against CANCEL: ACKed, then BYEd (RFC 3261 13.2.2.4).
void Call::drop_fork(Pending& invite, const Message& response, Outputs& out) {
  invite.finished = true;
  auto dialog = sip::Dialog::as_uac(invite.request, response);
  if (!dialog) return;
  const auto tag = dialog->id().remote_tag;
  if (!forks_.contains(tag) && forks_.size() >= most_forks) return;
  auto& fork = forks_.try_emplace(tag, Fork{std::move(*dialog), {}}).first->second;
  fork.dialog.refresh_target(response);
  fork.dialog.recompute_route_set(response);
  acknowledge(invite, response, out);
  if (std::exchange(fork.dropped, true)) return;
  Pending pending;
  pending.kind = Pending::Kind::bye;
  pending.side = invite.side;
  pending.number = invite.number;
  pending.fork = tag;
  pending.request = fork.dialog.make_request("BYE");
  const auto cause = leg_of(invite).dialog ? EndCause("Call completed elsewhere", 200) : EndCause("call already ended", 487);
  cause.append_to(pending.request);
  send(std::move(pending), out);
}

void Call::on_invite_failure(const Pending& pending, const Message& response, Outputs& out) {
  if (state_ >= State::answering) return;
  auto refused = response_to(a_, setup_.invite, response.status(), response.reason());
  pass_headers(b_, response, refused);
  if (response.status() / 100 == 3) {
    for (const auto value : response.values(HeaderId::contact)) refused.append(HeaderId::contact, std::string(value));
  }
  if (response.status() == 401 || response.status() == 407) {
    if (!copy_challenges(response, refused)) {
      return reject(403, {}, "the server's challenge cannot be answered by the browser: qop=auth is not offered", out);
    }
    challenged_.emplace(challenge_key(a_.binding_token, setup_.invite),
                        LegIdentity{b_.call_id, b_.local_tag, pending.request.cseq()->number});
  }
  respond(invite_id_, std::move(refused), out);
  close("refused by the called side: " + std::to_string(response.status()) + ' ' + response.reason(), out);
}

void Call::reject(int status, std::string_view reason, std::string_view warning, Outputs& out) {
  if (state_ >= State::connected) return;
  auto response = response_to(a_, setup_.invite, status, reason);
  if (!warning.empty()) sip::append_warning(response, warning);
  respond(invite_id_, std::move(response), out);
  close(std::to_string(status) + ' ' + std::string(warning), out);
}

void Call::on_cancel(Time, std::vector<sip::Field> reasons, Outputs& out) {
  if (state_ >= State::connected) return;
  respond(invite_id_, response_to(a_, setup_.invite, 487), out);
  EndCause cause("cancelled by the caller");
  cause.from_peer = std::move(reasons);
  hang_up_b(cause, out);
  close("cancelled by the caller", out);
}

}  // namespace w2s::breaker
