#pragma once
#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "w2s/base/log.hpp"

namespace w2s::test {

// Keeps the lines: "event key=value ...".
class LogLines final : public Log {
 public:
  // How many lines say all of `parts`.
  std::size_t count(std::initializer_list<std::string_view> parts) const {
    return static_cast<std::size_t>(std::count_if(lines_.begin(), lines_.end(), [&](const std::string& line) {
      return std::all_of(parts.begin(), parts.end(),
                         [&](auto part) { return line.find(part) != std::string::npos; });
    }));
  }
  std::string text() const {
    std::string all;
    for (const auto& line : lines_) all.append(line).append("\n");
    return all;
  }

 private:
  void emit(LogLevel level, std::string_view event, Fields fields) override {
    auto& line = lines_.emplace_back(level == LogLevel::warn ? "WARN " : "");
    line.append(event);
    for (const auto& field : fields) line.append(" ").append(field.key).append("=").append(field.value);
  }
  std::vector<std::string> lines_;
};

}  // namespace w2s::test
