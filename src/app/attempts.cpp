#include "attempts.hpp"

#include <algorithm>

#include "w2s/base/encoding.hpp"

namespace w2s::app {

using sip::ClientTransactionId;

namespace {

constexpr std::size_t most_places = 10'000;  // remembered
constexpr Duration longest_retry_after = 5min;  // that is believed
constexpr Duration tcp_memory = 5min;
constexpr std::size_t largest_datagram = 1300;  // RFC 3261 18.1.1

// How long a place may keep silent while there is another. An INVITE is answered 100 at once (RFC
// 3261 17.2.1); other requests may be worked on in silence for seconds (RFC 4320 4.1). Over UDP that is four
// and five transmissions.
constexpr Duration invite_silence = 4s;
constexpr Duration other_silence = 8s;

// RFC 3261 21.5.4. Not less than after any other failure.
Duration retry_after(const sip::Message& response, Duration least) {
  const auto value = response.get(sip::HeaderId::retry_after).value_or("");
  const auto seconds = parse_number<std::uint32_t>(value.substr(0, value.find_first_not_of("0123456789")));
  if (!seconds) return least;
  return std::max<Duration>(least, std::min<Duration>(std::chrono::seconds(*seconds), longest_retry_after));
}

}  // namespace

void PlaceMemory::add(Time now, const sip::Target& place, Duration time) {
  if (until_.size() >= most_places)
    std::erase_if(until_, [&](const auto& entry) { return entry.second <= now; });
  if (until_.size() < most_places) until_[{place.transport, place.remote}] = now + time;
}

void PlaceMemory::remove(const sip::Target& place) {
  until_.erase({place.transport, place.remote});
}

bool PlaceMemory::has(Time now, const sip::Target& place) const {
  const auto found = until_.find({place.transport, place.remote});
  return found != until_.end() && now < found->second;
}

sip::Egress Attempts::in_order(Time now, sip::Egress egress) const {
  if (egress.others.empty() || quarantined_.empty()) return egress;
  auto all = std::move(egress.others);
  egress.others.clear();
  all.insert(all.begin(), std::move(egress));
  std::stable_partition(all.begin(), all.end(),
                        [&](const auto& e) { return !quarantined_.has(now, e.target); });
  auto first = std::move(all.front());
  all.erase(all.begin());
  first.others = std::move(all);
  return first;
}

std::optional<sip::Target> Attempts::place_for_size(Time now, const sip::Egress& egress,
                                                    const sip::Message& request) const {
  if (!egress.for_large || request.wire_size() <= largest_datagram) return std::nullopt;
  if (without_tcp_.has(now, *egress.for_large)) return std::nullopt;
  return egress.for_large;
}

void Attempts::on_sent(Time now, const Ticket& ticket, ClientTransactionId id, bool invite,
                       sip::Egress egress, std::optional<sip::Message> kept) {
  auto& request = requests_[ticket];
  stop_clock(ticket, request);
  request.invite = invite;
  request.current = id;
  ++request.transactions;
  request.egress = std::move(egress);
  request.kept = std::move(kept);
  request.heard = request.progressed = request.owed = false;
  tickets_[id] = ticket;
  if (!request.has_next()) return;
  request.silent_until = now + (invite ? invite_silence : other_silence);
  silent_.emplace(*request.silent_until, ticket);
}

void Attempts::stop_clock(const Ticket& ticket, Request& request) {
  if (!request.silent_until) return;
  silent_.erase({*request.silent_until, ticket});
  request.silent_until.reset();
}

void Attempts::note_failure(Time now, const Request& request, Duration time) {
  const auto& egress = request.egress;
  if (egress.target.flow != sip::FlowId::none) return;
  if (request.kept)
    without_tcp_.add(now, *egress.for_large, tcp_memory);
  else
    quarantined_.add(now, egress.target, time);
}

Attempts::Decision Attempts::on_response(Time now, ClientTransactionId id, const sip::Message& response) {
  const auto found = tickets_.find(id);
  if (found == tickets_.end()) return {};
  const auto& ticket = found->second;
  auto& request = requests_.at(ticket);
  const int status = response.status();
  if (id != request.current) return of_earlier(request, ticket, status);

  stop_clock(ticket, request);
  request.kept.reset();  // TCP works there
  request.heard = true;
  request.progressed = request.progressed || status > 100;
  if (status == 503) {
    note_failure(now, request, retry_after(response, quarantine_));
    if (request.has_next()) return {Verdict::try_next, ticket};
  } else if (!quarantined_.empty() && request.egress.target.flow == sip::FlowId::none) {
    quarantined_.remove(request.egress.target);
  }
  // Another place was first; only further 2xx of an INVITE are the user's (RFC 3261 16.7 step 5).
  if (request.finished && !(request.invite && status / 100 == 2)) return {};
  request.finished = status >= 200;
  return {Verdict::deliver, ticket};
}

// From a place that was given up for its silence: too late, unless it is the answer.
Attempts::Decision Attempts::of_earlier(Request& request, const Ticket& ticket, int status) {
  const bool wanted =
      request.invite ? status / 100 == 2 : status >= 200 && status != 503 && !request.finished;
  if (!wanted) return {};
  const bool first = !std::exchange(request.finished, true);
  stop_clock(ticket, request);
  return {Verdict::deliver, ticket, first && request.invite ? request.current : ClientTransactionId::none};
}

Attempts::Decision Attempts::on_failed(Time now, ClientTransactionId id, sip::ClientFailure cause) {
  const auto found = tickets_.find(id);
  if (found == tickets_.end()) return {};
  const auto& ticket = found->second;
  auto& request = requests_.at(ticket);
  if (id != request.current || request.finished) return {};
  stop_clock(ticket, request);
  // RFC 3263 4.3: a timeout counts only when nothing was ever heard.
  const bool failed = cause == sip::ClientFailure::transport ? !request.progressed : !request.heard;
  if (failed) note_failure(now, request, quarantine_);
  return {failed && request.has_next() ? Verdict::try_next : Verdict::deliver, ticket};
}

std::optional<Attempts::Decision> Attempts::on_time(Time now) {
  if (silent_.empty() || silent_.begin()->first > now) return std::nullopt;
  const auto ticket = silent_.begin()->second;
  auto& request = requests_.at(ticket);
  stop_clock(ticket, request);
  note_failure(now, request, quarantine_);
  return Decision{Verdict::try_next, ticket, request.current};
}

std::optional<Time> Attempts::next_time() const {
  return silent_.empty() ? std::nullopt : std::optional(silent_.begin()->first);
}

void Attempts::on_unreachable(Time now, const sip::Target& target) {
  if (target.tentative) without_tcp_.add(now, target, tcp_memory);
}

Attempts::Next Attempts::take_next(const Ticket& ticket) {
  auto& request = requests_.at(ticket);
  if (request.kept) {
    auto kept = std::move(request.kept);
    request.kept.reset();
    return {std::move(request.egress), std::move(kept)};
  }
  auto others = std::move(request.egress.others);
  Next next{std::move(others.front()), std::nullopt};
  next.egress.others.assign(std::make_move_iterator(others.begin() + 1),
                            std::make_move_iterator(others.end()));
  request.egress.others.clear();
  request.owed = true;
  return next;
}

bool Attempts::is_over(const Request& request) const {
  return request.transactions == 0 && (!request.owed || request.cancelled || request.finished);
}

void Attempts::on_not_sent(const Ticket& ticket) {
  const auto found = requests_.find(ticket);
  if (found == requests_.end() || !found->second.owed) return;
  found->second.owed = false;
  if (is_over(found->second)) requests_.erase(found);
}

ClientTransactionId Attempts::on_cancel(const Ticket& ticket) {
  const auto found = requests_.find(ticket);
  if (found == requests_.end()) return ClientTransactionId::none;
  auto& request = found->second;
  request.cancelled = true;
  stop_clock(ticket, request);
  const bool unsent = request.owed;  // nobody is left to cancel it at: the former place has failed
  const auto current = unsent ? ClientTransactionId::none : request.current;
  if (is_over(request)) requests_.erase(found);
  return current;
}

std::optional<Ticket> Attempts::on_ended(ClientTransactionId id) {
  const auto found = tickets_.find(id);
  if (found == tickets_.end()) return std::nullopt;
  const auto ticket = found->second;
  tickets_.erase(found);
  const auto request = requests_.find(ticket);
  --request->second.transactions;
  if (!is_over(request->second)) return std::nullopt;
  stop_clock(ticket, request->second);
  requests_.erase(request);
  return ticket;
}

}  // namespace w2s::app
