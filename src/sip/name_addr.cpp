#include "w2s/sip/error.hpp"
#include "w2s/sip/uri.hpp"

#include "grammar.hpp"
#include "scanner.hpp"

namespace w2s::sip {
namespace {

// "<" addr-spec ">" and what follows it.
Result<NameAddrView> split_bracketed(std::string_view display_name, std::string_view text) {
  const auto close = text.find('>');
  if (close == std::string_view::npos) return Errc::bad_address;
  NameAddrView out;
  out.display_name = trim_blanks(display_name);
  out.uri = text.substr(1, close - 1);
  out.params = text.substr(close + 1);
  return out;
}

// RFC 3261 20.10: without angle brackets every semicolon starts a header parameter, and a question mark or
// comma in the URI would be ambiguous.
Result<NameAddrView> split_bare(std::string_view text) {
  NameAddrView out;
  const auto semicolon = text.find(';');
  out.uri = trim_blanks(text.substr(0, semicolon));
  if (out.uri.find_first_of("?,") != std::string_view::npos) return Errc::bad_address;
  if (semicolon != std::string_view::npos) out.params = text.substr(semicolon);
  return out;
}

}  // namespace

Result<NameAddrView> split_name_addr(std::string_view text) {
  text = trim_blanks(text);
  if (text == "*") return NameAddrView{{}, {}, {}, true};
  if (!text.empty() && text.front() == '"') {
    Scanner in(text);
    const auto quoted = in.take_quoted();
    in.skip_blanks();
    if (!quoted || !in.at('<')) return Errc::bad_address;
    return split_bracketed(*quoted, in.rest());
  }
  // Unquoted display names are tokens and blanks only, but phones send dots, brackets, commas and UTF-8 in
  // them.
  const auto mark = text.find_first_of("<\"");
  if (mark != std::string_view::npos && text[mark] == '<')
    return split_bracketed(text.substr(0, mark), text.substr(mark));
  return split_bare(text);
}

error_code check_name_addr(std::string_view text) {
  const auto view = split_name_addr(text);
  if (!view) return view.error();
  if (view->star) return {};
  if (!split_uri(view->uri) || !ParamsParser::check_header_params(view->params)) return Errc::bad_address;
  return {};
}

Result<NameAddr> parse_name_addr(std::string_view text) {
  if (const auto error = check_name_addr(text)) return error;
  const auto view = split_name_addr(text);
  NameAddr out;
  out.star = view->star;
  if (out.star) return out;
  out.display_name = view->display_name;
  out.uri = *parse_uri(view->uri);
  out.params = ParamsParser::header_params(view->params);
  return out;
}

std::string NameAddr::to_string() const {
  if (star) return "*";
  std::string out = display_name;
  if (!out.empty()) out += ' ';
  out += '<';
  out += uri.to_string();
  out += '>';
  params.append_to(out);
  return out;
}

}  // namespace w2s::sip
