#include "dtmf_info.hpp"

#include <algorithm>

#include "w2s/base/encoding.hpp"

namespace w2s::breaker {
namespace {

std::optional<char> parse_signal(std::string_view text) {
  text = trim(text);
  if (text == "10") return '*';
  if (text == "11") return '#';
  if (text == "16" || iequals(text, "flash") || iequals(text, "hf")) return '!';
  if (text.size() != 1) return std::nullopt;
  const char c = text[0] >= 'a' && text[0] <= 'd' ? static_cast<char>(text[0] - 'a' + 'A') : text[0];
  static constexpr std::string_view digits = "0123456789*#ABCD!";
  return digits.find(c) == std::string_view::npos ? std::nullopt : std::optional(c);
}

// "Signal=5" and "Duration=160" on lines of their own, in any order.
std::optional<DtmfInfo> parse_lines(std::string_view body) {
  DtmfInfo info;
  bool has_signal = false;
  while (!body.empty()) {
    const auto end = std::min(body.find_first_of("\r\n"), body.size());
    const auto line = body.substr(0, end);
    body.remove_prefix(std::min(end + 1, body.size()));
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

}  // namespace

std::optional<DtmfInfo> parse_dtmf_info(std::string_view content_type, std::string_view body) {
  const auto type = trim(content_type.substr(0, content_type.find(';')));
  const bool relay = iequals(type, dtmf_relay_type);
  if (!relay && !iequals(type, "application/dtmf")) return std::nullopt;
  if (relay || body.find('=') != std::string_view::npos) return parse_lines(body);
  const auto digit = parse_signal(body);
  if (!digit) return std::nullopt;
  DtmfInfo info;
  info.digit = *digit;
  return info;
}

std::string dtmf_relay_body(const DtmfInfo& info) {
  return std::string("Signal=") + info.digit + "\r\nDuration=" + std::to_string(info.duration_ms) + "\r\n";
}

}  // namespace w2s::breaker
