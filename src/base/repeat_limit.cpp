#include "w2s/base/repeat_limit.hpp"

#include <utility>

namespace w2s {

std::optional<std::size_t> RepeatLimit::take(std::string_view event, std::string_view about, Time now) {
  auto found = events_.find(event);
  if (found == events_.end()) found = events_.emplace(event, Event{}).first;
  auto& [until, told, left_out] = found->second;
  if (!until || now >= *until) {
    until = now + period;
    told.clear();
  } else if (told.size() >= most_subjects || told.contains(about)) {
    ++left_out;
    return std::nullopt;
  }
  told.emplace(about);
  return std::exchange(left_out, 0);
}

}  // namespace w2s
