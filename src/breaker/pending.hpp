#pragma once
#include <optional>
#include <string>

#include "w2s/base/address.hpp"
#include "w2s/leg/leg.hpp"
#include "w2s/sip/message.hpp"
#include "w2s/sip/transaction_user.hpp"

namespace w2s::breaker {

// Why a request of ours is under way, and whom its outcome answers.
struct Pending {
  enum class Kind {
    invite,    // the one that makes leg b
    transfer,  // the one that makes the leg which takes the place of another
    modify,    // re-INVITE or UPDATE with an offer of ours
    refresh,   // UPDATE without one: only the session timer
    prack,
    bye,
    relay,
    notify,    // what became of a REFER that is carried out here
    key,       // INFO with a key that was pressed on the other leg
  } kind = Kind::relay;
  leg::Side side = leg::Side::b;                   // the leg it is sent on
  leg::LegNumber number = leg::LegNumber::first;   // whoever has that side's place by now
  std::optional<std::string> fork;                 // To tag of the fork in whose dialog it is sent; nullopt: the leg's own
  sip::Message request;                            // without Via
  bool carries = false;                            // modify: the other leg's Modification waits for the outcome
  sip::ServerTransactionId answers{};              // relay: the peer's request that waits for the outcome
  sip::Message answered_request;                   // that request
  bool sent = false;
  IpAddress sent_to;                               // its responses come from there
  std::string sent_to_name;                        // the name that was resolved, else the address
  int answered_challenges = 0;
  bool finished = false;                           // a final response came; kept for repeated 2xx

  bool makes_leg() const { return kind == Kind::invite || kind == Kind::transfer; }
};

}  // namespace w2s::breaker
