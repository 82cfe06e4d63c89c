#include "call.hpp"

#include <algorithm>

#include "w2s/base/encoding.hpp"

#include "passed_headers.hpp"

namespace w2s::breaker {

using sip::HeaderId;
using sip::Message;

namespace {

constexpr Duration t1 = 500ms;  // RFC 3261 17.1.1.1
constexpr Duration t2 = 4s;

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
           std::find(options.codecs.begin(), options.codecs.end(), codec.name) == options.codecs.end();
  });
  return codecs;
}

bool allows(const Message& message, std::string_view method) {
  const auto methods = message.values(HeaderId::allow);
  return methods.empty() ||
         std::any_of(methods.begin(), methods.end(), [&](auto m) { return iequals(trim(m), method); });
}

Call::Call(Context context, leg::MediaId media, NewCall setup, std::optional<LegIdentity> earlier)
    : context_(std::move(context)),
      media_(media),
      setup_(std::move(setup)),
      invite_id_(setup_.id),
      earlier_(std::move(earlier)) {
  const auto take = [this](LegState& leg, leg::Side side, const Party& party) {
    leg.side = side;
    leg.kind = party.kind;
    leg.flow = party.flow;
    leg.binding_token = party.binding_token;
    leg.contact = party.contact;
    leg.local_tag = context_.rng.token(9);
  };
  take(a_, leg::Side::a, setup_.a);
  take(b_, leg::Side::b, setup_.b);
  if (earlier_) b_.local_tag = earlier_->local_tag;
  a_.message_source = setup_.source.remote.ip;
}

std::vector<std::pair<std::string, std::string>> Call::dialog_keys() const {
  std::vector<std::pair<std::string, std::string>> keys{{setup_.invite.call_id(), a_.local_tag}};
  if (b_.dialog) keys.emplace_back(b_.dialog->id().call_id, b_.dialog->id().local_tag);
  return keys;
}

void Call::log_state(std::string_view event, std::initializer_list<LogField> fields) const {
  if (!context_.log.enabled(LogLevel::info)) return;
  std::vector<LogField> all{{"call", static_cast<std::uint64_t>(media_)}};
  all.insert(all.end(), fields);
  context_.log.write(LogLevel::info, event, all);
}

sip::NextHop Call::hop_to(const LegState& leg) const {
  if (leg.flow != sip::FlowId::none) {
    sip::NextHop hop;
    hop.flow = leg.flow;
    if (!context_.options.is_open(leg.flow) && !leg.binding_token.empty()) {
      const auto moved = context_.options.flow_of_binding(leg.binding_token);
      if (moved != sip::FlowId::none) hop.flow = moved;
    }
    return hop;
  }
  if (!leg.dialog) return setup_.hop;
  const auto& routes = leg.dialog->route_set();
  if (!routes.empty()) {
    if (const auto route = sip::parse_name_addr(routes.front())) return sip::hop_of(route->uri);
  }
  const auto target = sip::parse_uri(leg.dialog->remote_target());
  return target ? sip::hop_of(*target) : sip::NextHop{};
}

sip::RequestId Call::send(Pending pending, Outputs& out) {
  const auto id = sip::RequestId{++context_.last_request_id};
  out.push_back(sip::FindRoute{id, hop_to(leg(pending.side)), setup_.source, pending.request.call_id()});
  pending_.emplace(id, std::move(pending));
  return id;
}

void Call::on_route(Time now, sip::RequestId id, const sip::Egress& egress, Outputs& out) {
  const auto found = pending_.find(id);
  if (found == pending_.end()) return;
  auto& pending = found->second;
  auto& leg = this->leg(pending.side);
  if (pending.kind == Pending::Kind::invite) {
    sip::set_address(leg.contact.uri, egress.contact, egress.contact_transport);
    if (leg.flow != sip::FlowId::none) leg.contact.uri.params.set("transport", std::string(uri_token(egress.target.transport)));
  }
  if (pending.kind == Pending::Kind::invite && !route_known_) {
    route_known_ = true;
    if (state_ == State::ended) {
      pending_.erase(found);
      return;
    }
    // A browser gets the address that its WebSocket came in on as its first candidate, a phone the one that faces it.
    const auto toward = [](leg::Kind kind, const sip::Target& peer) {
      return kind == leg::Kind::web ? peer.local.ip : peer.remote.ip;
    };
    out.push_back(leg::OpenLeg{media_, leg::Side::a, a_.kind, toward(a_.kind, setup_.source)});
    out.push_back(leg::OpenLeg{media_, leg::Side::b, b_.kind, toward(b_.kind, egress.target)});
  }
  if (pending.kind == Pending::Kind::invite && !pending.sent) {
    route_ = egress;
    try_invite(now, out);
    return;
  }
  transmit(id, pending, egress, out);
}

