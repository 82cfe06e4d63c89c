// What comes back of a request, and which answer its sender gets (RFC 3261 16.7 to 16.10).
#include <algorithm>

#include "w2s/proxy/proxy.hpp"

#include "secrets.hpp"

namespace w2s::proxy {

using sip::HeaderId;
using sip::Message;

namespace {

// 16.7 step 6: a 503 means "ask nobody here", which a proxy cannot say of itself because one server does.
void speak_for_ourselves(Message& response) {
  if (response.status() != 503) return;
  response.set_status(500, std::string(sip::default_reason(500)));
  response.remove(HeaderId::retry_after);
  sip::append_warning(response, "the next hop answered 503");
}

const std::vector<sip::Field>& elsewhere() {  // RFC 3326
  static const std::vector<sip::Field> reasons{
      {HeaderId::reason, "Reason", "SIP;cause=200;text=\"Call completed elsewhere\"", ": "}};
  return reasons;
}

}  // namespace

Outputs Proxy::refuse(const Exchange& exchange, int status, std::string_view reason,
                      std::string_view warning) {
  if (exchange.server == sip::ServerTransactionId::none) return {};  // ACK is never answered
  auto response = sip::stateless_response(exchange.original, status, reason, secret_);
  if (!warning.empty()) sip::append_warning(response, warning);
  // Over UDP nobody has proved his address, with a To tag as little as without: timer G would amplify.
  const bool stateless = exchange.source.transport == sip::Transport::udp;
  return {sip::Respond{exchange.server, std::move(response), stateless}};
}

Outputs Proxy::on_route_failed(Time, sip::RequestId id, const sip::RouteFailure& failure) {
  const auto found = branches_.find(id);
  if (found == branches_.end()) return {};
  const auto& exchange = exchange_of(found->second);
  if (exchange.branches.size() == 1 &&
      exchange.failures.empty()) {  // it can be refused without keeping state
    auto outputs =
        exchange.answered ? Outputs{} : refuse(exchange, failure.status, failure.reason, failure.warning);
    on_ended(id);
    return outputs;
  }
  auto response = sip::stateless_response(exchange.original, failure.status, failure.reason, secret_);
  if (!failure.warning.empty()) sip::append_warning(response, failure.warning);
  return finish_branch(id, std::move(response));
}

Outputs Proxy::on_response(Time now, sip::RequestId id, Message response, const sip::Target& source) {
  const auto found = branches_.find(id);
  if (found == branches_.end() || response.status() == 100) return {};  // 16.7 step 5
  auto& branch = found->second;
  auto& exchange = exchange_of(branch);
  const int status = response.status();
  Outputs outputs;
  // 16.7 step 3: without a Via below ours it is not to be passed on, but whoever asked must not wait for ever.
  if (response.values(HeaderId::via).size() < 2) {
    if (status < 200 || branch.finished) return outputs;
    return finish_branch(id, sip::stateless_response(exchange.original, 502, {}, secret_));
  }
  response.pop_value(HeaderId::via);
  strip_secrets(response);
  if (exchange.from_browser) {
    response.replace_value(HeaderId::via, 0,
                           std::string(exchange.original.first_value(HeaderId::via).value_or("")));
    if (exchange.original.is("REGISTER"))
      on_register_answer(now, exchange, branch, response, source, outputs);
  }
  if (!branch.receiver.empty()) response.remove(asserted_identity);
  const auto* binding = bindings_.by_token(branch.receiver);
  if (binding != nullptr && status < 300 && !branch.to_breaker) patch_contact(response, *binding, branch);
  if (status < 200) {
    outputs.push_back(sip::Respond{exchange.server, std::move(response)});
    return outputs;
  }
  branch.finished = true;
  if (status >= 300) {
    if (!branch.to_breaker) speak_for_ourselves(response);
    const bool everywhere = status >= 600;  // step 5: it ends the others, and is sent when they have ended
    if (everywhere) outputs = cancel_branches(exchange, id, {});
    for (auto& output : finish_branch(id, std::move(response))) outputs.push_back(std::move(output));
    return outputs;
  }
  if (exchange.forms_dialog && !branch.to_breaker) hold_dialog_flows(exchange, branch, outputs);
  exchange.answered = true;
  outputs.insert(outputs.begin(), sip::Respond{exchange.server, std::move(response)});
  for (auto& output : cancel_branches(exchange, id, elsewhere()))
    outputs.push_back(std::move(output));  // step 10
  return outputs;
}

// A branch has failed. When it was the last one and nobody took the request, the best failure goes back
// (steps 6, 7).
Outputs Proxy::finish_branch(sip::RequestId id, std::optional<Message> failure) {
  auto& branch = branches_.at(id);
  auto& exchange = exchange_of(branch);
  branch.finished = true;
  const bool was_sent = branch.sent;
  if (failure) exchange.failures.add(std::move(*failure));
  Outputs outputs;
  const bool all = std::all_of(exchange.branches.begin(), exchange.branches.end(),
                               [&](const auto other) { return branches_.at(other).finished; });
  if (all && !exchange.answered) {
    exchange.answered = true;
    if (auto best = exchange.failures.take())
      outputs.push_back(sip::Respond{exchange.server, std::move(*best)});
  }
  if (!was_sent) on_ended(id);  // no transaction that would say so
  return outputs;
}

Outputs Proxy::cancel_branches(Exchange& exchange, sip::RequestId except,
                               const std::vector<sip::Field>& reasons) {
  Outputs outputs;
  if (!exchange.original.is("INVITE")) return outputs;
  for (const auto id : exchange.branches) {
    auto& branch = branches_.at(id);
    if (id == except || branch.finished) continue;
    if (branch.sent)
      outputs.push_back(sip::CancelRequest{id, reasons});
    else
      branch.taken_back = true;
  }
  return outputs;
}

// A proxied dialog leaves no state here, so its end is unknown: the flow then lives as long as it answers
// pings.
void Proxy::hold_dialog_flows(const Exchange& exchange, const Branch& branch, Outputs& outputs) {
  for (const auto& token : {exchange.sender, branch.receiver}) {
    const auto* binding = bindings_.by_token(token);
    if (binding == nullptr || !surroundings_.is_open(binding->flow)) continue;
    dialog_flows_.insert(binding->flow);
    outputs.push_back(sip::HoldFlow{binding->flow, true});
  }
}

Outputs Proxy::on_failed(Time now, sip::RequestId id, sip::ClientFailure cause) {
  const auto found = branches_.find(id);
  if (found == branches_.end()) return {};
  const auto& branch = found->second;
  auto& exchange = exchange_of(branch);
  Outputs outputs;
  if (!branch.finished) {
    // 16.8, 16.9. A browser whose WebSocket broke is not there; a server that cannot be reached is out of
    // service.
    const int unreachable = branch.receiver.empty() ? 503 : 480;
    const int status = cause == sip::ClientFailure::timeout ? 408 : unreachable;
    if (exchange.original.is("REGISTER")) {
      for (const auto& token : exchange.contacts) {
        if (auto* binding = bindings_.by_token(token)) bindings_.set_next_flow(*binding, sip::FlowId::none);
        for (auto& output : release_waiting(now, token)) outputs.push_back(std::move(output));
      }
    }
    for (auto& output : finish_branch(id, sip::stateless_response(exchange.original, status, {}, secret_))) {
      outputs.push_back(std::move(output));
    }
  }
  on_ended(id);
  return outputs;
}

void Proxy::on_ended(sip::RequestId id) {
  const auto found = branches_.find(id);
  if (found == branches_.end()) return;
  const auto key = found->second.exchange;
  branches_.erase(found);
  auto& exchange = exchanges_.at(key);
  std::erase(exchange.branches, id);
  if (!exchange.branches.empty()) return;
  by_server_.erase(exchange.server);
  exchanges_.erase(key);
}

Outputs Proxy::on_cancel(Time, sip::ServerTransactionId id, std::vector<sip::Field> reasons) {
  const auto named = by_server_.find(id);
  if (named != by_server_.end())
    return cancel_branches(exchanges_.at(named->second), sip::RequestId::none, reasons);
  const auto waits =
      std::find_if(waiting_.begin(), waiting_.end(), [&](const auto& w) { return w.exchange.server == id; });
  if (waits == waiting_.end() || !waits->exchange.original.is("INVITE")) return {};
  auto outputs = refuse(waits->exchange, 487);
  waiting_.erase(waits);
  return outputs;
}

}  // namespace w2s::proxy
