#include "sip_core.hpp"

namespace w2s::app {

namespace {

breaker::Options with_flows(breaker::Options options, const sip::Surroundings& surroundings, proxy::Proxy& proxy) {
  options.is_open = surroundings.is_open;
  options.flow_of_binding = [&proxy](const std::string& token) {
    const auto* binding = proxy.binding_by_token(token);
    return binding == nullptr ? sip::FlowId::none : binding->flow;
  };
  options.trusts = [&proxy](const std::string& token, const IpAddress& peer) {
    const auto* binding = proxy.binding_by_token(token);
    return binding != nullptr && proxy.trusts(*binding, peer);
  };
  options.registered_at = [&proxy](const std::string& token, const IpAddress& peer) {
    const auto* binding = proxy.binding_by_token(token);
    return binding != nullptr && binding->registered && binding->registrars.contains(peer);
  };
  options.destination_of = [&proxy, &surroundings](const sip::Uri& target) -> std::optional<breaker::Destination> {
    // Our token in a Contact of ours names a browser.
    if (const auto token = target.params.get("ws-flow")) {
      const auto* binding = proxy.binding_by_token(*token);
      if (binding == nullptr || !surroundings.is_open(binding->flow)) return std::nullopt;
      sip::NextHop hop;
      hop.flow = binding->flow;
      return breaker::Destination{{leg::Kind::web, binding->flow, binding->token, {}}, binding->contact_uri, hop};
    }
    if (surroundings.is_own(target) && !surroundings.outbound_proxy) return std::nullopt;
    return breaker::Destination{{}, target.to_string(), surroundings.outbound_proxy.value_or(sip::hop_of(target))};
  };
  return options;
}

// Our Via on top names the transport that the request goes out by.
void readdress(sip::Message& request, const sip::Target& target, std::string branch) {
  request.pop_value(sip::HeaderId::via);
  sip::push_via(request, target, std::move(branch));
}

// The way from the proxy to the breaker. It keeps the caller's addresses, which decide on trust and media addresses.
sip::Egress to_breaker(const sip::Target& caller) {
  sip::Egress egress;
  egress.target = caller;
  egress.target.flow = sip::FlowId::internal;
  if (!is_reliable(caller.transport)) egress.target.transport = sip::Transport::tcp;
  return egress;
}

}  // namespace

SipCore::SipCore(sip::Surroundings surroundings, breaker::Options breaker, sip::TransactionTimers timers,
                 Duration server_quarantine, Rng& rng, Log& log, Outside& outside)
    : surroundings_(std::move(surroundings)),
      rng_(rng),
      log_(log),
      outside_(outside),
      transactions_(rng, timers),
      proxy_(surroundings_, rng, log,
             [this](const sip::Message& invite, const proxy::Binding& browser) { return breaker_takes(invite, browser); }),
      breaker_(with_flows(std::move(breaker), surroundings_, proxy_), rng, log),
      attempts_(server_quarantine) {}

void SipCore::handle(Time now, sip::TransactionOutputs outputs) {
  for (auto& output : outputs) {
    std::visit([&](auto& o) { act(now, std::move(o)); }, output);
  }
}

void SipCore::on_message(Time now, sip::Message message, const sip::Target& source) {
  handle(now, transactions_.on_message(now, std::move(message), source));
}

void SipCore::on_send_failed(Time now, const sip::Target& target) {
  attempts_.on_unreachable(now, target);
  if (target.flow != sip::FlowId::none) return connection_lost(now, target.flow);
  handle(now, transactions_.on_transport_error(now, target));
}

void SipCore::connection_lost(Time now, sip::FlowId flow) {
  const auto way_back = [this](const sip::Target& place) { return outside_.way_back(place); };
  handle(now, transactions_.on_flow_closed(now, flow, way_back));
}

void SipCore::on_flow_closed(Time now, sip::FlowId flow) {
  handle_users(now, User::proxy, proxy_.on_flow_closed(now, flow));
  if (const auto holds = holds_.find(flow); holds != holds_.end()) {
    holds->second.by_proxy = false;  // calls still take back their own
    if (holds->second.calls == 0) holds_.erase(holds);
  }
  connection_lost(now, flow);
  handle_users(now, User::breaker, breaker_.on_flow_closed(now, flow));
}

void SipCore::on_route(Time now, const Ticket& ticket, const sip::Egress& egress) {
  tell_route(now, ticket, attempts_.in_order(now, egress));
}

void SipCore::tell_route(Time now, const Ticket& ticket, const sip::Egress& egress) {
  if (ticket.user == User::proxy) handle_users(now, User::proxy, proxy_.on_route(now, ticket.request, egress));
  else handle_users(now, User::breaker, breaker_.on_route(now, ticket.request, egress));
}

void SipCore::on_route_failed(Time now, const Ticket& ticket, const sip::RouteFailure& failure) {
  if (ticket.user == User::proxy) handle_users(now, User::proxy, proxy_.on_route_failed(now, ticket.request, failure));
  else handle_users(now, User::breaker, breaker_.on_route_failed(now, ticket.request, failure));
}

void SipCore::on_leg_opened(Time now, const leg::LegOpened& opened) {
  handle_users(now, User::breaker, breaker_.on_leg_opened(now, opened));
}

void SipCore::on_media_event(Time now, const leg::Event& event) {
  handle_users(now, User::breaker, breaker_.on_media_event(now, event));
}

void SipCore::on_time(Time now) {
  deliver_internal(now);
  handle(now, transactions_.on_time(now));
  while (const auto silent = attempts_.on_time(now)) {
    handle(now, transactions_.abandon(now, silent->superseded));
    try_next(now, silent->ticket, "silence");
  }
  handle_users(now, User::proxy, proxy_.on_time(now));
  handle_users(now, User::breaker, breaker_.on_time(now));
}

std::optional<Time> SipCore::next_time() const {
  const auto internal = internal_.empty() ? std::nullopt : std::optional(internal_.front().since);
  const auto engines = earlier(proxy_.next_time(), breaker_.next_time());
  return earlier(earlier(transactions_.next_time(), attempts_.next_time()), earlier(internal, engines));
}

// What this causes on the same way waits for the next time.
void SipCore::deliver_internal(Time now) {
  auto due = std::exchange(internal_, {});
  for (auto& [since, message, target] : due) on_message(now, std::move(message), target);
}

void SipCore::end_all_calls(Time now, std::string_view cause) {
  handle_users(now, User::breaker, breaker_.end_all(now, cause));
}

// ---- transaction outputs ----

void SipCore::act(Time now, sip::Transmit output) {
  if (output.target.flow != sip::FlowId::internal) return outside_.transmit(output.message, output.target);
  internal_.push_back({now, std::move(output.message), std::move(output.target)});
}

void SipCore::act(Time now, sip::RequestReceived output) {
  if (breaker_.owns(output.request)) {
    return handle_users(now, User::breaker, breaker_.on_request(now, output.id, output.request, output.source));
  }
  if (output.request.is("INVITE")) {
    const bool started = is_web_socket(output.source.transport) ? start_call_from_browser(now, output)
                                                                : start_call_to_browser(now, output);
    if (started) return;
  }
  handle_users(now, User::proxy, proxy_.on_request(now, output.id, std::move(output.request), output.source));
}

void SipCore::act(Time now, sip::AckReceived output) {
  constexpr auto none = sip::ServerTransactionId::none;
  if (breaker_.owns(output.request)) {
    handle_users(now, User::breaker, breaker_.on_request(now, none, output.request, output.source));
  } else {
    handle_users(now, User::proxy, proxy_.on_request(now, none, std::move(output.request), output.source));
  }
}

void SipCore::act(Time now, sip::CancelReceived output) {
  std::vector<sip::Field> reasons;  // RFC 3326: why it was cancelled goes with the CANCEL
  for (const auto& field : output.cancel.fields()) {
    if (field.id == sip::HeaderId::reason) reasons.push_back(field);
  }
  cancel(now, output.invite, reasons);
}

void SipCore::cancel(Time now, sip::ServerTransactionId id, const std::vector<sip::Field>& reasons) {
  handle_users(now, User::breaker, breaker_.on_cancel(now, id, reasons));
  handle_users(now, User::proxy, proxy_.on_cancel(now, id, reasons));
}

void SipCore::act(Time now, sip::ResponseReceived output) {
  const auto [verdict, ticket, superseded] = attempts_.on_response(now, output.id, output.response);
  switch (verdict) {
    case Attempts::Verdict::drop: return;
    case Attempts::Verdict::try_next: return try_next(now, ticket, "503");
    case Attempts::Verdict::deliver: break;
  }
  if (superseded != sip::ClientTransactionId::none) handle(now, transactions_.cancel(now, superseded));
  if (ticket.user == User::proxy) {
    handle_users(now, User::proxy, proxy_.on_response(now, ticket.request, std::move(output.response), output.source));
  } else {
    handle_users(now, User::breaker, breaker_.on_response(now, ticket.request, output.response));
  }
}

void SipCore::act(Time now, sip::ClientFailed output) {
  const auto decision = attempts_.on_failed(now, output.id, output.cause);
  const auto& ticket = decision.ticket;
  switch (decision.verdict) {
    case Attempts::Verdict::drop: return;
    case Attempts::Verdict::try_next:
      return try_next(now, ticket, output.cause == sip::ClientFailure::timeout ? "timeout" : "transport failure");
    case Attempts::Verdict::deliver: break;
  }
  if (ticket.user == User::proxy) handle_users(now, User::proxy, proxy_.on_failed(now, ticket.request, output.cause));
  else handle_users(now, User::breaker, breaker_.on_failed(now, ticket.request, output.cause));
}

// Nobody waits for the answer any more: what was asked of others on its behalf is taken back.
void SipCore::act(Time now, sip::ServerFailed output) { cancel(now, output.id, {}); }

void SipCore::act(Time now, sip::ClientEnded output) {
  const auto ticket = attempts_.on_ended(output.id);
  if (!ticket) return;
  if (ticket->user == User::proxy) proxy_.on_ended(ticket->request);
  else handle_users(now, User::breaker, breaker_.on_ended(now, ticket->request));
}

void SipCore::act(Time, sip::ServerEnded) {}

void SipCore::act(Time, sip::StrayResponse output) {  // never relayed: threats.md T8
  log_.debug("response.stray", {{"source", output.source.remote}, {"status", output.response.status()}});
}

// ---- outputs of the users ----

void SipCore::act(Time now, User user, sip::FindRoute output) {
  const Ticket ticket{user, output.id};
  if (output.hop.flow == sip::FlowId::internal) return tell_route(now, ticket, to_breaker(output.source));
  outside_.find_route(ticket, output);
}

void SipCore::act(Time now, User user, sip::SendRequest output) {
  const Ticket ticket{user, output.id};
  const auto stream = attempts_.place_for_size(now, output.egress, output.request);
  std::optional<sip::Message> kept;
  if (stream) {
    if (!output.stateless) kept = output.request;
    readdress(output.request, *stream, output.request.top_via()->branch());
  }
  const auto& target = stream ? *stream : output.egress.target;
  if (output.stateless) return outside_.transmit(output.request, target);
  send(now, ticket, std::move(output.request), target, std::move(output.egress), std::move(kept));
}

void SipCore::send(Time now, const Ticket& ticket, sip::Message request, const sip::Target& target, sip::Egress egress,
                   std::optional<sip::Message> kept) {
  auto id = sip::ClientTransactionId::none;
  const bool invite = request.is("INVITE");
  auto outputs = transactions_.send_request(now, std::move(request), target, id);
  attempts_.on_sent(now, ticket, id, invite, std::move(egress), std::move(kept));
  handle(now, std::move(outputs));
}

// The request failed at one place: the user makes it anew for the next. Only what went by TCP for its size is the same
// request for UDP, but for its Via.
void SipCore::try_next(Time now, const Ticket& ticket, std::string_view why) {
  auto [egress, kept] = attempts_.take_next(ticket);
  log_.info("request.next_place", {{"why", why}, {"transport", uri_token(egress.target.transport)},
                                   {"next", egress.target.remote}});
  if (!kept) {
    tell_route(now, ticket, egress);
    if (ticket.user == User::proxy) attempts_.on_not_sent(ticket);  // it sends at once or not at all
    return;
  }
  // What follows a dot is the user's mark for finding loops (RFC 3261 16.6 step 8).
  const auto branch = kept->top_via()->branch();
  const auto mark = branch.find('.');
  readdress(*kept, egress.target, "z9hG4bK" + rng_.token(12) + (mark == std::string::npos ? "" : branch.substr(mark)));
  const auto target = egress.target;
  send(now, ticket, std::move(*kept), target, std::move(egress), {});
}

void SipCore::act(Time now, User user, sip::CancelRequest output) {
  const auto id = attempts_.on_cancel({user, output.id});
  if (id != sip::ClientTransactionId::none) handle(now, transactions_.cancel(now, id, std::move(output.extra)));
}

void SipCore::act(Time now, User, sip::Respond output) {
  if (output.stateless) handle(now, transactions_.refuse(output.id, std::move(output.response)));
  else handle(now, transactions_.respond(now, output.id, std::move(output.response)));
}

// The proxy says whether a flow has registrations or dialogs; each call of the breaker counts for itself.
void SipCore::act(Time, User user, sip::HoldFlow output) {
  auto& holds = holds_[output.flow];
  if (user == User::proxy) holds.by_proxy = output.held;
  else holds.calls += output.held ? 1 : -1;
  const bool held = holds.by_proxy || holds.calls > 0;
  if (!held) holds_.erase(output.flow);
  outside_.hold({output.flow, held});
}
void SipCore::act(Time, User, leg::OpenLeg output) { outside_.open(output); }
void SipCore::act(Time, User, leg::OpenVideo output) { outside_.open_video(output); }
void SipCore::act(Time, User, leg::LegPlan output) { outside_.apply(output); }
void SipCore::act(Time, User, leg::SendDtmf output) { outside_.send_dtmf(output); }
void SipCore::act(Time, User, leg::RequestKeyFrame output) { outside_.request_key_frame(output); }
void SipCore::act(Time, User, leg::ReplaceLeg output) { outside_.replace(output); }
void SipCore::act(Time, User, leg::DropLeg output) { outside_.drop(output); }
void SipCore::act(Time, User, leg::CloseMedia output) { outside_.close(output); }

}  // namespace w2s::app
