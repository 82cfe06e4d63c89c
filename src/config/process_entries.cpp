#include "fields.hpp"
#include "readers.hpp"

namespace w2s::config {

void read_debug_level(const Entry& entry) {
  const auto level = read_keyword<LogLevel>(entry, entry.value,
                                            {{"TRACE", LogLevel::trace},
                                             {"DEBUG", LogLevel::debug},
                                             {"INFO", LogLevel::info},
                                             {"WARN", LogLevel::warn},
                                             {"ERROR", LogLevel::error},
                                             {"FATAL", LogLevel::fatal}});
  if (level) entry.config().debug_level = *level;
}

void read_log_format(const Entry& entry) {
  const auto format =
      read_keyword<LogFormat>(entry, entry.value, {{"text", LogFormat::text}, {"json", LogFormat::json}});
  if (format) entry.config().log_format = *format;
}

// 2.x: zero or less leaves the limit alone; its sample says -1.
void read_max_fds(const Entry& entry) {
  const bool negative = entry.value.starts_with('-');
  const auto digits = entry.value.substr(negative ? 1 : 0);
  const auto number = read_number(entry, digits, 0);
  if (!number) return;
  entry.config().max_fds.reset();
  if (!negative && *number > 0) entry.config().max_fds = number;
}

void read_max_calls(const Entry& entry) {
  read_count_or_star(entry, entry.value, 10'000'000, entry.config().max_calls);
}

void read_max_connections(const Entry& entry) {
  const auto fields = read_fields(entry, 2);
  if (!fields) return;
  read_count_or_star(entry, (*fields)[0], 10'000'000, entry.config().max_connections);
  read_count_or_star(entry, (*fields)[1], 10'000'000, entry.config().max_connections_per_address);
}

}  // namespace w2s::config
