#include "w2s/base/log.hpp"

#include <sys/time.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>

namespace w2s {
namespace {

std::string_view name_of(LogLevel level) {
  switch (level) {
    case LogLevel::trace: return "TRACE";
    case LogLevel::debug: return "DEBUG";
    case LogLevel::info: return "INFO";
    case LogLevel::warn: return "WARN";
    case LogLevel::error: return "ERROR";
    case LogLevel::fatal: return "FATAL";
  }
  return "?";
}

void append_escaped(std::string& out, std::string_view text, bool json) {
  static constexpr char digits[] = "0123456789abcdef";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += json ? "\\u00" : "\\x";
      out += digits[byte >> 4];
      out += digits[byte & 15];
    } else {
      out += c;
    }
  }
}

bool needs_quotes(std::string_view text) {
  if (text.empty()) return true;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7f || c == '"' || c == '\\' || c == '=') return true;
  }
  return false;
}

template <class Range>
std::string format_line(LogFormat format, std::string_view time, LogLevel level, std::string_view event,
                        const Range& fields) {
  std::string line;
  if (format == LogFormat::json) {
    line += "{";
    if (!time.empty()) (((line += "\"time\":\"") += time) += "\",");
    ((((line += "\"level\":\"") += name_of(level)) += "\",\"event\":\"") += event) += '"';
    for (const auto& field : fields) {
      ((line += ",\"") += field.key) += "\":\"";
      append_escaped(line, field.value, true);
      line += '"';
    }
    return line += "}\n";
  }
  if (!time.empty()) (line += time) += ' ';
  ((line += name_of(level)) += ' ') += event;
  for (const auto& field : fields) {
    ((line += ' ') += field.key) += '=';
    if (needs_quotes(field.value)) {
      line += '"';
      append_escaped(line, field.value, false);
      line += '"';
    } else {
      line += field.value;
    }
  }
  return line += '\n';
}

std::string now_utc() {
  timeval now{};
  gettimeofday(&now, nullptr);
  tm parts{};
  gmtime_r(&now.tv_sec, &parts);
  char date[32];
  char fraction[8];
  std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(fraction, sizeof fraction, ".%03uZ", static_cast<unsigned>(now.tv_usec / 1000) % 1000);
  return std::string(date) + fraction;
}

}  // namespace

void Log::warn_rarely(std::string_view event, std::string_view about, std::initializer_list<LogField> fields) {
  std::optional<std::size_t> left_out;
  {
    const std::lock_guard lock(repeats_mutex_);
    left_out = repeats_.take(event, about, Clock::now());
  }
  if (!left_out) return;
  std::vector<LogField> all(fields);
  if (*left_out > 0) all.emplace_back("suppressed", *left_out);
  write(LogLevel::warn, event, all);
}

std::string StderrLog::format(LogFormat format, LogLevel level, std::string_view event,
                              std::initializer_list<LogField> fields) {
  return format_line(format, "", level, event, fields);
}

void StderrLog::emit(LogLevel level, std::string_view event, Fields fields) {
  const auto line = format_line(format_, now_utc(), level, event, fields);
  // One write per line keeps lines of several threads whole. A log that cannot be written must not stop the gateway.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace w2s
