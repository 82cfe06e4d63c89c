#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "w2s/leg/leg.hpp"
#include "w2s/sip/message.hpp"

namespace w2s::breaker {

// Why a call or one of its legs ends: for the log, and for the Reason (RFC 3326) of the BYE or CANCEL that says so.
struct EndCause {
  EndCause(std::string_view why) : text(why) {}  // an orderly end: Q.850 16, normal call clearing
  EndCause(const std::string& why) : text(why) {}
  EndCause(const char* why) : text(why) {}
  EndCause(std::string_view why, int sip_status) : text(why), status(sip_status) {}
  static EndCause of(leg::Failure failure);
  // The peer ended it: its own Reasons go on, and none when it gave none.
  static EndCause received(std::string_view why, const sip::Message& message);

  std::vector<sip::Field> reasons() const;
  void append_to(sip::Message& request) const;

  std::string text;
  int status = 0;                                     // of the failure behind it; 0: none
  std::optional<std::vector<sip::Field>> from_peer;   // Reason fields
};

// The Reason fields of a message.
std::vector<sip::Field> reasons_of(const sip::Message& message);
// The ISUP cause that says the same (RFC 3398 section 8.2.6.1); nullopt: there is none.
std::optional<int> q850_cause(int status);

}  // namespace w2s::breaker
