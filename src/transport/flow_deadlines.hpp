#pragma once
#include <string_view>

#include "w2s/base/time.hpp"
#include "w2s/transport/sip_transports.hpp"

namespace w2s::transport {

// Which patience with a connection runs out when (threats.md T3), on times that are passed in.
class FlowDeadlines {
 public:
  // The first message is awaited only from those who connected to us.
  FlowDeadlines(const Options& options, bool accepted) : options_(options), accepted_(accepted) {}

  void connecting(Time now, bool tentative = false) {
    enter(Phase::connecting, now);
    connect_limit_ = tentative ? options_.tentative_connect_limit : options_.connect_limit;
  }
  void handshaking(Time now) { enter(Phase::handshaking, now); }
  void opened(Time now) { enter(Phase::open, now); }
  void closing(Time now) { enter(Phase::closing, now); }

  // Bytes of a message that is not complete yet; only the first of them starts the clock.
  void partial(Time now) {
    if (!partial_since_) partial_since_ = now;
  }
  void nothing_partial() { partial_since_.reset(); }
  // The socket takes no more of a message; only the first time it does not starts the clock.
  void sending(Time now) {
    if (!sending_since_) sending_since_ = now;
  }
  void message_left() { sending_since_.reset(); }
  // A whole message came or went.
  void message(Time now, bool incoming) {
    last_message_ = now;
    if (incoming) greeted_ = true;
  }
  void hold(bool held, Time now) {
    if (held_ && !held) last_message_ = now;
    held_ = held;
  }

  bool greeted() const { return greeted_; }

  std::optional<Time> next_time() const;
  // Why the connection must end now; empty: it need not.
  std::string_view expired(Time now) const;
  // It is no use to say goodbye: what was said before has not been read either.
  bool unread(Time now) const { return sending_since_ && *sending_since_ + options_.body_deadline <= now; }

 private:
  enum class Phase { connecting, handshaking, open, closing };
  struct Due {
    Time at;
    std::string_view why;
  };

  void enter(Phase phase, Time now) {
    phase_ = phase;
    phase_since_ = last_message_ = now;
  }
  std::optional<Due> due() const;

  const Options& options_;
  bool accepted_;
  Phase phase_ = Phase::handshaking;
  Time phase_since_{};
  Duration connect_limit_{};
  Time last_message_{};
  std::optional<Time> partial_since_, sending_since_;
  bool greeted_ = false;
  bool held_ = false;
};

}  // namespace w2s::transport
