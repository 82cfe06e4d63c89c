#include "w2s/proxy/proxy.hpp"

namespace w2s::proxy {

Proxy::Proxy(sip::Surroundings surroundings, Rng& rng, Log& log, BreakerTakes breaker_takes)
    : surroundings_(std::move(surroundings)),
      breaker_takes_(std::move(breaker_takes)),
      rng_(rng),
      log_(log),
      bindings_(rng),
      secret_(rng.token(32)) {}

Outputs Proxy::on_flow_closed(Time now, sip::FlowId flow) {
  dialog_flows_.erase(flow);
  Outputs outputs;
  for (const auto& token : bindings_.on_flow_closed(flow)) {
    for (auto& output : release_waiting(now, token)) outputs.push_back(std::move(output));
  }
  return outputs;
}

Outputs Proxy::on_time(Time now) {
  Outputs outputs;
  for (const auto flow : bindings_.on_time(now)) outputs.push_back(hold_of(flow));
  while (!waiting_.empty() &&
         waiting_.front().until <= now) {  // all wait equally long: the first comes first
    for (auto& output : refuse(waiting_.front().exchange, 480)) outputs.push_back(std::move(output));
    waiting_.erase(waiting_.begin());
  }
  return outputs;
}

std::optional<Time> Proxy::next_time() const {
  const auto waiting = waiting_.empty() ? std::nullopt : std::optional(waiting_.front().until);
  return earlier(bindings_.next_time(), waiting);
}

// What waited for the end of this binding's REGISTER goes to where the binding now stands, or nowhere.
Outputs Proxy::release_waiting(Time now, const std::string& token) {
  std::vector<Waiting> released;
  for (auto entry = waiting_.begin(); entry != waiting_.end();) {
    if (entry->token != token) {
      ++entry;
      continue;
    }
    released.push_back(std::move(*entry));
    entry = waiting_.erase(entry);
  }
  Outputs outputs;
  for (auto& request : released) {
    auto more = deliver_in_dialog(now, std::move(request.exchange), std::move(request.request), token);
    outputs.insert(outputs.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }
  return outputs;
}

sip::HoldFlow Proxy::hold_of(sip::FlowId flow) const {
  return {flow, dialog_flows_.contains(flow) || bindings_.flow_has_registration(flow)};
}

}  // namespace w2s::proxy
