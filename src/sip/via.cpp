#include "w2s/base/encoding.hpp"
#include "w2s/sip/message.hpp"

#include "grammar.hpp"
#include "scanner.hpp"

namespace w2s::sip {

// RFC 3261 25.1: sent-protocol LWS sent-by *( SEMI via-params ), with blanks wherever a separator allows
// them. Any version is taken: the start line decides about that, and a refusal of SIP/7.0 must find its way
// back.
Result<ViaView> split_via_without_params(std::string_view text) {
  Scanner in(trim_blanks(text));
  ViaView out;
  const auto protocol = in.take_while(chars::token);
  if (!iequals(protocol, "SIP") || !in.take_separator('/')) return Errc::bad_via;
  if (in.take_while(chars::token).empty() || !in.take_separator('/')) return Errc::bad_via;
  out.transport = in.take_while(chars::token);
  if (out.transport.empty() || !in.skip_blanks()) return Errc::bad_via;
  out.host = in.take_host();
  if (out.host.empty()) return Errc::bad_via;
  if (in.take_separator(':')) {
    out.port = parse_number<std::uint16_t>(in.take_while(chars::digit));
    if (!out.port) return Errc::bad_via;
  }
  in.skip_blanks();
  out.params = in.rest();
  return out;
}

Result<ViaView> split_via(std::string_view text) {
  auto out = split_via_without_params(text);
  if (out && !ParamsParser::check_header_params(out->params)) return Errc::bad_via;
  return out;
}

Result<Via> parse_via(std::string_view value) {
  const auto view = split_via(value);
  if (!view) return view.error();
  Via via;
  via.transport = view->transport;
  via.host = view->host;
  via.port = view->port;
  via.params = ParamsParser::header_params(view->params);
  return via;
}

std::string Via::to_string() const {
  std::string out = "SIP/2.0/";
  out += transport;
  out += ' ';
  out += host;
  if (port) {
    out += ':';
    out += std::to_string(*port);
  }
  params.append_to(out);
  return out;
}

}  // namespace w2s::sip
