#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "w2s/base/time.hpp"
#include "w2s/sip/message.hpp"

// Session timers (RFC 4028).
namespace w2s::sip {

enum class Refresher : std::uint8_t { unset, uac, uas };

// RFC 4028 4, also the grammar of Min-SE (5).
struct SessionExpires {
  std::chrono::seconds interval{};
  Refresher refresher = Refresher::unset;
  std::string to_string() const;
  bool operator==(const SessionExpires&) const = default;
};
Result<SessionExpires> parse_session_expires(std::string_view value);

// The session timer of one dialog: what our messages say about it, what the peer's mean, and when something is due.
// Pure state; INVITE and UPDATE, their 2xx and their 422 are shown to it.
class SessionTimer {
 public:
  struct Options {
    std::chrono::seconds interval{1800};  // 0: never asked for, but honoured when the peer asks
    std::chrono::seconds min_se{90};      // at least 90 (RFC 4028 4)
  };
  explicit SessionTimer(Options options) : options_(options) {}
  SessionTimer() = default;

  // An INVITE or UPDATE of ours gets Supported, Session-Expires and Min-SE (7.1, 7.4).
  void ask(Message& request) const;
  // A 422 to such a request (7.3). True: the request may be sent once more, ask() knows the interval wanted.
  bool on_too_small(const Message& response);
  // A 2xx to such a request (7.2).
  void on_success(Time now, const Message& response);

  // The interval of the peer's INVITE or UPDATE is below our minimum: answer 422 with this Min-SE (9).
  std::optional<std::chrono::seconds> refuses(const Message& request) const;
  // Our 2xx to the peer's INVITE or UPDATE (9): what was agreed goes into `response`.
  void accept(Time now, const Message& request, Message& response);

  bool running() const { return agreed_.has_value(); }
  // We are the refresher and half the interval has passed (10): send a refresh.
  bool must_refresh(Time now) const { return refresh_at_ && *refresh_at_ <= now; }
  // A refresh is on its way; another one becomes due only when its 2xx came.
  void refreshing() { refresh_at_.reset(); }
  void refresh_failed(Time now);        // try again soon
  // Nobody refreshed the session: BYE (10).
  bool expired(Time now) const { return expires_at_ && *expires_at_ <= now; }
  std::optional<Time> refresh_at() const { return refresh_at_; }
  std::optional<Time> expires_at() const { return expires_at_; }

 private:
  struct Agreed {
    std::chrono::seconds interval{};
    bool we_refresh = false;
  };
  void start(Time now, Agreed agreed);
  void stop();

  Options options_{};
  std::chrono::seconds asked_min_{};    // the highest Min-SE the peer has shown us
  bool too_small_once_ = false;
  std::optional<Agreed> agreed_;
  std::optional<Time> refresh_at_, expires_at_;
};

}  // namespace w2s::sip
