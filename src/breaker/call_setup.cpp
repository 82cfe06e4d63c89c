// From the first INVITE to the 200 on both legs.
#include "call.hpp"
#include "w2s/base/encoding.hpp"

namespace w2s::breaker {

using sip::HeaderId;
using sip::Message;

namespace {

// What a caller requires and the breaker cannot give (RFC 3261 8.2.2.3). Replaces is the callee's to understand.
std::string required_options(const Message& request) {
  std::string tags;
  for (const auto tag : request.values(HeaderId::require)) {
    if (!iequals(tag, "replaces")) (tags += tags.empty() ? "" : ", ") += tag;
  }
  return tags;
}

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
  if (!dialog) return reject(now, 400, "Bad Contact", {}, out);
  a_.dialog = std::move(*dialog);
  a_.takes_info = allows(invite, "INFO");
  if (const auto tags = required_options(invite); !tags.empty()) {
    auto response = response_to(a_, invite, 420);
    response.append(HeaderId::unsupported, tags);
    respond(invite_id_, std::move(response), out);
    return close("unsupported extension required", out);
  }
  if (auto refusal = take_credentials()) return reject(now, refusal->status, refusal->reason, refusal->warning, out);
  if (invite.body().empty()) {
    return reject(now, 488, {}, "an INVITE needs an SDP offer here", out);
  }
  const auto kind = sdp::OfferAnswer::kind_of(invite.body());
  if (!kind) return reject(now, 488, {}, kind.error().message(), out);
  const bool secure = *kind == leg::Kind::web || b_.kind == leg::Kind::web;
  if (secure && !context_.options.secure_media) return reject(now, 488, {}, "srtp-mode none refuses secure media", out);
  a_.kind = *kind;
  a_.description.emplace(a_.kind, context_.rng.u32());
  const auto offer = a_.description->on_offer(invite.body());
  if (!offer) return reject(now, 488, {}, offer.error().message(), out);
  a_.peer_direction = offer->direction;
  a_.peer_codecs = usable(offer->codecs, context_.options);
  if (sdp::common(a_.peer_codecs, a_.peer_codecs).empty()) {
    return reject(now, 488, {}, "no common codec: offered " + sdp::list_names(offer->codecs) +
                                    "; relayed are opus, pcmu, pcma, g722", out);
  }
  b_.description.emplace(b_.kind, context_.rng.u32());
  Pending pending;
  pending.kind = Pending::Kind::invite;
  pending.side = leg::Side::b;
  pending.request = make_invite();
  invite_request_ = send(std::move(pending), out);
}

Message Call::make_invite() const {
  const auto& received = setup_.invite;
  auto invite = Message::request("INVITE", setup_.request_uri);
  for (const auto route : received.values(HeaderId::route)) invite.append(HeaderId::route, std::string(route));
  auto from = without_tag(received.get(HeaderId::from).value_or(""));
  from.params.set("tag", b_.local_tag);
  invite.append(HeaderId::from, from.to_string());
  invite.append(HeaderId::to, without_tag(received.get(HeaderId::to).value_or("")).to_string());
  invite.append(HeaderId::call_id, earlier_ ? earlier_->call_id : context_.rng.token());
  invite.append(HeaderId::cseq, sip::CSeq{earlier_ ? earlier_->cseq + 1 : 1, "INVITE"}.to_string());
  const auto hops = parse_number<int>(received.get(HeaderId::max_forwards).value_or("")).value_or(70);
  invite.append(HeaderId::max_forwards, std::to_string(hops - 1));
  invite.append(HeaderId::allow, std::string(allowed_methods));
  pass_headers(a_, received, invite);
  pass_authorizations(a_, received, invite);
  map_replaces(received, invite);
  return invite;
}

void Call::on_leg_opened(Time now, const leg::LegOpened& opened, Outputs& out) {
  auto& leg = this->leg(opened.side);
  if (state_ == State::ended) return;
  if (!opened.error.empty()) return reject(now, 503, {}, opened.error, out);
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
  pending.request.set_body(b_.description->offer(b_.opened, a_.peer_codecs, a_.peer_direction), "application/sdp");
  offered_b_ = b_.description;
  state_ = State::inviting;
  transmit(*invite_request_, pending, route_, out);
}

void Call::on_invite_provisional(const Message& response, Outputs& out) {
  if (state_ == State::ended || state_ == State::connected) return;
  const auto to = response.to();
  std::string description;
  if (!response.body().empty() && (early_tag_.empty() || (to && to->tag() == early_tag_))) {
    std::string problem;
    if (!answered_a_ && take_answer(response, problem)) early_tag_ = to ? to->tag() : "";
    if (answered_a_) description = a_.description->local_description();
    else log_state("call.early_media_unusable", {{"leg", "b"}, {"problem", problem}});
  }
  auto relayed = response_to(a_, setup_.invite, response.status(), response.reason());
  pass_headers(b_, response, relayed);
  if (!description.empty()) relayed.set_body(description, "application/sdp");
  log_state("call.progress", {{"status", response.status()}, {"early_media", !description.empty()}});
  state_ = State::early;
  respond(invite_id_, std::move(relayed), out);
  if (!description.empty()) apply_plans(out);
}

// Leg b's answer decides both descriptions. Leg a gets its one answer here.
bool Call::take_answer(const Message& response, std::string& problem) {
  auto description = *offered_b_;
  const auto answer = description.on_answer(response.body());
  if (!answer) {
    problem = answer.error().message() + "; offered " + sdp::list_names(a_.peer_codecs);
    return false;
  }
  const auto accepted = usable(answer->codecs, context_.options);
  const auto codecs = sdp::common(a_.peer_codecs, accepted);
  if (codecs.empty()) {
    problem = "no common codec: offered " + sdp::list_names(a_.peer_codecs) + ", accepted " +
              sdp::list_names(answer->codecs);
    return false;
  }
  b_.description = std::move(description);
  b_.peer_direction = answer->direction;
  b_.peer_codecs = accepted;
  codecs_ = codecs;
  a_.description->answer(a_.opened, codecs, answer->direction);
  answered_a_ = true;
  return true;
}

void Call::on_invite_success(Time now, Pending& pending, const Message& response, Outputs& out) {
  const auto to = response.to();
  const bool repeated = b_.dialog && to && to->tag() == b_.dialog->id().remote_tag;
  if (repeated) return acknowledge(b_, response, out);
  if (state_ == State::ended || state_ == State::connected) return drop_fork(response, out);

  pending.finished = true;
  auto dialog = sip::Dialog::as_uac(pending.request, response);
  if (!dialog) return reject(now, 502, "Bad Gateway", "the 200 has no usable Contact or To tag", out);
  b_.dialog = std::move(*dialog);
  b_.dialog->confirm();
  b_.takes_info = allows(response, "INFO");
  acknowledge(b_, response, out);

  std::string problem;
  const bool same_fork = answered_a_ && to->tag() == early_tag_;
  if (!answered_a_ && !take_answer(response, problem)) {
    bye(b_, {problem, 488}, out);
    return reject(now, 488, {}, problem, out);
  }
  if (answered_a_ && !same_fork && !early_tag_.empty() && !response.body().empty()) {
    // Another fork than the one whose early media was heard won. Leg a keeps its one answer unless that cannot work.
    auto description = *offered_b_;
    if (const auto answer = description.on_answer(response.body())) {
      b_.description = std::move(description);
      b_.peer_direction = answer->direction;
      b_.peer_codecs = usable(answer->codecs, context_.options);
      renegotiate_a_ = sdp::common(codecs_, b_.peer_codecs).empty();
    }
  }
  auto answered = response_to(a_, setup_.invite, response.status(), response.reason());
  pass_headers(b_, response, answered);
  answered.set_body(a_.description->local_description(), "application/sdp");
  a_.dialog->confirm();
  state_ = State::connected;
  log_state("call.answered", {{"codecs", sdp::list_names(codecs_)}});
  answer_2xx(now, a_, invite_id_, std::move(answered), out);
  apply_plans(out);
}

// An extra 2xx of a fork, or one that lost the race against CANCEL: ACKed, then BYEd (RFC 3261 13.2.2.4).
void Call::drop_fork(const Message& response, Outputs& out) {
  if (!invite_request_) return;
  const auto found = pending_.find(*invite_request_);
  if (found == pending_.end()) return;
  found->second.finished = true;
  auto dialog = sip::Dialog::as_uac(found->second.request, response);
  if (!dialog) return;
  auto lost = LegState{};
  lost.side = leg::Side::b;
  lost.flow = b_.flow;
  lost.dialog = std::move(*dialog);
  const bool first_time = dropped_forks_.insert(lost.dialog->id().remote_tag).second;
  std::swap(b_.dialog, lost.dialog);
  acknowledge(b_, response, out);
  const bool answered = state_ == State::connected;
  if (first_time) bye(b_, answered ? EndCause("Call completed elsewhere", 200) : EndCause("call already ended", 487), out);
  std::swap(b_.dialog, lost.dialog);
}

void Call::on_invite_failure(const Pending& pending, const Message& response, Outputs& out) {
  if (state_ == State::ended || state_ == State::connected) return;
  auto refused = response_to(a_, setup_.invite, response.status(), response.reason());
  pass_headers(b_, response, refused);
  if (response.status() / 100 == 3) {
    for (const auto value : response.values(HeaderId::contact)) refused.append(HeaderId::contact, std::string(value));
  }
  if (response.status() == 401 || response.status() == 407) {
    if (!copy_challenges(response, refused)) {
      return reject({}, 403, {}, "the server's challenge cannot be answered by the browser: qop=auth is not offered", out);
    }
    challenged_.emplace(challenge_key(a_.binding_token, setup_.invite),
                        LegIdentity{pending.request.call_id(), b_.local_tag, pending.request.cseq()->number});
  }
  respond(invite_id_, std::move(refused), out);
  close("refused by the called side: " + std::to_string(response.status()) + ' ' + response.reason(), out);
}

void Call::reject(Time, int status, std::string_view reason, std::string_view warning, Outputs& out) {
  if (state_ == State::ended || state_ == State::connected) return;
  auto response = response_to(a_, setup_.invite, status, reason);
  if (!warning.empty()) sip::append_warning(response, warning);
  respond(invite_id_, std::move(response), out);
  close(std::to_string(status) + ' ' + std::string(warning), out);
}

void Call::on_cancel(Time, std::vector<sip::Field> reasons, Outputs& out) {
  if (state_ == State::ended || state_ == State::connected) return;
  respond(invite_id_, response_to(a_, setup_.invite, 487), out);
  if (invite_request_) {
    const auto found = pending_.find(*invite_request_);
    if (found != pending_.end() && found->second.sent) {
      out.push_back(sip::CancelRequest{*invite_request_, std::move(reasons)});
    }
  }
  close("cancelled by the caller", out);
}

}  // namespace w2s::breaker
