#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "w2s/base/time.hpp"
#include "w2s/sip/message.hpp"
#include "w2s/sip/replaces.hpp"
#include "w2s/sip/transaction_user.hpp"

// REFER as the one sees it who carries it out (RFC 3515). Pure state.
namespace w2s::breaker {

// What it asks for.
struct Referral {
  sip::NameAddr target;                   // fit to be a Request-URI
  std::string to;                         // its name, for the To
  std::optional<sip::Replaces> replaces;  // of the Refer-To's headers no other is taken over
  std::optional<sip::NameAddr> referred_by;
  bool subscribes = true;                 // false: its sender wants no NOTIFY (RFC 4488)
};
// Else how it is to be refused: malformed, or nothing that is done here.
std::variant<Referral, sip::RouteFailure> read_refer(const sip::Message& refer);

// The subscription that a REFER makes (RFC 3515 2.4.4): its sender hears how the new INVITE fares. One NOTIFY waits for
// the answer to the one before, as they may overtake each other on the way, and tells the newest that is known then. The
// last one waits for nothing: what comes after it does not matter any more.
class ReferSubscription {
 public:
  ReferSubscription(std::string event, Time expires_at) : event_(std::move(event)), expires_at_(expires_at) {}
  const std::string& event() const { return event_; }

  // A response to the INVITE.
  void learn(int status, std::string_view reason);
  bool due() const { return news_ && (!under_way_ || final_); }
  // Event, Subscription-State and body of the NOTIFY that is due.
  void write(Time now, sip::Message& notify);
  void on_answer(int status);
  bool over() const { return over_; }  // the last NOTIFY was written, or one was refused (RFC 6665 4.2.2)

 private:
  std::string event_;
  Time expires_at_;
  std::optional<std::string> news_;    // a status line
  std::string told_;
  bool final_ = false;
  bool under_way_ = false;
  bool over_ = false;
};

}  // namespace w2s::breaker
