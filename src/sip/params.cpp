#include <algorithm>
#include <utility>

#include "w2s/base/encoding.hpp"
#include "w2s/sip/uri.hpp"

#include "grammar.hpp"
#include "scanner.hpp"

namespace w2s::sip {
namespace {

template <class List>
auto find_param(List& list, std::string_view name) {
  return std::find_if(list.begin(), list.end(), [name](const auto& p) { return iequals(p.name, name); });
}

}  // namespace

bool Params::has(std::string_view name) const {
  return find_param(params_, name) != params_.end();
}

std::optional<std::string_view> Params::get(std::string_view name) const {
  const auto it = find_param(params_, name);
  if (it == params_.end()) return std::nullopt;
  return it->value ? std::string_view(*it->value) : std::string_view();
}

std::string Params::unquoted(std::string_view name) const {
  auto raw = get(name).value_or("");
  if (raw.size() < 2 || raw.front() != '"' || raw.back() != '"') return std::string(raw);
  raw = raw.substr(1, raw.size() - 2);
  std::string out;
  out.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] == '\\' && i + 1 < raw.size()) ++i;
    out += raw[i];
  }
  return out;
}

void Params::set(std::string_view name, std::optional<std::string> value) {
  const auto it = find_param(params_, name);
  if (it != params_.end())
    it->value = std::move(value);
  else
    params_.push_back({std::string(name), std::move(value)});
}

void Params::erase(std::string_view name) {
  std::erase_if(params_, [name](const Param& p) { return iequals(p.name, name); });
}

void Params::append_to(std::string& out) const {
  for (const auto& param : params_) {
    out += ';';
    out += param.name;
    if (param.value) {
      out += '=';
      out += *param.value;
    }
  }
}

// generic-param of RFC 3261 25.1; the value is a quoted string or anything free of delimiters.
bool ParamsParser::next_header_param(std::string_view& text, View& param) {
  Scanner in(text);
  if (!in.take_separator(';')) return false;
  param.name = in.take_while(chars::token);
  if (param.name.empty()) return false;
  param.value.reset();
  in.skip_blanks();
  if (in.take('=')) {
    in.skip_blanks();
    param.value = in.at('"') ? in.take_quoted() : in.take_while(chars::param_value);
    if (!param.value) return false;
    in.skip_blanks();
  }
  text = in.rest();
  return true;
}

// uri-parameter; split_uri() has already refused blanks, quotes and angle brackets.
bool ParamsParser::next_uri_param(std::string_view& text, View& param) {
  if (text.front() != ';') return false;
  text.remove_prefix(1);
  const auto whole = text.substr(0, text.find(';'));
  text.remove_prefix(whole.size());
  const auto equals = whole.find('=');
  param.name = whole.substr(0, equals);
  param.value.reset();
  if (equals != std::string_view::npos) param.value = whole.substr(equals + 1);
  return !param.name.empty();
}

bool ParamsParser::check_header_params(std::string_view text) {
  View param;
  text = trim_blanks(text);
  while (!text.empty())
    if (!next_header_param(text, param)) return false;
  return true;
}

bool ParamsParser::check_uri_params(std::string_view text) {
  View param;
  while (!text.empty())
    if (!next_uri_param(text, param)) return false;
  return true;
}

template <class Next>
Params ParamsParser::collect(std::string_view text, Next next) {
  Params out;
  out.params_.reserve(static_cast<std::size_t>(std::count(text.begin(), text.end(), ';')));
  View param;
  while (!text.empty() && next(text, param)) {
    auto& added = out.params_.emplace_back();
    added.name = param.name;
    if (param.value) added.value.emplace(*param.value);
  }
  return out;
}

Params ParamsParser::header_params(std::string_view text) {
  return collect(trim_blanks(text), next_header_param);
}
Params ParamsParser::uri_params(std::string_view text) {
  return collect(text, next_uri_param);
}

}  // namespace w2s::sip
