#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "w2s/base/address.hpp"
#include "w2s/base/bytes.hpp"
#include "w2s/leg/leg.hpp"

struct stun_agent_t;  // libnice

namespace w2s::media::ice {

using Credentials = leg::IceCredentials;

// What a connectivity check (RFC 8445 7.3) came to.
struct Check {
  enum class Verdict {
    dropped,   // not a check, or not authenticated: nothing is sent
    refused,   // authenticated, answered by an error (420, 487)
    accepted,  // authenticated, answered by a success
  };
  Verdict verdict = Verdict::dropped;
  bool use_candidate = false;
  std::size_t reply_length = 0;  // octets of `reply` to send back to the source
};

// The STUN server that an ICE-lite agent is, over libnice's STUN library: it reads checks and writes answers.
// It keeps no state between messages; one serves all legs of a thread.
class StunResponder {
 public:
  static constexpr std::size_t max_reply = 256;

  StunResponder();
  ~StunResponder();

  // The ufrag of the agent that a check is for: USERNAME up to the colon (RFC 8445 7.2.2). Nothing is
  // verified.
  std::optional<std::string_view> asked_ufrag(ByteView datagram);
  // Verifies USERNAME, MESSAGE-INTEGRITY and FINGERPRINT and writes the answer.
  Check answer(ByteView datagram, const Endpoint& source, const Credentials& ours, MutableByteView reply);

 private:
  std::unique_ptr<stun_agent_t> agent_;
};

}  // namespace w2s::media::ice
