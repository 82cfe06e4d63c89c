#include "w2s/breaker/breaker.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "call.hpp"
#include "challenge_relay.hpp"

namespace w2s::breaker {

using sip::Message;

struct Breaker::State {
  Options options;
  Rng& rng;
  Log& log;
  std::uint64_t last_media = 0;
  std::uint64_t last_request = 0;
  std::map<leg::MediaId, std::unique_ptr<Call>> calls;
  // Call-ID and our tag of each dialog; which call and which leg.
  std::map<std::pair<std::string, std::string>, std::pair<leg::MediaId, leg::Side>> dialogs;
  std::unordered_map<sip::RequestId, leg::MediaId> requests;
  std::unordered_map<sip::ServerTransactionId, leg::MediaId> invites;
  std::set<std::pair<Time, leg::MediaId>> deadlines;
  std::map<leg::MediaId, Time> deadline_of;
  std::set<leg::MediaId> live;
  std::unordered_multimap<sip::FlowId, leg::MediaId> calls_on_flow;
  ChallengedInvites challenged;
  std::map<leg::MediaId, std::vector<Call::DialogKey>> keys;  // that are in `dialogs` now

  // See Context::counterpart.
  std::optional<Counterpart> counterpart(const sip::Replaces& replaces) {
    const auto found = dialogs.find({replaces.call_id, replaces.to_tag});
    if (found == dialogs.end()) return std::nullopt;
    return find(found->second.first)->counterpart(found->second.second, replaces);
  }

  // A challenged INVITE's names may be those of its next try by now.
  void forget(const Call::DialogKey& key, leg::MediaId media) {
    const auto named = dialogs.find({key.call_id, key.local_tag});
    if (named != dialogs.end() && named->second.first == media) dialogs.erase(named);
  }
  // The dialogs of a call come and go.
  void note_dialogs(leg::MediaId media, std::vector<Call::DialogKey> present) {
    auto& known = keys[media];
    if (known == present) return;
    for (const auto& key : known) {
      if (std::find(present.begin(), present.end(), key) == present.end()) forget(key, media);
    }
    for (const auto& key : present) {
      if (std::find(known.begin(), known.end(), key) == known.end()) dialogs[{key.call_id, key.local_tag}] = {media, key.side};
    }
    known = std::move(present);
  }
  Call* find(leg::MediaId id) {
    const auto found = calls.find(id);
    return found == calls.end() ? nullptr : found->second.get();
  }
  void note_hold(const sip::HoldFlow& hold, leg::MediaId media) {
    if (hold.held) {
      calls_on_flow.emplace(hold.flow, media);
      return;
    }
    const auto [first, last] = calls_on_flow.equal_range(hold.flow);
    const auto found = std::find_if(first, last, [&](const auto& entry) { return entry.second == media; });
    if (found != last) calls_on_flow.erase(found);
  }
  Call* of_request(sip::RequestId id) {
    const auto found = requests.find(id);
    return found == requests.end() ? nullptr : find(found->second);
  }
};

Breaker::Breaker(Options options, Rng& rng, Log& log)
    : state_(std::make_unique<State>(State{std::move(options), rng, log, 0, 0, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}})) {}
Breaker::~Breaker() = default;

const Admission& Breaker::admission() const { return state_->options.admission; }

bool Breaker::owns(const Message& request) const {
  const auto to = request.to();
  return to && state_->dialogs.contains({request.call_id(), to->tag()});
}

// After every call: indexes follow what it returned, and a call that is over leaves.
Outputs Breaker::finish(Call& call, Outputs outputs) {
  auto& state = *state_;
  const auto media = call.media();
  call.forget_former_legs();
  if (const auto old = state.deadline_of.find(media); old != state.deadline_of.end()) {
    state.deadlines.erase({old->second, media});
    state.deadline_of.erase(old);
  }
  for (const auto& output : outputs) {
    if (const auto* route = std::get_if<sip::FindRoute>(&output)) state.requests[route->id] = media;
    if (const auto* hold = std::get_if<sip::HoldFlow>(&output)) state.note_hold(*hold, media);
  }
  for (const auto id : call.take_forgotten()) state.requests.erase(id);
  if (call.ended()) state.live.erase(media);
  if (call.gone()) {
    state.note_dialogs(media, {});
    state.keys.erase(media);
    state.invites.erase(call.invite_transaction());
    state.calls.erase(media);
    return outputs;
  }
  state.note_dialogs(media, call.dialog_keys());
  if (const auto next = call.next_time()) {
    state.deadlines.emplace(*next, media);
    state.deadline_of[media] = *next;
  }
  return outputs;
}

Outputs Breaker::on_new_call(Time now, NewCall setup) {
  auto& state = *state_;
  if (state.options.max_calls != 0 && state.live.size() >= state.options.max_calls) {
    auto response = sip::make_response(setup.invite, 503, state.rng.token(8));
    response.append(sip::HeaderId::retry_after, "5");
    return {sip::Respond{setup.id, std::move(response)}};
  }
  const auto media = leg::MediaId{++state.last_media};
  const auto invite = setup.id;
  auto earlier = state.challenged.take(now, challenge_key(setup.a.binding_token, setup.invite));
  auto call = std::make_unique<Call>(
      Context{state.options, state.rng, state.log, state.last_request,
              [this](const sip::Replaces& replaces) { return state_->counterpart(replaces); }},
      media, std::move(setup), std::move(earlier));
  auto& made = *call;
  state.calls.emplace(media, std::move(call));
  state.live.insert(media);
  state.invites[invite] = media;
  Outputs out;
  made.start(now, out);
  return finish(made, std::move(out));
}

