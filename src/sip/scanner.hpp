#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace w2s::sip {

// Character classes of RFC 3261 25.1, one table look-up each.
namespace chars {
enum : std::uint8_t { token = 1, host = 2, digit = 4, blank = 8, param_value = 16, uri = 32, alpha = 64 };

constexpr std::array<std::uint8_t, 256> make_table() {
  std::array<std::uint8_t, 256> table{};
  const auto add = [&table](std::string_view set, int bits) {
    for (const char c : set) table[static_cast<std::uint8_t>(c)] |= static_cast<std::uint8_t>(bits);
  };
  add("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", token | host | alpha);
  add("0123456789", token | host | digit);
  add("-.!%*_+`'~", token);
  add("-._", host);  // the underscore is no host character, but names in the field have it
  add(" \t", blank);
  // Wider than the RFC's sets on purpose: everything that cannot be mistaken for a delimiter is passed on
  // untouched.
  for (unsigned c = 0x21; c < 256; ++c) {
    if (c == 0x7f || c == '"' || c == '<' || c == '>') continue;
    table[c] |= uri;
    if (c != ';' && c != ',') table[c] |= param_value;
  }
  return table;
}
inline constexpr auto table = make_table();

constexpr bool is(char c, int classes) {
  return (table[static_cast<std::uint8_t>(c)] & classes) != 0;
}
constexpr bool all(std::string_view text, int classes) {
  for (const char c : text)
    if (!is(c, classes)) return false;
  return true;
}
}  // namespace chars

inline bool is_token(std::string_view text) {
  return !text.empty() && chars::all(text, chars::token);
}

// Blanks as they are left after unfolding: SP and HTAB.
inline std::string_view trim_blanks(std::string_view text) {
  while (!text.empty() && chars::is(text.front(), chars::blank)) text.remove_prefix(1);
  while (!text.empty() && chars::is(text.back(), chars::blank)) text.remove_suffix(1);
  return text;
}

// Reads a field value from left to right; never steps back, so everything built on it is linear.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool done() const { return at_ == text_.size(); }
  bool at(char c) const { return !done() && text_[at_] == c; }
  std::string_view rest() const { return text_.substr(at_); }

  bool take(char c) {
    if (!at(c)) return false;
    ++at_;
    return true;
  }
  std::string_view take_while(int classes) {
    const auto start = at_;
    while (!done() && chars::is(text_[at_], classes)) ++at_;
    return text_.substr(start, at_ - start);
  }
  bool skip_blanks() { return !take_while(chars::blank).empty(); }
  // A separator with optional blanks around it (RFC 3261 25.1: SLASH, COLON, EQUAL, SEMI).
  bool take_separator(char c) {
    skip_blanks();
    if (!take(c)) return false;
    skip_blanks();
    return true;
  }
  // With both quotes; nullopt when the closing one is missing.
  std::optional<std::string_view> take_quoted() {
    const auto start = at_;
    if (!take('"')) return std::nullopt;
    while (!done()) {
      const char c = text_[at_++];
      if (c == '"') return text_.substr(start, at_ - start);
      if (c == '\\' && !done()) ++at_;
    }
    return std::nullopt;
  }
  // A host name, IPv4 address or [IPv6 address]; empty when there is none.
  std::string_view take_host();

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace w2s::sip
