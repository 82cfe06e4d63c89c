#pragma once
#include <map>

#include "w2s/base/address.hpp"
#include "w2s/base/time.hpp"

namespace w2s::transport {

// How many refusals of broken datagrams each address gets (threats.md T10): sources of UDP are forged easily,
// and who sends that many broken requests does not read the answers.
class AnswerBudget {
 public:
  explicit AnswerBudget(unsigned answers_per_period = 200) : answers_(answers_per_period) {}

  bool take(const IpAddress& source, Time now) {
    if (now >= period_end_ || spent_.size() >= max_sources) {
      spent_.clear();
      period_end_ = now + 5s;
    }
    return spent_[source]++ < answers_;
  }

 private:
  static constexpr std::size_t max_sources = 10'000;
  unsigned answers_;
  Time period_end_{};
  std::map<IpAddress, unsigned> spent_;
};

}  // namespace w2s::transport
