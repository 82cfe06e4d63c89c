#include "w2s/sip/via_routing.hpp"

namespace w2s::sip {

void add_received(Message& request, const Target& source) {
  // Answers to a WebSocket go back over it (RFC 7118 5), and its client gets its Via back byte for byte.
  if (is_web_socket(source.transport)) return;
  auto via = request.top_via();
  if (!via) return;
  const bool rport = via->params.has("rport");
  const auto sent_by = IpAddress::parse(via->host);
  const bool elsewhere = !sent_by || *sent_by != source.remote.ip;
  if (!elsewhere && !rport && !via->params.has("received")) return;
  via->params.set("received", source.remote.ip.to_string());
  if (rport) via->params.set("rport", std::to_string(source.remote.port));
  request.replace_value(HeaderId::via, 0, via->to_string());
}

Target response_target(const Via& via, const Target& source) {
  auto target = source;
  if (source.flow == FlowId::none && !via.params.has("rport")) target.remote.port = via.port.value_or(5060);
  return target;
}

std::optional<Target> reconnect_target(const Via& via, const Target& source) {
  if (source.transport != Transport::tcp && source.transport != Transport::tls) return std::nullopt;
  const bool tls = source.transport == Transport::tls;
  Target target;
  target.transport = source.transport;
  target.remote = {source.remote.ip, via.port.value_or(tls ? 5061 : 5060)};
  if (tls && !IpAddress::parse(via.host)) target.host = via.host;
  return target;
}

}  // namespace w2s::sip
