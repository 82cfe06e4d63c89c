#include "media/ice/pair_list.hpp"

#include <algorithm>
#include <tuple>

namespace w2s::media::ice {

std::optional<Endpoint> PairList::on_check(Time now, const Path& path, bool use_candidate,
                                           Credentials credentials) {
  const auto session = credentials == Credentials::present ? session_ : session_ - 1;
  std::optional<Endpoint> removed;
  auto pair = std::ranges::find(pairs_, path, &Pair::path);
  if (pair == pairs_.end()) {
    if (pairs_.size() == max_pairs) {
      const auto oldest = std::ranges::min_element(pairs_, {}, &Pair::checked);
      const auto remote = oldest->path.remote;
      pairs_.erase(oldest);
      if (!contains(remote)) removed = remote;
    }
    pairs_.push_back({path, now, session});
    pair = std::prev(pairs_.end());
  }
  if (session > pair->session) {
    pair->session = session;
    pair->nominated = 0;  // that was in the session before
  }
  pair->last_check = now;
  pair->checked = ++order_;
  // RFC 8445 8.1.1: a regular-nominating peer sets the flag once, an aggressive one on every check; libwebrtc
  // repeats it in its keep-alives on the pair it uses, so the newest flag is always the peer's present
  // choice.
  if (use_candidate) pair->nominated = order_;
  return removed;
}

const Path* PairList::selected(Time now) const {
  const bool concluded = restart_concluded();
  // Nominated pairs of the present session first; while it has none, those of the session before.
  const auto rank = [&](const Pair& pair) {
    const bool of_chosen_session = (pair.session == session_) == concluded;
    return std::tuple(of_chosen_session, pair.nominated, pair.checked);
  };
  const Pair* best = nullptr;
  for (const auto& pair : pairs_) {
    if (now - pair.last_check >= consent_lifetime) continue;
    if (best == nullptr || rank(pair) > rank(*best)) best = &pair;
  }
  return best == nullptr ? nullptr : &best->path;
}

bool PairList::restart_concluded() const {
  return std::ranges::any_of(
      pairs_, [&](const Pair& pair) { return pair.session == session_ && pair.nominated != 0; });
}

std::vector<Endpoint> PairList::forget_old_session() {
  std::vector<Endpoint> forgotten;
  for (const auto& pair : pairs_)
    if (pair.session < session_) forgotten.push_back(pair.path.remote);
  std::erase_if(pairs_, [&](const Pair& pair) { return pair.session < session_; });
  std::erase_if(forgotten, [&](const Endpoint& remote) { return contains(remote); });
  return forgotten;
}

bool PairList::contains(const Endpoint& remote) const {
  return std::ranges::any_of(pairs_, [&](const Pair& pair) { return pair.path.remote == remote; });
}

std::vector<Endpoint> PairList::remotes() const {
  std::vector<Endpoint> out;
  for (const auto& pair : pairs_) out.push_back(pair.path.remote);
  return out;
}

}  // namespace w2s::media::ice
