#pragma once
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "w2s/base/time.hpp"
#include "w2s/sip/transaction_table.hpp"
#include "w2s/sip/transaction_user.hpp"

namespace w2s::app {

// Who of the two made a request.
enum class User : std::uint8_t { proxy, breaker };
struct Ticket {
  User user = User::proxy;
  sip::RequestId request{};
  auto operator<=>(const Ticket&) const = default;
};

// Places of which something is remembered for a while.
class PlaceMemory {
 public:
  void add(Time now, const sip::Target& place, Duration time);
  void remove(const sip::Target& place);
  bool has(Time now, const sip::Target& place) const;
  bool empty() const { return until_.empty(); }

 private:
  using Place = std::pair<sip::Transport, Endpoint>;
  std::map<Place, Time> until_;
};

// The places where each request of a user is tried one after the other (RFC 3263 4.3), each by a client
// transaction of its own, and what is remembered of places that failed. It decides; its owner sends, cancels
// and tells the users.
class Attempts {
 public:
  // `quarantine`: how long others are preferred to a place that failed.
  explicit Attempts(Duration quarantine) : quarantine_(quarantine) {}

  // The order to try: places that failed lately come last.
  sip::Egress in_order(Time now, sip::Egress egress) const;
  // Where this request goes first because of its size (RFC 3261 18.1.1); nullopt: to the usual place.
  std::optional<sip::Target> place_for_size(Time now, const sip::Egress& egress,
                                            const sip::Message& request) const;

  // `id` carries the request now. `kept`: it went by TCP for its size; this is sent by UDP if that fails.
  void on_sent(Time now, const Ticket& ticket, sip::ClientTransactionId id, bool invite, sip::Egress egress,
               std::optional<sip::Message> kept);

  enum class Verdict { deliver, drop, try_next };
  struct Decision {
    Verdict verdict = Verdict::drop;
    Ticket ticket{};
    // The transaction that is not wanted any more; none: no such.
    sip::ClientTransactionId superseded = sip::ClientTransactionId::none;
  };
  Decision on_response(Time now, sip::ClientTransactionId id, const sip::Message& response);
  Decision on_failed(Time now, sip::ClientTransactionId id, sip::ClientFailure cause);
  // One request whose place kept silent too long although there is another: try_next, `superseded` is to be
  // abandoned. nullopt: there is none (any more).
  std::optional<Decision> on_time(Time now);
  std::optional<Time> next_time() const;
  // A message to `target` could not be sent.
  void on_unreachable(Time now, const sip::Target& target);

  // After try_next: where to, and with which message; without one the user makes it, at once or when its media
  // is ready.
  struct Next {
    sip::Egress egress;
    std::optional<sip::Message> kept;
  };
  Next take_next(const Ticket& ticket);
  // The user made nothing for the next place.
  void on_not_sent(const Ticket& ticket);
  // The user gave the request up: the transaction to cancel; none: it was never sent.
  sip::ClientTransactionId on_cancel(const Ticket& ticket);
  // The transaction is gone; the ticket when it was the request's last.
  std::optional<Ticket> on_ended(sip::ClientTransactionId id);

 private:
  struct Request {
    bool invite = false;
    sip::ClientTransactionId current{};
    std::size_t transactions = 0;  // that live, given-up ones too
    sip::Egress egress;            // of the current one
    std::optional<sip::Message> kept;
    std::optional<Time> silent_until;
    bool heard = false;       // the current place answered something
    bool progressed = false;  // and it was more than 100
    bool owed = false;        // the user was given the next place and has not sent there yet
    bool cancelled = false;
    bool finished = false;  // the user has a final response
    bool has_next() const { return !cancelled && !finished && (kept || !egress.others.empty()); }
  };

  Decision of_earlier(Request& request, const Ticket& ticket, int status);
  void note_failure(Time now, const Request& request, Duration time);
  bool is_over(const Request& request) const;
  void stop_clock(const Ticket& ticket, Request& request);

  Duration quarantine_;
  std::map<Ticket, Request> requests_;
  std::unordered_map<sip::ClientTransactionId, Ticket> tickets_;
  std::set<std::pair<Time, Ticket>> silent_;
  PlaceMemory quarantined_, without_tcp_;
};

}  // namespace w2s::app