void Call::transmit(sip::RequestId id, Pending& pending, const sip::Egress& egress, Outputs& out) {
  auto request = pending.request;
  const auto& leg = this->leg(pending.side);
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
  if (ack) pending_.erase(id);
}

void Call::on_route_failed(Time now, sip::RequestId id, const sip::RouteFailure& failure, Outputs& out) {
  const auto found = pending_.find(id);
  if (found == pending_.end()) return;
  const auto pending = std::move(found->second);
  pending_.erase(found);
  switch (pending.kind) {
    case Pending::Kind::invite:
      if (follow_redirect(pending, Message::response(failure.status, failure.reason), out)) return;
      reject(now, failure.status, failure.reason, failure.warning, out);
      return;
    case Pending::Kind::reinvite:
      modification_failed(leg(leg::other(pending.side)), failure.status, failure.reason, out);
      return;
    case Pending::Kind::relay:
      if (pending.answers != sip::ServerTransactionId::none) {
        respond(pending.answers, sip::make_response(pending.answered_request, failure.status, {}, failure.reason), out);
      }
      return;
    case Pending::Kind::key: return on_key_sent(leg(pending.side), out);
    case Pending::Kind::bye:
      on_bye_response(now, pending, Message::response(failure.status, failure.reason), out);
      return;
  }
}

void Call::on_request(Time now, leg::Side side, sip::ServerTransactionId id, const Message& request,
                      const sip::Target& source, Outputs& out) {
  auto& from = leg(side);
  from.message_source = source.remote.ip;
  // The browser may be back on another WebSocket; its dialogs follow it (design section 3, "Dialogs").
  if (is_web_socket(source.transport)) move_to(from, source.flow, out);

  if (request.is("ACK")) {
    if (!from.awaited_ack) return;
    from.awaited_ack.reset();
    if (from.description->offer_pending() && !request.body().empty() && from.description->on_answer(request.body())) {
      apply_plans(out);
    }
    if (from.side == leg::Side::a && renegotiate_a_) renegotiate_a(out);
    return;
  }
  if (from.dialog && !from.dialog->accept_cseq(request)) {
    respond(id, response_to(from, request, 500), out);  // RFC 3261 12.2.2
    return;
  }
  if (request.is("BYE")) return on_bye(now, from, id, request, out);
  if (state_ == State::ended || !from.dialog) return respond(id, response_to(from, request, 481), out);
  if (request.is("INVITE") || (request.is("UPDATE") && !request.body().empty())) {
    return on_offer(now, from, id, request, out);
  }
  if (request.is("OPTIONS") || request.is("UPDATE")) {
    from.dialog->refresh_target(request);
    auto response = response_to(from, request, 200);
    response.append(HeaderId::allow, std::string(allowed_methods));
    return respond(id, std::move(response), out);
  }
  if (request.is("INFO")) return on_info(now, from, id, request, out);
  if (request.is("REFER") || request.is("NOTIFY") || request.is("MESSAGE")) return relay(from, id, request, out);
  auto response = response_to(from, request, 405);
  response.append(HeaderId::allow, std::string(allowed_methods));
  respond(id, std::move(response), out);
}

void Call::move_to(LegState& leg, sip::FlowId flow, Outputs& out) {
  leg.lost_until.reset();
  if (leg.flow == flow) return;
  if (state_ != State::ended) {
    out.push_back(sip::HoldFlow{leg.flow, false});
    out.push_back(sip::HoldFlow{flow, true});
  }
  leg.flow = flow;
}

bool Call::settled() const {
  return ended() && !a_.awaited_ack && !b_.awaited_ack &&
         std::all_of(pending_.begin(), pending_.end(), [](const auto& entry) { return entry.second.finished; });
}

