#include "media/ice/pair_list.hpp"

#include <algorithm>

namespace w2s::media::ice {

std::optional<Endpoint> PairList::on_check(Time now, const Path& path, bool use_candidate) {
  std::optional<Endpoint> removed;
  auto pair = std::ranges::find(pairs_, path, &Pair::path);
  if (pair == pairs_.end()) {
    if (pairs_.size() == max_pairs) {
      const auto oldest = std::ranges::min_element(pairs_, {}, &Pair::checked);
      const auto remote = oldest->path.remote;
      pairs_.erase(oldest);
      if (!contains(remote)) removed = remote;
    }
    pairs_.push_back({path, now});
    pair = std::prev(pairs_.end());
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
  const Pair* best = nullptr;
  for (const auto& pair : pairs_) {
    if (now - pair.last_check >= consent_lifetime) continue;
    if (best == nullptr || pair.nominated > best->nominated ||
        (pair.nominated == best->nominated && pair.checked > best->checked))
      best = &pair;
  }
  return best == nullptr ? nullptr : &best->path;
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
