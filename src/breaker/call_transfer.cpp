// A REFER that is carried out here, for peers that cannot (RFC 3515, RFC 5589): the gateway calls the party that it names,
// and the leg that this makes takes the place of the REFER's sender. Until then the call stays as it is.
#include "call.hpp"

namespace w2s::breaker {

using sip::HeaderId;
using sip::Message;

namespace {

// What a caller is given that no proxy limits (RFC 3261 16.6: timer C is longer than three minutes).
constexpr Duration longest_ringing = 180s;

}  // namespace

void Call::on_refer(Time now, LegState& from, sip::ServerTransactionId id, const Message& request, Outputs& out) {
  ++from.refers;
  const auto mode = context_.options.refer;
  const bool here = mode == ReferMode::local || (mode == ReferMode::automatic && !other(from).takes_refer);
  if (here) start_transfer(now, from, id, request, out);
  else relay(from, id, request, out);
}

// The other peer was told, and does not know what to do with it.
bool Call::takes_refer_over(const Pending& relayed, const Message& response) {
  const int status = response.status();
  const auto& from = leg(leg::other(relayed.side));
  return context_.options.refer == ReferMode::automatic && relayed.request.is("REFER") && state_ == State::connected &&
         (status == 405 || status == 420 || status == 501) && relayed.answered_request.call_id() == from.call_id && !from.hung_up;
}

void Call::start_transfer(Time now, LegState& from, sip::ServerTransactionId id, const Message& refer, Outputs& out) {
  const auto refuse = [&](const sip::RouteFailure& failure) {
    auto response = response_to(from, refer, failure.status, failure.reason);
    if (!failure.warning.empty()) sip::append_warning(response, failure.warning);
    respond(id, std::move(response), out);
  };
  if (state_ != State::connected) return refuse({480, {}, "the call is not answered yet"});
  if (transfer_ || from.refer) return refuse({491, {}, "a transfer of this call is under way"});
  auto read = read_refer(refer);
  if (const auto* failure = std::get_if<sip::RouteFailure>(&read)) return refuse(*failure);
  auto& referral = std::get<Referral>(read);
  const auto destination = destination_of(from, referral);
  if (!destination) return refuse({404, {}, "Refer-To names this gateway, but no browser that is here"});
  const auto& party = destination->party;
  if (party.kind == leg::Kind::web && !context_.options.secure_media) return refuse({488, {}, "srtp-mode none refuses secure media"});

  auto accepted = response_to(from, refer, 202);
  if (!referral.subscribes) accepted.append("Refer-Sub", "false");
  respond(id, std::move(accepted), out);
  log_state("call.transfer", {{"referred_by", leg::name(from.side)}, {"target", destination->request_uri},
                              {"replaces", referral.replaces.has_value()}});
  if (party.flow != sip::FlowId::none) out.push_back(sip::HoldFlow{party.flow, true});
  transfer_.emplace(Transfer{make_target(from, *destination), now + longest_ringing});
  if (referral.subscribes) {
    // RFC 3515 2.4.6: the id tells the second REFER of a dialog from the first.
    const auto id_of_refer = from.refers > 1 ? ";id=" + std::to_string(refer.cseq()->number) : std::string();
    from.refer.emplace("refer" + id_of_refer, transfer_->give_up_at);
    tell_referrer(now, from, 100, "Trying", out);
  }
  Pending invite;
  invite.kind = Pending::Kind::transfer;
  invite.side = from.side;
  invite.number = transfer_->target.number;
  invite.request = make_transfer_invite(*destination, referral);
  transfer_->invite = send(std::move(invite), out);
}

// The way of a browser's referral is that of its calls. A Replaces that names a dialog of ours is made to name the one
// that the party to be called knows, as in a REFER that is passed on.
std::optional<Destination> Call::destination_of(const LegState& from, Referral& referral) const {
  const auto& options = context_.options;
  if (referral.replaces) {
    if (const auto found = named_by(from, *referral.replaces)) {
      referral.replaces = found->replaces;
      referral.to = found->peer_uri;  // a phone may take another name beside that of the call to be replaced for a second call
      if (found->is_meant_by(referral.target.uri)) {
        if (!found->peer_browser.empty()) {
          const auto flow = options.flow_of_binding(found->peer_browser);
          if (flow == sip::FlowId::none) return std::nullopt;
          sip::NextHop hop;
          hop.flow = flow;
          return Destination{{leg::Kind::web, flow, found->peer_browser, {}}, found->peer->to_string(), hop};
        }
        referral.target.uri = *found->peer;
        referral.target.uri.headers.clear();
      }
    }
  }
  auto destination = options.destination_of(referral.target.uri);
  if (!destination || destination->party.flow != sip::FlowId::none || setup_.a.binding_token.empty()) return destination;
  // Its own call went along Routes of its own: so does this.
  const auto called = sip::parse_uri(setup_.request_uri);
  const auto usual = called ? options.destination_of(*called) : std::nullopt;
  if (usual && usual->hop == setup_.hop) return destination;
  destination->hop = setup_.hop;
  for (const auto route : setup_.invite.values(HeaderId::route)) destination->routes.emplace_back(route);
  return destination;
}

LegState Call::make_target(const LegState& from, const Destination& destination) {
  auto party = destination.party;
  party.contact = from.contact;  // it stands for the same peer
  if (party.kind != from.kind) {
    const auto kept = sip::parse_name_addr(other(from).dialog->remote_uri());
    party.contact = {};
    if (kept) party.contact.uri.user = kept->uri.user;
  }
  auto target = make_leg(from.side, party);
  target.number = leg::LegNumber{++last_number_};
  target.call_id = context_.rng.token();
  target.made_here = true;
  target.first_hop = destination.hop;
  target.description.emplace(target.kind, context_.rng.u32());
  return target;
}

// Who the new call is from. That would be the peer that stays, but servers compare From with the credentials, and those
// are a browser's: the calling one's ha1, else what `account` has for the one that is in the call.
const LegState& Call::payer() const {
  const auto& referrer = transfer_->target.side == leg::Side::a ? a_ : b_;
  const auto& kept = transfer_->target.side == leg::Side::a ? b_ : a_;
  if (!referrer.is_browser()) return kept;
  const bool is_caller = referrer.side == leg::Side::a && referrer.number == leg::LegNumber::first;
  return !kept.is_browser() || (digest_ && is_caller) ? referrer : kept;
}

Message Call::make_transfer_invite(const Destination& destination, const Referral& referral) const {
  const auto& target = transfer_->target;
  auto invite = new_invite(target, destination.request_uri, payer().dialog->remote_uri(), referral.to, 1, 70);
  for (const auto& route : destination.routes) invite.append(HeaderId::route, route);
  if (referral.referred_by) invite.append(HeaderId::referred_by, referral.referred_by->to_string());
  if (referral.replaces) {  // RFC 3891 4: who cannot replace that call is not to ring beside it
    invite.append(HeaderId::replaces, referral.replaces->to_string());
    invite.append(HeaderId::require, "replaces");
  }
  return invite;
}

// Comes again with another place when one fails, which may be reached from another address of ours: so is its media then.
void Call::on_transfer_route(sip::RequestId id, Pending& pending, const sip::Egress& egress, Outputs& out) {
  if (!makes_target(pending)) return;  // given up
  auto& target = transfer_->target;
  const bool moves = !transfer_->route || transfer_->route->target.local.ip != egress.target.local.ip;
  transfer_->route = egress;
  if (!moves) {
    if (target.is_open) transmit(id, pending, egress, out);
    return;
  }
  pending.sent = false;
  open_media(target, egress.target, out);
}

void Call::on_spare_opened(Time now, const leg::LegOpened& opened, Outputs& out) {
  if (!transfer_ || transfer_->target.side != opened.side || transfer_->target.number != opened.number) return;
  auto& target = transfer_->target;
  if (!opened.error.empty()) {
    log_state("call.transfer_media_failed", {{"error", opened.error}});
    return fail_transfer(now, 503, "Service Unavailable", out);
  }
  target.opened = opened;
  target.is_open = true;
  const auto found = pending_.find(transfer_->invite);
  if (found == pending_.end()) return;
  const auto& kept = other(target);
  transfer_->offered = kept.peer_directions;
  found->second.request.set_body(target.description->offer(opened, with_places(kept.peer_codecs, target, kept), kept.peer_directions), "application/sdp");
  transmit(found->first, found->second, *transfer_->route, out);
}

void Call::on_transfer_provisional(Time now, const Pending& invite, const Message& response, Outputs& out) {
  if (!makes_target(invite) || response.status() == 199) return;
  tell_referrer(now, leg(invite.side), response.status(), response.reason(), out);
}

void Call::on_transfer_failure(Time now, Pending invite, const Message& response, const sip::RouteFailure* refusal, Outputs& out) {
  if (!makes_target(invite)) return;
  if (response.status() == 422 && transfer_->target.session.on_too_small(response)) {
    transfer_->target.session.ask(invite.request);
    send_again(invite, out);
    return;
  }
  if (refusal != nullptr) log_state("call.transfer_challenge", {{"problem", refusal->warning}});
  fail_transfer(now, response.status(), response.reason(), out);
}

// The first 2xx; see drop_fork() for others.
void Call::on_transfer_success(Time now, Pending& pending, const Message& response, Outputs& out) {
  auto& leg = leg_of(pending);
  const auto to = response.to();
  if (leg.dialog && to && to->tag() == leg.dialog->id().remote_tag) return acknowledge(pending, response, out);  // repeated
  if (!makes_target(pending)) return drop_fork(pending, response, out);
  pending.finished = true;
  auto dialog = sip::Dialog::as_uac(pending.request, response);
  if (!dialog) return fail_transfer(now, 502, "Bad Gateway", out);
  auto& target = transfer_->target;
  target.dialog = std::move(*dialog);
  target.dialog->confirm();
  target.message_source = pending.sent_to;
  acknowledge(pending, response, out);
  if (!target.is_open) {  // of a place that seemed dead: our media has just moved for the next one
    bye(target, {"the target answered too late", 408}, out);
    return fail_transfer(now, 408, "Request Timeout", out);
  }
  const auto answer = target.description->on_answer(response.body());
  auto codecs = answer ? usable(answer->codecs, context_.options) : std::vector<leg::Codec>{};
  if (sdp::common(other(target).peer_codecs, codecs).empty()) {
    const std::string problem = answer ? "no common codec: accepted " + sdp::list_names(answer->codecs) : answer.error().message();
    bye(target, {problem, 488}, out);
    return fail_transfer(now, 488, "Not Acceptable Here", out);
  }
  target.takes_info = allows(response, "INFO");
  target.takes_refer = allows(response, "REFER");
  note_allow(target.allows_update, response);
  target.session.on_success(now, response);
  target.peer_codecs = std::move(codecs);
  replace_leg(now, answer->wish, out);
}

// Nothing has changed for the two peers, unless the one that asked for it has left already.
void Call::fail_transfer(Time now, int status, std::string_view reason, Outputs& out) {
  auto& referrer = leg(transfer_->target.side);
  drop_transfer(now, status, reason, out);
  if (referrer.hung_up) end(now, {"the transfer failed: " + std::to_string(status) + ' ' + std::string(reason), status}, out);
}

void Call::drop_transfer(Time now, int status, std::string_view reason, Outputs& out) {
  auto& target = transfer_->target;
  log_state("call.transfer_failed", {{"status", status}, {"reason", std::string(reason)}});
  tell_referrer(now, leg(target.side), status, reason, out);
  if (transfer_->route) out.push_back(leg::DropLeg{media_, target.side, target.number});
  if (target.flow != sip::FlowId::none) out.push_back(sip::HoldFlow{target.flow, false});
  const auto invite = pending_.find(transfer_->invite);
  if (invite != pending_.end() && !invite->second.finished) {
    out.push_back(sip::CancelRequest{transfer_->invite, EndCause("the transfer is given up", 487).reasons()});
    if (!invite->second.sent) forget(transfer_->invite);
  }
  former_.push_back({std::move(target), {}});  // a 2xx may still cross the CANCEL
  transfer_.reset();
}

void Call::tell_referrer(Time now, LegState& referrer, int status, std::string_view reason, Outputs& out) {
  if (!referrer.refer) return;
  referrer.refer->learn(status, reason);
  notify(now, referrer, out);
}

void Call::notify(Time now, LegState& referrer, Outputs& out) {
  if (!referrer.refer->due()) return;
  auto pending = in_dialog(referrer, Pending::Kind::notify, "NOTIFY");
  referrer.refer->write(now, pending.request);
  if (referrer.refer->over()) referrer.refer.reset();
  send(std::move(pending), out);
}

void Call::on_notify_answer(Time now, const Pending& pending, int status, Outputs& out) {
  auto& referrer = leg_of(pending);
  if (!referrer.refer || pending.request.get(HeaderId::event) != referrer.refer->event()) return;
  referrer.refer->on_answer(status);
  if (referrer.refer->over()) referrer.refer.reset();
  else notify(now, referrer, out);
}

}  // namespace w2s::breaker
