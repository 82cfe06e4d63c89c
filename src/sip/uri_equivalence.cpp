// RFC 3261 19.1.4: when two URIs mean the same.
#include <algorithm>
#include <array>
#include <vector>

#include "w2s/base/encoding.hpp"
#include "w2s/sip/uri.hpp"

namespace w2s::sip {
namespace {

constexpr std::string_view kReserved = ";/?:@&=+$,";

// "Characters other than those in the reserved set are equivalent to their %HH": those are decoded, the rest
// keep their escape with upper-case digits.
std::string normalized(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto escape = text.substr(i, 3);
    const auto decoded = text[i] == '%' ? percent_decode(escape) : std::string();
    if (decoded.size() != 1 || escape.size() != 3) {
      out += text[i];
      continue;
    }
    if (kReserved.find(decoded.front()) == std::string_view::npos && decoded.front() != '%') {
      out += decoded;
    } else {
      for (const char c : escape) out += c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
    }
    i += 2;
  }
  return out;
}

using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs sorted_params(const Params& params) {
  Pairs out;
  for (const auto& p : params.all())
    out.emplace_back(to_lower(normalized(p.name)), to_lower(normalized(p.value.value_or(""))));
  std::sort(out.begin(), out.end());
  return out;
}

Pairs sorted_headers(std::string_view text) {
  Pairs out;
  while (!text.empty()) {
    const auto one = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), one.size() + 1));
    const auto equals = one.find('=');
    const auto value = equals == std::string_view::npos ? std::string_view() : one.substr(equals + 1);
    out.emplace_back(to_lower(normalized(one.substr(0, equals))), normalized(value));
  }
  std::sort(out.begin(), out.end());
  return out;
}

// Parameters that decide where or how a request goes: one that only one URI has makes them differ. The text
// names user, ttl, method and maddr; its examples add transport.
bool must_be_in_both(std::string_view name) {
  static constexpr std::array<std::string_view, 5> names{"user", "ttl", "method", "maddr", "transport"};
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool equivalent_params(const Params& a, const Params& b) {
  const auto left = sorted_params(a);
  const auto right = sorted_params(b);
  auto l = left.begin();
  auto r = right.begin();
  while (l != left.end() || r != right.end()) {
    if (r == right.end() || (l != left.end() && l->first < r->first)) {
      if (must_be_in_both((l++)->first)) return false;
    } else if (l == left.end() || r->first < l->first) {
      if (must_be_in_both((r++)->first)) return false;
    } else if ((l++)->second != (r++)->second) {
      return false;
    }
  }
  return true;
}

}  // namespace

bool equivalent(const Uri& a, const Uri& b) {
  if (!iequals(a.scheme, b.scheme)) return false;
  if (!a.is_sip()) return a.other == b.other;
  if (a.password.has_value() != b.password.has_value()) return false;
  return normalized(a.user) == normalized(b.user) &&
         normalized(a.password.value_or("")) == normalized(b.password.value_or("")) &&
         iequals(a.host, b.host) && a.port == b.port && equivalent_params(a.params, b.params) &&
         sorted_headers(a.headers) == sorted_headers(b.headers);
}

}  // namespace w2s::sip
