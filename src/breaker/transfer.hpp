#pragma once
#include <optional>

#include "leg_state.hpp"
#include "w2s/base/time.hpp"
#include "w2s/sip/transaction_user.hpp"

namespace w2s::breaker {

// A REFER that is carried out here: the leg that is to take the place of its sender's, as long as its INVITE is open.
struct Transfer {
  LegState target;
  Time give_up_at;                                // nobody rings longer
  sip::RequestId invite{};                        // the newest
  std::optional<sip::Egress> route{};             // its own
  leg::Directions offered{};
};

// A leg whose place was taken, or that came to nothing, until its last request is answered.
struct FormerLeg {
  LegState leg;
  std::optional<Time> bye_at;                     // its peer has that long to send BYE itself
};

}  // namespace w2s::breaker
