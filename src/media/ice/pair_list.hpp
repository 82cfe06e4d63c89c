#pragma once
#include <optional>
#include <vector>

#include "w2s/base/address.hpp"
#include "w2s/base/time.hpp"

namespace w2s::media::ice {

// RFC 7675 5.1: "consent expires after 30 seconds."
constexpr Duration consent_lifetime = 30s;

// One way between us and the browser: the address of ours that it asked, and where it asked from.
struct Path {
  IpAddress local;
  Endpoint remote;
  bool operator==(const Path&) const = default;
};

// The valid pairs of one browser: those on which an authenticated check came. We never send checks (ICE
// lite), so the peer's last check on a pair is also its consent to be sent to.
class PairList {
 public:
  // Which of our credentials a check was made with, after a restart of ICE.
  enum class Credentials : std::uint8_t { present, before_restart };
  // An authenticated check arrived. Returns the remote address that had to make room, if any.
  std::optional<Endpoint> on_check(Time now, const Path& path, bool use_candidate,
                                   Credentials credentials = Credentials::present);
  // RFC 8445 9: the pairs there are serve on until one of the new session is nominated.
  void restart() { ++session_; }
  // Whether one has been, so that those of the old session are to be forgotten.
  bool restart_concluded() const;
  // Returns the remote addresses that no pair has any more.
  std::vector<Endpoint> forget_old_session();

  // Where to send: of the present session, and before it has nominated any of the one before, the pair with
  // the newest USE-CANDIDATE, before any the one with the newest check, of those with consent; nullptr
  // without one. RFC 8445 8.1.1: before nomination any valid pair may carry data.
  const Path* selected(Time now) const;
  // May packets of this source be looked at? Consent to send is another matter and may have run out.
  bool contains(const Endpoint& remote) const;
  bool empty() const { return pairs_.empty(); }
  std::vector<Endpoint> remotes() const;

 private:
  struct Pair {
    Path path;
    Time last_check;
    std::uint64_t session = 0;    // the ICE session of its newest check
    std::uint64_t nominated = 0;  // position in the order of nominations, 0: never
    std::uint64_t checked = 0;    // position in the order of checks; two may share one `last_check`
  };
  static constexpr std::size_t max_pairs = 16;

  std::vector<Pair> pairs_;
  std::uint64_t order_ = 0;
  std::uint64_t session_ = 0;
};

}  // namespace w2s::media::ice
