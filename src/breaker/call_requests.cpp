// Requests of the peers inside the call: which dialog, which part of the call.
#include <utility>

#include "call.hpp"
#include "w2s/base/encoding.hpp"

namespace w2s::breaker {

using sip::HeaderId;
using sip::Message;

namespace {

// Option tags that the breaker would have to understand and does not.
std::string unsupported_options(const Message& request, const Options& options) {
  const auto is_supported = [&](std::string_view tag) {
    return iequals(tag, "timer") || iequals(tag, "replaces") || (iequals(tag, "100rel") && options.reliable_provisionals) ||
           (iequals(tag, "norefersub") && request.is("REFER"));
  };
  std::string tags;
  for (const auto tag : request.values(HeaderId::require)) {
    if (!is_supported(tag)) (tags += tags.empty() ? "" : ", ") += tag;
  }
  return tags;
}

}  // namespace

// RFC 3261 8.2.2.3.
bool Call::refuse_extensions(const LegState& leg, sip::ServerTransactionId id, const Message& request, Outputs& out) {
  const auto tags = unsupported_options(request, context_.options);
  if (tags.empty()) return false;
  auto response = response_to(leg, request, 420);
  response.append(HeaderId::unsupported, tags);
  respond(id, std::move(response), out);
  return true;
}

// The dialog that a request of this leg's peer belongs to: the peer's tag counts too.
sip::Dialog* Call::dialog_with(LegState& leg, const Message& request) {
  const auto from = request.from();
  if (!from) return nullptr;
  if (leg.dialog && leg.dialog->id().remote_tag == from->tag()) return &*leg.dialog;
  const auto fork = leg.made_here ? forks_.find(from->tag()) : forks_.end();
  return fork == forks_.end() ? nullptr : &fork->second.dialog;
}

void Call::on_request(Time now, leg::Side side, sip::ServerTransactionId id, const Message& request,
                      const sip::Target& source, Outputs& out) {
  auto& from = addressee(side, request);
  from.message_source = source.remote.ip;
  auto* dialog = dialog_with(from, request);
  if (dialog == nullptr) {
    if (!request.is("ACK")) respond(id, response_to(from, request, 481), out);
    return;
  }
  // The browser may be back on another WebSocket; its dialogs follow it (design section 3, "Dialogs").
  if (is_web_socket(source.transport) && is_present(from)) move_to(from, source.flow, out);
  if (request.is("ACK")) {
    on_ack(now, from, request, out);
  } else if (!dialog->accept_cseq(request)) {
    respond(id, response_to(from, request, 500), out);  // RFC 3261 12.2.2
  } else {
    on_new_request(now, from, id, request, out);
  }
  continue_offers(now, out);
}

void Call::on_new_request(Time now, LegState& from, sip::ServerTransactionId id, const Message& request, Outputs& out) {
  if (!is_present(from)) return on_former_request(from, id, request, out);
  if (request.is("BYE")) return on_bye(now, from, id, request, out);  // whatever it requires: its sender is gone (15.1.1)
  if (refuse_extensions(from, id, request, out)) return;
  if (request.is("PRACK") && from.side == leg::Side::a) return on_prack(now, id, request, out);
  const bool lost_fork = from.dialog && dialog_with(from, request) != &*from.dialog;
  if (state_ == State::ended || lost_fork || from.hung_up || request.is("PRACK")) {
    return respond(id, response_to(from, request, 481), out);
  }
  note_allow(allows_update(from, request), request);
  if (request.count(HeaderId::allow) > 0) from.takes_refer = allows(request, "REFER");
  if (request.is("INVITE") || (request.is("UPDATE") && !request.body().empty())) {
    return on_offer(now, from, id, request, out);
  }
  if (request.is("UPDATE")) {
    if (refuse_session(from, id, request, out)) return;
    dialog_with(from, request)->refresh_target(request);
    return respond(id, success(now, from, request), out);
  }
  if (request.is("OPTIONS")) {
    auto response = response_to(from, request, 200);
    response.append(HeaderId::allow, std::string(allowed_methods));
    return respond(id, std::move(response), out);
  }
  if (request.is("INFO")) return on_info(now, from, id, request, out);
  if (request.is("REFER")) return on_refer(now, from, id, request, out);
  if (request.is("NOTIFY") || request.is("MESSAGE")) return relay(from, id, request, out);
  auto response = response_to(from, request, 405);
  response.append(HeaderId::allow, std::string(allowed_methods));
  respond(id, std::move(response), out);
}

bool& Call::allows_update(LegState& from, const Message& request) {
  const auto fork = from.dialog ? forks_.end() : forks_.find(request.from()->tag());
  return fork == forks_.end() ? from.allows_update : fork->second.allows_update;
}

void Call::on_ack(Time now, LegState& from, const Message& ack, Outputs& out) {
  const auto cseq = ack.cseq();
  if (!from.awaited_ack || !cseq || from.awaited_ack->response.cseq()->number != cseq->number) return;
  from.awaited_ack.reset();
  if (from.bye_after_ack) bye(from, *std::exchange(from.bye_after_ack, {}), out);
  if (state_ != State::ended && from.description->own_offer_pending()) take_late_answer(now, from, ack.body(), out);
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

}  // namespace w2s::breaker
