#include "w2s/sip/transaction_user.hpp"

#include "w2s/base/encoding.hpp"

namespace w2s::sip {

NextHop hop_of(const Uri& uri) {
  NextHop hop;
  hop.host = uri.host;
  hop.port = uri.port;
  if (const auto maddr = uri.params.get("maddr"); maddr && !maddr->empty()) hop.host = std::string(*maddr);
  Transport transport{};
  if (const auto token = uri.params.get("transport"); token && parse_transport(*token, transport)) {
    hop.transport = transport;
  }
  // RFC 3261 26.2.2: sips means TLS on every hop; over TCP, "transport=tcp" names the carrier below it.
  if (uri.is_sips() && !is_web_socket(hop.transport.value_or(Transport::udp))) {
    hop.secure = !hop.transport;
    hop.transport = Transport::tls;
  }
  return hop;
}

Result<NextHop> take_next_hop(Message& request, const Surroundings& surroundings, std::vector<Uri>& own_routes) {
  std::optional<NextHop> named;
  while (const auto value = request.first_value(HeaderId::route)) {
    const auto route = parse_name_addr(*value);
    if (!route) return route.error();
    // We open no WebSockets: such a Route is a browser's name for the server it is connected to.
    const bool own = surroundings.is_own(route->uri) || is_web_socket(hop_of(route->uri).transport.value_or(Transport::udp));
    const bool outbound = route->uri.params.has("sipml5-outbound");
    if (!own && !outbound) break;
    if (own) own_routes.push_back(route->uri);
    if (outbound && !own && !named) named = hop_of(route->uri);
    request.pop_value(HeaderId::route);
  }
  if (named) return *named;
  if (const auto value = request.first_value(HeaderId::route)) return hop_of(parse_name_addr(*value)->uri);
  if (surroundings.outbound_proxy) return *surroundings.outbound_proxy;
  const auto uri = parse_uri(request.request_uri());
  if (!uri) return uri.error();
  return hop_of(*uri);
}

void push_via(Message& request, const Target& target, std::string branch) {
  Via via;
  via.transport = std::string(via_token(target.transport));
  via.host = target.local.ip.to_uri_host();
  via.port = target.local.port;
  via.params.set("branch", std::move(branch));
  via.params.set("rport", std::nullopt);  // RFC 3581
  request.prepend(HeaderId::via, via.to_string());
}

void append_warning(Message& response, std::string_view text) {
  std::string value = "399 webrtc2sip \"";
  for (const char c : text) {
    if (c == '"' || c == '\\') value += '\\';
    value += c;
  }
  response.append(HeaderId::warning, value + '"');
}

void set_address(Uri& uri, const Endpoint& address, Transport transport, bool secure) {
  secure = secure && (transport == Transport::tls || transport == Transport::wss);
  if (secure) transport = transport == Transport::tls ? Transport::tcp : Transport::ws;
  uri.scheme = secure ? "sips" : "sip";
  uri.host = address.ip.to_uri_host();
  uri.port = address.port;
  uri.params.set("transport", std::string(uri_token(transport)));
}

}  // namespace w2s::sip
