#pragma once
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "w2s/base/time.hpp"
#include "w2s/sip/message.hpp"

// Digest between a browser and a server of leg b, past the gateway (RFC 3261 22, RFC 7616). What the browser computes is
// valid on leg b as long as leg b's request has the method and the Request-URI that the browser's has.
namespace w2s::breaker {

// Copies the challenges of `refused` that a browser can answer: qop=auth-int covers the body, which the breaker rewrites,
// so it is taken out of the offer. False: no challenge is left.
bool copy_challenges(const sip::Message& refused, sip::Message& to);
void copy_authorizations(const sip::Message& from, sip::Message& to);

// What leg b's INVITE was known by; the browser's next try goes on with it.
struct LegIdentity {
  std::string call_id, local_tag;
  std::uint32_t cseq = 0;  // of the last INVITE
};

// INVITEs whose challenge went to the browser, for as long as its answer may take. A server that ties its nonce to a
// Call-ID sees the same one again.
class ChallengedInvites {
 public:
  struct Key {
    std::string binding_token, call_id, from_tag;
    auto operator<=>(const Key&) const = default;
  };
  static constexpr Duration lifetime = std::chrono::minutes(2);  // somebody may have to type a password

  void remember(Time now, Key key, LegIdentity leg);
  std::optional<LegIdentity> take(Time now, const Key& key);
  std::size_t size() const { return legs_.size(); }

 private:
  struct Entry {
    LegIdentity leg;
    Time until;
  };
  std::map<Key, Entry> legs_;
  std::deque<std::pair<Time, Key>> order_;
};

ChallengedInvites::Key challenge_key(const std::string& binding_token, const sip::Message& invite);

}  // namespace w2s::breaker
