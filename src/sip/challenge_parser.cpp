#include "challenge_parser.hpp"

#include <optional>

#include "w2s/base/encoding.hpp"

namespace w2s::sip {

namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}
bool ends_word(char c) {
  return is_blank(c) || c == ',' || c == '=' || c == '"';
}

// Reads a challenge list from left to right; every step advances or ends the reading.
class ChallengeReader {
 public:
  explicit ChallengeReader(std::string_view text) : rest_(text) {}

  std::vector<RawChallenge> read() {
    while (skip_separators()) {
      auto name = word();
      skip_blanks();
      const bool is_param = !rest_.empty() && rest_.front() == '=';
      if (name.empty() || (is_param && challenges_.empty())) break;
      if (!is_param) {
        challenges_.push_back({std::move(name), {}});
      } else if (!param(std::move(name))) {
        challenges_.pop_back();
        break;
      }
    }
    return std::move(challenges_);
  }

 private:
  void skip_blanks() {
    while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
  }

  bool skip_separators() {
    while (!rest_.empty() && (is_blank(rest_.front()) || rest_.front() == ',')) rest_.remove_prefix(1);
    return !rest_.empty();
  }

  std::string take(std::size_t length) {
    std::string taken(rest_.substr(0, length));
    rest_.remove_prefix(length);
    return taken;
  }

  std::string word() {
    std::size_t length = 0;
    while (length < rest_.size() && !ends_word(rest_[length])) ++length;
    return take(length);
  }

  // At '='. A quoted value, or all up to the next comma or blank: the token68 of other schemes ends in '='
  // too.
  bool param(std::string name) {
    rest_.remove_prefix(1);
    skip_blanks();
    auto value = !rest_.empty() && rest_.front() == '"' ? quoted() : unquoted();
    if (!value) return false;
    challenges_.back().params.push_back({std::move(name), std::move(*value)});
    return true;
  }

  std::optional<std::string> unquoted() {
    std::size_t length = 0;
    while (length < rest_.size() && !is_blank(rest_[length]) && rest_[length] != ',') ++length;
    if (rest_.substr(0, length).find_first_of("\"\\") != rest_.npos) return std::nullopt;  // not a token
    return take(length);
  }

  std::optional<std::string> quoted() {
    for (std::size_t end = 1; end < rest_.size(); ++end) {
      if (rest_[end] == '\\') {
        ++end;
      } else if (rest_[end] == '"') {
        std::string value(rest_.substr(1, end - 1));
        rest_.remove_prefix(end + 1);
        return value;
      }
    }
    return std::nullopt;
  }

  std::string_view rest_;
  std::vector<RawChallenge> challenges_;
};

}  // namespace

const std::string* RawChallenge::find(std::string_view name) const {
  for (const auto& param : params)
    if (iequals(param.name, name)) return &param.value;
  return nullptr;
}

std::vector<RawChallenge> split_challenges(std::string_view value) {
  return ChallengeReader(value).read();
}

}  // namespace w2s::sip