Outputs Breaker::on_request(Time now, sip::ServerTransactionId id, const Message& request, const sip::Target& source) {
  const auto to = request.to();
  const auto found = state_->dialogs.find({request.call_id(), to ? to->tag() : ""});
  if (found == state_->dialogs.end()) return {};
  auto* call = state_->find(found->second.first);
  Outputs out;
  call->on_request(now, found->second.second, id, request, source, out);
  return finish(*call, std::move(out));
}

Outputs Breaker::on_cancel(Time now, sip::ServerTransactionId id, std::vector<sip::Field> reasons) {
  const auto found = state_->invites.find(id);
  if (found == state_->invites.end()) return {};
  auto* call = state_->find(found->second);
  Outputs out;
  call->on_cancel(now, std::move(reasons), out);
  return finish(*call, std::move(out));
}

Outputs Breaker::on_route(Time now, sip::RequestId id, const sip::Egress& egress) {
  auto* call = state_->of_request(id);
  if (call == nullptr) return {};
  Outputs out;
  call->on_route(now, id, egress, out);
  return finish(*call, std::move(out));
}

Outputs Breaker::on_route_failed(Time now, sip::RequestId id, const sip::RouteFailure& failure) {
  auto* call = state_->of_request(id);
  if (call == nullptr) return {};
  Outputs out;
  call->on_route_failed(now, id, failure, out);
  return finish(*call, std::move(out));
}

Outputs Breaker::on_response(Time now, sip::RequestId id, const Message& response) {
  auto* call = state_->of_request(id);
  if (call == nullptr) return {};
  Outputs out;
  call->on_response(now, id, response, out);
  if (auto challenged = call->take_challenged()) {
    state_->challenged.remember(now, std::move(challenged->first), std::move(challenged->second));
  }
  return finish(*call, std::move(out));
}

Outputs Breaker::on_failed(Time now, sip::RequestId id, sip::ClientFailure cause) {
  auto* call = state_->of_request(id);
  if (call == nullptr) return {};
  Outputs out;
  call->on_failed(now, id, cause, out);
  return finish(*call, std::move(out));
}

Outputs Breaker::on_ended(Time, sip::RequestId id) {
  auto* call = state_->of_request(id);
  if (call == nullptr) return {};
  call->on_ended(id);
  return finish(*call, {});
}

Outputs Breaker::on_flow_closed(Time now, sip::FlowId flow) {
  std::vector<leg::MediaId> ids;
  const auto [first, last] = state_->calls_on_flow.equal_range(flow);
  for (auto entry = first; entry != last; ++entry) ids.push_back(entry->second);
  Outputs all;
  for (const auto id : ids) {
    auto* call = state_->find(id);
    if (call == nullptr) continue;
    call->on_flow_closed(now, flow);
    auto out = finish(*call, {});
    std::move(out.begin(), out.end(), std::back_inserter(all));
  }
  return all;
}

Outputs Breaker::on_leg_opened(Time now, const leg::LegOpened& opened) {
  auto* call = state_->find(opened.media);
  if (call == nullptr) return {leg::CloseMedia{opened.media}};
  Outputs out;
  call->on_leg_opened(now, opened, out);
  return finish(*call, std::move(out));
}

Outputs Breaker::on_media_event(Time now, const leg::Event& event) {
  auto* call = state_->find(std::visit([](const auto& e) { return e.media; }, event));
  if (call == nullptr) return {};
  Outputs out;
  call->on_media_event(now, event, out);
  return finish(*call, std::move(out));
}

Outputs Breaker::on_time(Time now) {
  Outputs all;
  while (!state_->deadlines.empty() && state_->deadlines.begin()->first <= now) {
    auto* call = state_->find(state_->deadlines.begin()->second);
    Outputs out;
    call->on_time(now, out);
    out = finish(*call, std::move(out));
    std::move(out.begin(), out.end(), std::back_inserter(all));
  }
  return all;
}

std::optional<Time> Breaker::next_time() const {
  if (state_->deadlines.empty()) return std::nullopt;
  return state_->deadlines.begin()->first;
}

Outputs Breaker::end_all(Time now, std::string_view cause) {
  Outputs all;
  std::vector<leg::MediaId> ids;
  for (const auto& [id, call] : state_->calls) ids.push_back(id);
  for (const auto id : ids) {
    auto* call = state_->find(id);
    Outputs out;
    call->end(now, cause, out);
    out = finish(*call, std::move(out));
    std::move(out.begin(), out.end(), std::back_inserter(all));
  }
  return all;
}

std::size_t Breaker::calls() const { return state_->live.size(); }
std::size_t Breaker::records() const { return state_->calls.size(); }
std::size_t Breaker::requests() const { return state_->requests.size(); }

bool Breaker::settled() const {
  return std::all_of(state_->calls.begin(), state_->calls.end(), [](const auto& entry) { return entry.second->settled(); });
}

}  // namespace w2s::breaker
