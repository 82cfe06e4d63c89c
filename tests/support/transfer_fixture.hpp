#pragma once
// A call whose one peer refers the other to somebody else, while the gateway carries that out (config entry refer).
#include <algorithm>

#include "two_legs.hpp"

namespace w2s::test {

using breaker::ReferMode;
using sip::HeaderId;
using sip::Message;
using testing::HasSubstr;
using testing::Not;

inline breaker::Options with(ReferMode mode) {
  breaker::Options options;
  options.refer = mode;
  return options;
}

inline std::string directed(std::string sdp, const std::string& direction) {
  for (const auto* d : {"a=sendrecv", "a=sendonly", "a=recvonly", "a=inactive"}) {
    if (const auto at = sdp.find(d); at != std::string::npos) return sdp.replace(at, 10, "a=" + direction);
  }
  return sdp + "a=" + direction + "\r\n";
}
// An answer to an offer of ours: the same, as the other side would say it.
inline std::string echo(std::string sdp, const std::string& direction) {
  if (const auto at = sdp.find("a=setup:actpass"); at != std::string::npos) sdp.replace(at, 15, "a=setup:active");
  return directed(std::move(sdp), direction);
}
// An offer of the peer's in the call.
inline std::string next_offer(std::string sdp, const std::string& direction, int version) {
  sdp = directed(std::move(sdp), direction);
  const auto at = sdp.find(' ', sdp.find(' ', sdp.find("o=")) + 1) + 1;
  return sdp.replace(at, sdp.find(' ', at) - at, std::to_string(version));
}

class Transfer : public testing::Test {
 protected:
  explicit Transfer(ReferMode mode = ReferMode::local) : call(with(mode)) {}

  // `from` refers its peer to `target`; returns our INVITE.
  Message refer(Ua& from, const std::string& target = "sip:carol@198.51.100.30:5080", const std::string& extra = {}) {
    call.world.sent.clear();
    from.send("REFER", "Refer-To: <" + target + ">\r\n" + extra);
    call.world.take_response(202, "REFER");
    auto invite = call.world.take_request("INVITE").message;
    carol.take_call(invite, "carol");
    return invite;
  }
  // The next NOTIFY to `ua`, which answers it: its Subscription-State and body.
  std::string told(Ua& ua, int status = 200) {
    const auto notify = call.world.take_request("NOTIFY").message;
    EXPECT_EQ(notify.call_id(), ua.call_id);
    EXPECT_EQ(text_of(notify, "Content-Type"), "message/sipfrag;version=2.0");
    ua.respond(notify, status);
    const auto state = text_of(notify, "Subscription-State");
    return state.substr(0, state.find(";expires")) + ": " + notify.body();
  }
  static std::string last(const std::string& status_line) { return "terminated;reason=noresource: SIP/2.0 " + status_line + "\r\n"; }
  static std::string active(const std::string& status_line) { return "active: SIP/2.0 " + status_line + "\r\n"; }

  bool nothing_for(const Ua& ua) const {
    return std::none_of(call.world.sent.begin(), call.world.sent.end(), [&](const auto& sent) { return sent.message.call_id() == ua.call_id; });
  }
  // A hold by `who` that reaches the other peer.
  void hold(Ua& who, Ua& other, const std::string& sdp) {
    who.send("INVITE", {}, next_offer(sdp, "sendonly", 7), "application/sdp");
    const auto carried = call.world.take_request("INVITE").message;
    EXPECT_THAT(carried.body(), HasSubstr("a=sendonly"));
    other.respond(carried, 200, {}, echo(carried.body(), "recvonly"));
    call.world.take_response(200, "INVITE");
    who.send("ACK");
    call.world.sent.clear();
  }

  TwoLegs call;
  Ua carol{call.world, call.world.server("198.51.100.30"), "<sip:carol@198.51.100.30:5080>"};
};

}  // namespace w2s::test
