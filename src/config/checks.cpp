#include "checks.hpp"

#include <algorithm>

namespace w2s::config {
namespace {

bool over_udp(Transport transport) {
  return transport == Transport::udp;
}

std::string_view name(Transport transport) {
  switch (transport) {
    case Transport::udp: return "udp";
    case Transport::tcp: return "tcp";
    case Transport::tls: return "tls";
    case Transport::ws: return "ws";
    case Transport::wss: return "wss";
  }
  return {};
}

unsigned line_of(const Draft& draft, std::string_view entry) {
  const auto found = draft.first_lines.find(entry);
  return found == draft.first_lines.end() ? 0 : found->second;
}

// Ports that one entry binds on one IP protocol; `count` is more than one for the pumps of ice-transport.
struct Binding {
  std::string what;
  unsigned line;
  bool udp;
  std::optional<IpAddress> address;
  unsigned port;
  unsigned count;
};

// `*` binds every address. An unspecified address does too: 0.0.0.0 of IPv4, :: of both families.
bool addresses_overlap(const std::optional<IpAddress>& a, const std::optional<IpAddress>& b) {
  if (!a || !b) return true;
  if (*a == *b) return true;
  if (a->is_unspecified()) return a->is_v6() || b->is_v4();
  if (b->is_unspecified()) return b->is_v6() || a->is_v4();
  return false;
}

bool collide(const Binding& a, const Binding& b) {
  return a.udp == b.udp && addresses_overlap(a.address, b.address) && a.port < b.port + b.count &&
         b.port < a.port + a.count;
}

std::vector<Binding> bindings_of(const Draft& draft) {
  const auto& config = draft.result.config;
  std::vector<Binding> bindings;
  for (std::size_t i = 0; i < config.listeners.size(); ++i) {
    const auto& listener = config.listeners[i];
    if (!listener.port) continue;
    bindings.push_back({std::string{name(listener.transport)} + " transport", draft.listener_lines[i],
                        over_udp(listener.transport), listener.address, *listener.port, 1});
  }
  if (config.ice_transport.port)
    bindings.push_back({"ice-transport", line_of(draft, "ice-transport"), true, config.ice_transport.address,
                        *config.ice_transport.port, config.media_threads.value_or(1)});
  return bindings;
}

std::string on_line(unsigned line) {
  return line == 0 ? " (by default)" : " on line " + std::to_string(line);
}

void check_collisions(Draft& draft) {
  const auto bindings = bindings_of(draft);
  // Sorted by port, so that a file of many listeners is not compared pair by pair.
  auto sorted = bindings;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Binding& a, const Binding& b) { return a.port < b.port; });
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    for (std::size_t k = i + 1; k < sorted.size() && sorted[k].port < sorted[i].port + sorted[i].count; ++k) {
      if (!collide(sorted[i], sorted[k])) continue;
      const auto& [first, second] = std::minmax(
          sorted[i], sorted[k], [](const Binding& a, const Binding& b) { return a.line < b.line; });
      draft.result.errors.push_back({second.line, second.what + ": " + (second.udp ? "UDP" : "TCP") +
                                                      " port " + std::to_string(second.port) +
                                                      " is taken by the " + first.what + on_line(first.line) +
                                                      "; give one of them another port"});
      break;
    }
  }
}

void check_pump_ports(Draft& draft) {
  const auto& config = draft.result.config;
  if (!config.ice_transport.port || !config.media_threads) return;
  if (*config.ice_transport.port + *config.media_threads - 1 > 65535)
    draft.result.errors.push_back({line_of(draft, "ice-transport"),
                                   "ice-transport: each of the " + std::to_string(*config.media_threads) +
                                       " media-threads takes the next port, and they end at 65535"});
}

bool listens(const Config& config, std::initializer_list<Transport> kinds) {
  return std::any_of(config.listeners.begin(), config.listeners.end(), [&](const Listener& listener) {
    return std::find(kinds.begin(), kinds.end(), listener.transport) != kinds.end();
  });
}

void check_reachability(Draft& draft) {
  auto& [file, config, errors, warnings] = draft.result;
  // An entry that was refused has said so; then the list is not what its author meant.
  const bool given = draft.first_lines.contains("transport");
  if (!given)
    errors.push_back(
        {0, "there is no transport entry, so nothing would listen; add <transport>ws;*;10060</transport>"});
  if (config.listeners.empty()) return;
  if (!listens(config, {Transport::ws, Transport::wss}))
    warnings.push_back({0, "no transport is ws or wss, so no browser can connect"});
  if (!listens(config, {Transport::udp, Transport::tcp, Transport::tls}))
    warnings.push_back({0, "no transport is udp, tcp or tls, so nothing can be sent to a SIP network"});
  if (config.outbound_proxy && !listens(config, {config.outbound_proxy->transport}))
    errors.push_back(
        {line_of(draft, "outbound-proxy"), "outbound-proxy: without a transport entry of kind " +
                                               std::string{name(config.outbound_proxy->transport)} +
                                               " it cannot be reached; add one"});
}

void check_accounts(Draft& draft) {
  auto& [file, config, errors, warnings] = draft.result;
  const bool any = std::any_of(config.accounts.begin(), config.accounts.end(), [](const auto& a) { return a.server.empty(); });
  if (!any || draft.first_lines.contains("outbound-proxy")) return;  // one that was refused has said so
  errors.push_back({line_of(draft, "account"),
                    "account: without an outbound-proxy each account must name its server in a fourth field"});
}

// Of all its entries together, which append to one another.
void check_codecs(Draft& draft) {
  auto& [file, config, errors, warnings] = draft.result;
  if (draft.codecs_refused || std::any_of(config.codecs.begin(), config.codecs.end(), is_audio)) return;
  errors.push_back({line_of(draft, "codecs"),
                    "codecs: none is an audio codec that is relayed, so every call would fail; add opus, pcma, pcmu or g722"});
}

}  // namespace

void check_together(Draft& draft) {
  check_accounts(draft);
  check_codecs(draft);
  check_collisions(draft);
  check_pump_ports(draft);
  check_reachability(draft);
}

}  // namespace w2s::config
