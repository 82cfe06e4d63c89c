#include "w2s/sip/uri.hpp"

#include "w2s/base/encoding.hpp"
#include "w2s/sip/error.hpp"

#include "grammar.hpp"
#include "scanner.hpp"

namespace w2s::sip {
namespace {

bool is_sip_scheme(std::string_view scheme) {
  return iequals(scheme, "sip") || iequals(scheme, "sips");
}

// RFC 3986 3.1.
bool valid_scheme(std::string_view scheme) {
  if (scheme.empty() || !chars::is(scheme.front(), chars::alpha)) return false;
  for (const char c : scheme)
    if (!chars::is(c, chars::alpha | chars::digit) && c != '+' && c != '-' && c != '.') return false;
  return true;
}

// userinfo: user [":" password]. The user part may hold ; ? / and , (RFC 3261 25.1, user-unreserved).
bool split_userinfo(std::string_view text, UriView& out) {
  const auto colon = text.find(':');
  out.user = text.substr(0, colon);
  if (colon != std::string_view::npos) out.password = text.substr(colon + 1);
  return !out.user.empty();
}

}  // namespace

Result<UriView> split_uri(std::string_view text) {
  UriView out;
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || !chars::all(text, chars::uri)) return Errc::bad_uri;
  out.scheme = text.substr(0, colon);
  text.remove_prefix(colon + 1);
  if (!valid_scheme(out.scheme) || text.empty()) return Errc::bad_uri;
  if (!is_sip_scheme(out.scheme)) {
    out.other = text;
    return out;
  }
  // The first @ ends the user part: an unescaped one cannot stand in it, but people write them behind it.
  if (const auto at = text.find('@'); at != std::string_view::npos) {
    if (!split_userinfo(text.substr(0, at), out)) return Errc::bad_uri;
    text.remove_prefix(at + 1);
  }
  Scanner in(text);
  out.host = in.take_host();
  if (out.host.empty()) return Errc::bad_uri;
  if (in.take(':')) {
    out.port = parse_number<std::uint16_t>(in.take_while(chars::digit));
    if (!out.port) return Errc::bad_uri;
  }
  const auto tail = in.rest();
  const auto question = tail.find('?');
  out.params = tail.substr(0, question);
  if (question != std::string_view::npos) {
    out.headers = tail.substr(question + 1);
    if (out.headers.empty()) return Errc::bad_uri;
  }
  if (!ParamsParser::check_uri_params(out.params)) return Errc::bad_uri;
  return out;
}

Result<Uri> parse_uri(std::string_view text) {
  const auto view = split_uri(text);
  if (!view) return view.error();
  Uri uri;
  uri.scheme = view->scheme;
  uri.user = view->user;
  if (view->password) uri.password.emplace(*view->password);
  uri.host = view->host;
  uri.port = view->port;
  uri.params = ParamsParser::uri_params(view->params);
  uri.headers = view->headers;
  uri.other = view->other;
  return uri;
}

bool Uri::is_sip() const {
  return is_sip_scheme(scheme);
}
bool Uri::is_sips() const {
  return iequals(scheme, "sips");
}

std::string Uri::to_string() const {
  std::string out = scheme;
  out += ':';
  if (!is_sip()) return out += other;
  if (!user.empty()) {
    out += user;
    if (password) {
      out += ':';
      out += *password;
    }
    out += '@';
  }
  out += host;
  if (port) {
    out += ':';
    out += std::to_string(*port);
  }
  params.append_to(out);
  if (!headers.empty()) {
    out += '?';
    out += headers;
  }
  return out;
}

std::string Uri::address_of_record() const {
  if (!is_sip()) return to_lower(scheme) + ':' + other;
  return user.empty() ? to_lower(host) : percent_decode(user) + '@' + to_lower(host);
}

std::ostream& operator<<(std::ostream& out, const Uri& uri) {
  return out << uri.to_string();
}

}  // namespace w2s::sip
