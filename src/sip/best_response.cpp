#include "w2s/sip/best_response.hpp"

namespace w2s::sip {
namespace {

// Lower is better. RFC 3261 16.7 step 6: 6xx before all, then the lowest class, in 4xx first what tells the
// client how to ask again. Last what says nothing of the user's wish: that nobody was there.
int rank(int status) {
  if (status >= 600) return 0;
  const int by_class = status / 100 * 10;
  switch (status) {
    case 401:
    case 407:
    case 415:
    case 420:
    case 484: return by_class;
    case 404:
    case 408:
    case 480:
    case 487: return by_class + 2;
    default: return by_class + 1;
  }
}

bool is_challenge(int status) {
  return status == 401 || status == 407;
}

}  // namespace

void BestResponse::add(Message final_failure) {
  if (best_ && rank(best_->status()) <= rank(final_failure.status())) return keep_challenges(final_failure);
  if (best_) keep_challenges(*best_);
  best_ = std::move(final_failure);
}

void BestResponse::keep_challenges(const Message& response) {
  if (!is_challenge(response.status())) return;
  for (const auto& field : response.fields()) {
    if (field.id == HeaderId::www_authenticate || field.id == HeaderId::proxy_authenticate)
      challenges_.push_back(field);
  }
}

std::optional<Message> BestResponse::take() {
  auto chosen = std::move(best_);
  best_.reset();
  if (chosen && is_challenge(chosen->status())) {
    for (auto& field : challenges_) chosen->append(std::move(field.name), std::move(field.value));
  }
  challenges_.clear();
  return chosen;
}

}  // namespace w2s::sip
