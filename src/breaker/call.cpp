#include "call.hpp"

#include <algorithm>
#include <utility>

#include "w2s/base/encoding.hpp"

#include "passed_headers.hpp"

namespace w2s::breaker {

using sip::HeaderId;
using sip::Message;

namespace {

bool needs_contact(const Message& request) {  // RFC 3261 table 3; 6665, 3311, 3515
  for (const auto* method : {"INVITE", "UPDATE", "SUBSCRIBE", "REFER", "NOTIFY"}) {
    if (request.is(method)) return true;
  }
  return false;
}

}  // namespace

std::vector<leg::Codec> usable(const std::vector<leg::Codec>& offered, const Options& options) {
  auto codecs = sdp::relayable(offered);
  std::erase_if(codecs, [&](const leg::Codec& codec) {
    return !options.codecs.empty() && codec.name != "telephone-event" &&
           std::find(options.codecs.begin(), options.codecs.end(), sdp::config_name(codec)) == options.codecs.end();
  });
  return codecs;
}

bool allows(const Message& message, std::string_view method) {
  const auto methods = message.values(HeaderId::allow);
  return methods.empty() ||
         std::any_of(methods.begin(), methods.end(), [&](auto m) { return iequals(trim(m), method); });
}

std::vector<leg::Codec> all_usable(const Options& options) {
  return usable({{"opus", 48000, 2, "minptime=10;useinbandfec=1"},
                 {"pcmu", 8000, 1, {}},
                 {"pcma", 8000, 1, {}},
                 {"g722", 8000, 1, {}},
                 {"telephone-event", 48000, 1, "0-16"},
                 {"telephone-event", 8000, 1, "0-16"}},
                options);
}

void note_allow(bool& allows_update, const Message& message) {
  if (message.count(HeaderId::allow) > 0) allows_update = message.has_option(HeaderId::allow, "UPDATE");
}

Call::Call(Context context, leg::MediaId media, NewCall setup, std::optional<LegIdentity> earlier)
    : context_(std::move(context)),
      media_(media),
      setup_(std::move(setup)),
      a_(make_leg(leg::Side::a, setup_.a)),
      b_(make_leg(leg::Side::b, setup_.b)),
      invite_id_(setup_.id),
      earlier_(std::move(earlier)) {
  a_.call_id = setup_.invite.call_id();
  b_.call_id = earlier_ ? earlier_->call_id : context_.rng.token();
  if (earlier_) b_.local_tag = earlier_->local_tag;
  b_.made_here = true;
  b_.first_hop = setup_.hop;
  a_.message_source = setup_.source.remote.ip;
}

LegState Call::make_leg(leg::Side side, const Party& party) const {
  LegState leg;
  leg.side = side;
  leg.kind = party.kind;
  leg.flow = party.flow;
  leg.binding_token = party.binding_token;
  leg.contact = party.contact;
  leg.local_tag = context_.rng.token(9);
  leg.session = sip::SessionTimer(context_.options.session);
  return leg;
}

std::vector<Call::DialogKey> Call::dialog_keys() const {
  std::vector<DialogKey> keys;
  const auto add = [&](const LegState& leg) { keys.push_back({leg.call_id, leg.local_tag, leg.side}); };
  add(a_);
  add(b_);
  if (transfer_) add(transfer_->target);
  for (const auto& former : former_) add(former.leg);
  return keys;
}

void Call::log_state(std::string_view event, std::initializer_list<LogField> fields) const {
  if (!context_.log.enabled(LogLevel::info)) return;
  std::vector<LogField> all{{"call", static_cast<std::uint64_t>(media_)}};
  all.insert(all.end(), fields);
  context_.log.write(LogLevel::info, event, all);
}

sip::Dialog* Call::dialog_of(const Pending& pending) {
  auto& leg = leg_of(pending);
  if (pending.fork) {
    const auto fork = forks_.find(*pending.fork);
    if (fork != forks_.end()) return &fork->second.dialog;
    if (!leg.dialog || leg.dialog->id().remote_tag != *pending.fork) return nullptr;  // that fork is gone
  }
  return leg.dialog ? &*leg.dialog : nullptr;
}

sip::NextHop Call::hop_to(const LegState& leg, const sip::Dialog* dialog) const {
  if (leg.flow != sip::FlowId::none) {
    sip::NextHop hop;
    hop.flow = leg.flow;
    if (!context_.options.is_open(leg.flow) && !leg.binding_token.empty()) {
      const auto moved = context_.options.flow_of_binding(leg.binding_token);
      if (moved != sip::FlowId::none) hop.flow = moved;
    }
    return hop;
  }
  if (dialog == nullptr) return leg.first_hop;
  const auto& routes = dialog->route_set();
  if (!routes.empty()) {
    if (const auto route = sip::parse_name_addr(routes.front())) return sip::hop_of(route->uri);
  }
  const auto target = sip::parse_uri(dialog->remote_target());
  return target ? sip::hop_of(*target) : sip::NextHop{};
}

sip::RequestId Call::send(Pending pending, Outputs& out) {
  const auto id = sip::RequestId{++context_.last_request_id};
  const auto* dialog = pending.makes_leg() ? nullptr : dialog_of(pending);
  out.push_back(sip::FindRoute{id, hop_to(leg_of(pending), dialog), setup_.source, pending.request.call_id()});
  pending_.emplace(id, std::move(pending));
  return id;
}

void Call::forget(sip::RequestId id) {
  if (pending_.erase(id) != 0) forgotten_.push_back(id);
}

// The same request after its refusal, with what was missing in it: a new transaction (RFC 3261 22.2, RFC 4028 7.3).
sip::RequestId Call::send_again(const Pending& pending, Outputs& out) {
  auto again = pending;
  again.sent = false;
  again.finished = false;
  auto cseq = *again.request.cseq();
  const bool invite = again.kind == Pending::Kind::invite;
  const bool transfer = again.kind == Pending::Kind::transfer;
  cseq.number = again.makes_leg() ? cseq.number + 1 : dialog_of(again)->make_request(cseq.method).cseq()->number;
  again.request.set(HeaderId::cseq, cseq.to_string());
  const auto id = send(std::move(again), out);
  if (transfer) transfer_->invite = id;
  if (invite) {
    invite_request_ = id;
    state_ = State::opening;  // the route is looked up again; media is open already
    forks_.clear();
  }
  return id;
}

void Call::on_route(Time now, sip::RequestId id, const sip::Egress& egress, Outputs& out) {
  const auto found = pending_.find(id);
  if (found == pending_.end()) return;
  auto& pending = found->second;
  auto& leg = leg_of(pending);
  if (pending.makes_leg()) {
    sip::set_address(leg.contact.uri, egress.contact, egress.contact_transport);
    if (leg.flow != sip::FlowId::none) leg.contact.uri.params.set("transport", std::string(uri_token(egress.target.transport)));
  }
  if (pending.kind == Pending::Kind::transfer) return on_transfer_route(id, pending, egress, out);
  if (pending.kind == Pending::Kind::invite && !route_known_) {
    route_known_ = true;
    if (state_ == State::ended) {
      forget(id);
      return;
    }
    open_media(a_, setup_.source, out);
    open_media(b_, egress.target, out);
  } else if (pending.kind == Pending::Kind::invite && state_ < State::answering && egress.target.local.ip != route_.target.local.ip) {
    // The next of several places, or the one that a 3xx names, is reached from another address of ours: so is its media.
    pending.sent = false;
    state_ = State::opening;
    open_media(b_, egress.target, out);
  }
  if (state_ == State::ended && (pending.kind == Pending::Kind::modify || pending.kind == Pending::Kind::refresh)) {
    forget(id);
    return;
  }
  if (pending.kind == Pending::Kind::invite && !pending.sent) {
    route_ = egress;
    try_invite(now, out);
    return;
  }
  transmit(id, pending, egress, out);
}

// A browser gets the address that its WebSocket came in on as its first candidate, a phone the one that faces it. Ports
// for video are reserved where one side has offered it.
void Call::open_media(LegState& leg, const sip::Target& peer, Outputs& out) {
  leg.is_open = false;
  const bool video = sdp::has_video(leg.peer_codecs) || sdp::has_video(other(leg).peer_codecs);
  out.push_back(leg::OpenLeg{media_, leg.side, leg.kind, leg.kind == leg::Kind::web ? peer.local.ip : peer.remote.ip, leg.number, video});
}

void Call::transmit(sip::RequestId id, Pending& pending, const sip::Egress& egress, Outputs& out) {
  auto request = pending.request;
  const auto& leg = leg_of(pending);
  if (needs_contact(request)) request.set(HeaderId::contact, leg.contact.to_string());
  request.set(HeaderId::user_agent, context_.options.user_agent);
  sip::push_via(request, egress.target, "z9hG4bK" + context_.rng.token(12));
  pending.sent = true;
  pending.sent_to = egress.target.remote.ip;
  pending.sent_to_name = egress.target.host.empty() ? pending.sent_to.to_string() : egress.target.host;
  if (pending.kind == Pending::Kind::invite) {
    log_state("call.invite", {{"leg", "b"}, {"target", egress.target.remote},
                              {"transport", std::string(uri_token(egress.target.transport))},
                              {"codecs", sdp::list_names(a_.peer_codecs)}});
  }
  const bool ack = request.is("ACK");
  out.push_back(sip::SendRequest{id, std::move(request), egress, ack});
  if (ack) forget(id);
}

bool Call::settled() const {
  return ended() && !a_.awaited_ack && !b_.awaited_ack &&
         std::all_of(pending_.begin(), pending_.end(), [](const auto& entry) { return entry.second.finished; });
}

void Call::respond(sip::ServerTransactionId id, Message response, Outputs& out) {
  out.push_back(sip::Respond{id, std::move(response)});
}

Message Call::response_to(const LegState& leg, const Message& request, int status, std::string_view reason) const {
  auto response = sip::make_response(request, status, leg.local_tag, reason);
  if (status > 100 && status < 300) response.append(HeaderId::contact, leg.contact.to_string());
  return response;
}

// RFC 3261 13.2.2.4: the ACK of a 2xx is a request in its dialog, with the credentials of the INVITE.
void Call::acknowledge(const Pending& invite, const Message& response, Outputs& out) {
  const auto to = response.to();
  const auto cseq = response.cseq();
  Pending ack;
  ack.side = invite.side;
  ack.number = invite.number;
  if (to && forks_.contains(to->tag())) ack.fork = to->tag();
  const auto* dialog = dialog_of(ack);
  if (dialog == nullptr || !cseq) return;
  ack.request = dialog->make_ack(cseq->number);
  copy_authorizations(invite.request, ack.request);
  send(std::move(ack), out);
}

bool Call::trusts(const LegState& leg) const {
  const auto& browser = a_.is_browser() ? a_ : b_;
  return !leg.is_browser() && context_.options.trusts(browser.binding_token, leg.message_source);
}

void Call::pass_headers(const LegState& from, const Message& received, Message& sent) const {
  const auto& to = from.side == leg::Side::a ? b_ : a_;
  copy_passed_headers(received, sent, {from.is_browser(), to.is_browser(), trusts(from)});
}

void Call::apply_plans(Outputs& out) {
  for (auto* leg : {&a_, &b_}) {
    if (!leg->description->agreed()) continue;
    auto plan = leg->description->plan(media_, leg->side);
    plan.answered = state_ == State::connected;
    plan.ice = leg->ice;
    out.push_back(std::move(plan));
  }
}

}  // namespace w2s::breaker
