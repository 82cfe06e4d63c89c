#include "w2s/sip/replaces.hpp"

#include <algorithm>

#include "w2s/base/encoding.hpp"
#include "w2s/sip/error.hpp"

#include "grammar.hpp"

namespace w2s::sip {

namespace {

// Where the value of the header `name` stands in `headers`, which is name=value&name=value (RFC 3261 19.1.1).
std::optional<std::pair<std::size_t, std::size_t>> find_header(std::string_view headers, std::string_view name) {
  std::size_t at = 0;
  while (at < headers.size()) {
    const auto end = std::min(headers.find('&', at), headers.size());
    const auto equals = headers.find('=', at);
    if (equals < end && iequals(percent_decode(headers.substr(at, equals - at)), name)) {
      return std::pair{equals + 1, end - equals - 1};
    }
    at = end + 1;
  }
  return std::nullopt;
}

}  // namespace

std::string Replaces::to_string() const {
  auto text = call_id + ";to-tag=" + to_tag + ";from-tag=" + from_tag;
  others.append_to(text);
  return text;
}

Result<Replaces> parse_replaces(std::string_view value) {
  value = trim(value);
  const auto end = std::min(value.find(';'), value.size());
  const auto call_id = trim(value.substr(0, end));
  const auto params = value.substr(end);
  if (call_id.empty() || call_id.find_first_of(" \t,\"<>") != std::string_view::npos ||
      !ParamsParser::check_header_params(params)) {
    return Errc::bad_parameter;
  }
  Replaces replaces;
  replaces.call_id = call_id;
  replaces.others = ParamsParser::header_params(params);
  replaces.to_tag = replaces.others.get("to-tag").value_or("");
  replaces.from_tag = replaces.others.get("from-tag").value_or("");
  replaces.others.erase("to-tag");
  replaces.others.erase("from-tag");
  if (replaces.to_tag.empty() || replaces.from_tag.empty()) return Errc::bad_parameter;
  return replaces;
}

std::optional<Replaces> replaces_of(const Uri& uri) {
  const auto found = find_header(uri.headers, "Replaces");
  if (!found) return std::nullopt;
  const auto replaces = parse_replaces(percent_decode(std::string_view(uri.headers).substr(found->first, found->second)));
  return replaces ? std::optional(*replaces) : std::nullopt;
}

bool names_replaces(const Uri& uri) {
  return find_header(uri.headers, "Replaces").has_value();
}

void set_replaces(Uri& uri, const Replaces& replaces) {
  const auto value = percent_encode(replaces.to_string());
  if (const auto found = find_header(uri.headers, "Replaces")) uri.headers.replace(found->first, found->second, value);
  else uri.headers += (uri.headers.empty() ? "Replaces=" : "&Replaces=") + value;
}

}  // namespace w2s::sip
