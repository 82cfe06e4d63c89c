#pragma once
#include <optional>
#include <string>
#include <vector>

#include "w2s/base/hash.hpp"
#include "w2s/base/log.hpp"
#include "w2s/base/rng.hpp"
#include "w2s/sip/message.hpp"

namespace w2s::sip {

// One Digest challenge of a 401 or 407 (RFC 7616, RFC 8760).
struct Challenge {
  bool proxy = false;              // Proxy-Authenticate
  std::string realm;               // without quotes and escapes
  std::string nonce, opaque;       // without quotes; escapes stay, they are echoed and hashed as written (RFC 7616 3.4.1)
  std::optional<HashAlgorithm> algorithm;  // nullopt: one we do not know; "-sess" counts as unknown
  std::string algorithm_token;     // as written; empty when absent (MD5)
  bool qop_auth = false;           // qop offered contains auth
  bool qop_given = false;
  bool stale = false;
};
// In header order; schemes other than Digest are left out.
std::vector<Challenge> parse_challenges(const Message& response);

struct Credentials {
  std::string username;
  Redacted<std::string> ha1;       // H(username:realm:password) in lower-case hex; 32 digits: MD5, 64: SHA-256 family
  std::string realm;               // the realm ha1 was made for when known, else empty
};
std::string make_ha1(HashAlgorithm algorithm, std::string_view username, std::string_view realm, std::string_view password);

// Answers challenges for one account; counts nc per nonce.
class DigestClient {
 public:
  explicit DigestClient(Credentials credentials) : credentials_(std::move(credentials)) {}
  const Credentials& credentials() const { return credentials_; }
  // Can this HA1 answer it (algorithm fits the HA1's length, qop is absent or has auth)?
  bool can_answer(const Challenge& challenge) const;
  // The (Proxy-)Authorization value for `method` and `uri`.
  std::string answer(const Challenge& challenge, std::string_view method, std::string_view uri, Rng& rng);

 private:
  Credentials credentials_;
  std::string last_nonce_;
  std::uint32_t nonce_count_ = 0;
};

}  // namespace w2s::sip
