#pragma once
#include <concepts>
#include <initializer_list>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "w2s/base/address.hpp"
#include "w2s/base/repeat_limit.hpp"

namespace w2s {

// A secret: it has no way into a log line but as "***". reveal() is for the code that must use it.
template <class T>
class Redacted {
 public:
  Redacted() = default;
  explicit Redacted(T value) : value_(std::move(value)) {}
  const T& reveal() const { return value_; }
  bool operator==(const Redacted&) const = default;

 private:
  T value_{};
};

enum class LogLevel { trace, debug, info, warn, error, fatal };

// One `key=value` of a log line.
struct LogField {
  std::string_view key;
  std::string value;

  LogField(std::string_view k, std::string v) : key(k), value(std::move(v)) {}
  LogField(std::string_view k, std::string_view v) : key(k), value(v) {}
  LogField(std::string_view k, const char* v) : key(k), value(v) {}
  LogField(std::string_view k, const IpAddress& v) : key(k), value(v.to_string()) {}
  LogField(std::string_view k, const Endpoint& v) : key(k), value(v.to_string()) {}
  LogField(std::string_view k, bool v) : key(k), value(v ? "yes" : "no") {}
  template <class T>
    requires std::integral<T>
  LogField(std::string_view k, T v) : key(k), value(std::to_string(v)) {}
  template <class T>
  LogField(std::string_view k, const Redacted<T>&) : key(k), value("***") {}
};

// Where log lines go. One line per event: the event's name, then its fields.
// Implementations are safe to call from any thread.
class Log {
 public:
  virtual ~Log() = default;
  bool enabled(LogLevel level) const { return level >= level_; }
  void set_level(LogLevel level) { level_ = level; }  // at start-up, before threads

  void write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
    if (enabled(level)) emit(level, event, {fields.begin(), fields.size()});
  }
  void write(LogLevel level, std::string_view event, const std::vector<LogField>& fields) {
    if (enabled(level)) emit(level, event, {fields.data(), fields.size()});
  }
  void debug(std::string_view event, std::initializer_list<LogField> f) { write(LogLevel::debug, event, f); }
  void info(std::string_view event, std::initializer_list<LogField> f) { write(LogLevel::info, event, f); }
  void warn(std::string_view event, std::initializer_list<LogField> f) { write(LogLevel::warn, event, f); }
  void error(std::string_view event, std::initializer_list<LogField> f) { write(LogLevel::error, event, f); }
  // For what peers can provoke at will, see RepeatLimit; `suppressed` says how many lines were left out before.
  void warn_rarely(std::string_view event, std::string_view about, std::initializer_list<LogField> fields);

 protected:
  struct Fields {
    const LogField* first;
    std::size_t count;
    const LogField* begin() const { return first; }
    const LogField* end() const { return first + count; }
  };
  virtual void emit(LogLevel level, std::string_view event, Fields fields) = 0;

 private:
  LogLevel level_ = LogLevel::info;
  std::mutex repeats_mutex_;
  RepeatLimit repeats_;
};

enum class LogFormat { text, json };

// Lines on stderr with a UTC time stamp. Values with blanks, quotes or control characters are quoted and escaped,
// so nothing that a peer sends can forge a line.
class StderrLog final : public Log {
 public:
  explicit StderrLog(LogFormat format = LogFormat::text) : format_(format) {}
  // One finished line without time stamp, for tests.
  static std::string format(LogFormat format, LogLevel level, std::string_view event,
                            std::initializer_list<LogField> fields);

 private:
  void emit(LogLevel level, std::string_view event, Fields fields) override;
  LogFormat format_;
};

class NullLog final : public Log {
  void emit(LogLevel, std::string_view, Fields) override {}
};

}  // namespace w2s
