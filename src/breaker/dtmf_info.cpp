#include "dtmf_info.hpp"

#include <algorithm>

#include "w2s/base/encoding.hpp"

namespace w2s::breaker {
namespace {

std::optional<char> parse_signal(std::string_view text) {
  text = trim(text);
  if (text == "10") return '*';
  if (text == "11") return '#';
  if (text.size() != 1) return std::nullopt;
  const char c = text[0] >= 'a' && text[0] <= 'd' ? static_cast<char>(text[0] - 'a' + 'A') : text[0];
  static constexpr std::string_view digits = "0123456789*#ABCD";
  return digits.find(c) == std::string_view::npos ? std::nullopt : std::optional(c);
}

}  // namespace

std::optional<DtmfInfo> parse_dtmf_info(std::string_view content_type, std::string_view body) {
  const auto type = trim(content_type.substr(0, content_type.find(';')));
  DtmfInfo info;
  if (iequals(type, "application/dtmf")) {
    const auto digit = parse_signal(body);
    if (!digit) return std::nullopt;
    info.digit = *digit;
    return info;
  }
  if (!iequals(type, "application/dtmf-relay")) return std::nullopt;
  bool has_signal = false;
  while (!body.empty()) {
    const auto line = trim(body.substr(0, body.find('\n')));
    body.remove_prefix(std::min(body.size(), body.find('\n') == std::string_view::npos ? body.size() : body.find('\n') + 1));
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    const auto name = trim(line.substr(0, equals));
    const auto value = trim(line.substr(equals + 1));
    if (iequals(name, "Signal")) {
      const auto digit = parse_signal(value);
      if (!digit) return std::nullopt;
      info.digit = *digit;
      has_signal = true;
    } else if (iequals(name, "Duration")) {
      if (const auto ms = parse_number<std::uint32_t>(value)) info.duration_ms = std::clamp<std::uint32_t>(*ms, 40, 6000);
    }
  }
  return has_signal ? std::optional(info) : std::nullopt;
}

}  // namespace w2s::breaker
