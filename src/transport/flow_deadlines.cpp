#include "flow_deadlines.hpp"

namespace w2s::transport {
namespace {

// How long a peer that we said goodbye to may take to read what is on its way to it.
constexpr Duration linger = 2s;

}  // namespace

std::optional<FlowDeadlines::Due> FlowDeadlines::due() const {
  switch (phase_) {
    case Phase::connecting: return Due{phase_since_ + connect_limit_, "no connection in time"};
    case Phase::handshaking: return Due{phase_since_ + options_.handshake_deadline, "no handshake in time"};
    case Phase::closing: return Due{phase_since_ + linger, "closed"};
    case Phase::open: break;
  }
  std::optional<Due> first;
  const auto consider = [&](Time at, std::string_view why) {
    if (!first || at < first->at) first = Due{at, why};
  };
  if (accepted_ && !greeted_)
    consider(phase_since_ + options_.first_message_deadline, "no first message in time");
  if (partial_since_) consider(*partial_since_ + options_.body_deadline, "a message came too slowly");
  if (sending_since_) consider(*sending_since_ + options_.body_deadline, "it does not read");
  if (!held_) consider(last_message_ + options_.idle_timeout, "idle");
  return first;
}

std::optional<Time> FlowDeadlines::next_time() const {
  const auto next = due();
  return next ? std::optional(next->at) : std::nullopt;
}

std::string_view FlowDeadlines::expired(Time now) const {
  const auto next = due();
  return next && next->at <= now ? next->why : std::string_view();
}

}  // namespace w2s::transport
