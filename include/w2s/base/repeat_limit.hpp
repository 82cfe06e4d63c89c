#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "w2s/base/time.hpp"

namespace w2s {

// Which log lines are written of those that peers can provoke as often as they like: of each event one about the same
// thing in a period, and about no more than so many things, whatever names they think of.
class RepeatLimit {
 public:
  static constexpr Duration period = std::chrono::minutes(1);
  static constexpr std::size_t most_subjects = 20;

  // nullopt: not this one. Else how many of this event were left out in its last period, told once.
  std::optional<std::size_t> take(std::string_view event, std::string_view about, Time now);

 private:
  struct Event {
    std::optional<Time> until;
    std::set<std::string, std::less<>> told;
    std::size_t left_out = 0;
  };
  std::map<std::string, Event, std::less<>> events_;  // their names are ours
};

}  // namespace w2s