void Call::on_response(Time now, sip::RequestId id, const Message& response, Outputs& out) {
  const auto found = pending_.find(id);
  if (found == pending_.end()) return;
  auto& pending = found->second;
  leg(pending.side).message_source = pending.sent_to;
  const int status = response.status();
  if (status < 200) {
    if (pending.kind == Pending::Kind::invite && status > 100) on_invite_provisional(response, out);
    return;
  }
  const bool invite = pending.kind == Pending::Kind::invite;
  if (pending.finished && status >= 300) return;
  std::optional<sip::RouteFailure> refusal;
  const bool wanted = state_ != State::ended || pending.kind == Pending::Kind::bye;
  if ((status == 401 || status == 407) && wanted && answer_challenge(pending, response, refusal, out)) {
    pending_.erase(id);  // the table goes on alone with the refused transaction
    return;
  }
  if (invite && status < 300) return on_invite_success(now, pending, response, out);
  if (pending.kind == Pending::Kind::reinvite) return on_reinvite_response(now, pending, response, out);

  if (invite && !refusal && follow_redirect(pending, response, out)) {
    pending_.erase(id);
    return;
  }
  const auto done = pending;
  pending_.erase(id);
  if (invite) {
    if (refusal) return reject(now, refusal->status, refusal->reason, refusal->warning, out);
    return on_invite_failure(done, response, out);
  }
  if (done.kind == Pending::Kind::relay) on_relay_response(done, response, out);
  if (done.kind == Pending::Kind::key) on_key_sent(leg(done.side), out);
  if (done.kind == Pending::Kind::bye) on_bye_response(now, done, response, out);
}

void Call::on_failed(Time now, sip::RequestId id, sip::ClientFailure cause, Outputs& out) {
  const auto found = pending_.find(id);
  if (found == pending_.end()) return;
  if (found->second.finished) {
    pending_.erase(found);
    return;
  }
  const bool timeout = cause == sip::ClientFailure::timeout;
  on_route_failed(now, id, {timeout ? 408 : 503, {}, timeout ? "no answer" : "transport failure"}, out);
}

void Call::respond(sip::ServerTransactionId id, Message response, Outputs& out) {
  out.push_back(sip::Respond{id, std::move(response)});
}

Message Call::response_to(const LegState& leg, const Message& request, int status, std::string_view reason) const {
  auto response = sip::make_response(request, status, leg.local_tag, reason);
  if (status > 100 && status < 300) response.append(HeaderId::contact, leg.contact.to_string());
  return response;
}

void Call::answer_2xx(Time now, LegState& leg, sip::ServerTransactionId id, Message response, Outputs& out) {
  response.append(HeaderId::allow, std::string(allowed_methods));
  leg.awaited_ack = AwaitedAck{id, response, t1, now + t1, now + 64 * t1};
  respond(id, std::move(response), out);
}

void Call::acknowledge(LegState& leg, const Message& response, Outputs& out) {
  const auto cseq = response.cseq();
  if (!leg.dialog || !cseq) return;
  Pending ack;
  ack.side = leg.side;
  ack.request = leg.dialog->make_ack(cseq->number);
  for (const auto& [id, pending] : pending_) {  // RFC 3261 22.1: the ACK has the credentials of its INVITE
    if (pending.side == leg.side && pending.request.cseq() == cseq) copy_authorizations(pending.request, ack.request);
  }
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

void Call::on_time(Time now, Outputs& out) {
  on_bye_deadline(now, out);
  for (auto* leg : {&a_, &b_}) {
    auto& awaited = leg->awaited_ack;
    if (!awaited || awaited->next > now) continue;
    if (awaited->deadline <= now) {
      awaited.reset();
      end(now, {"no ACK", 408}, out);
      continue;
    }
    respond(awaited->id, awaited->response, out);
    awaited->interval = std::min<Duration>(awaited->interval * 2, t2);
    awaited->next = std::min(now + awaited->interval, awaited->deadline);
  }
  look_for_lost_browsers(now, out);
}

std::optional<Time> Call::next_time() const {
  std::optional<Time> next;
  if (awaited_bye_) next = awaited_bye_->until;
  if (a_.awaited_ack) next = earlier(next, a_.awaited_ack->next);
  if (b_.awaited_ack) next = earlier(next, b_.awaited_ack->next);
  if (!ended()) next = earlier(next, earlier(a_.lost_until, b_.lost_until));
  return next;
}

}  // namespace w2s::breaker
