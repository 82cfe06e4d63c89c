// Which calls the breaker takes, and what it does itself in them.
#include "fields.hpp"
#include "readers.hpp"

namespace w2s::config {

namespace {

std::optional<BreakerMode> read_mode(const Entry& entry, std::string_view text) {
  return read_keyword<BreakerMode>(entry, text,
                                   {{"client", BreakerMode::client},
                                    {"auto", BreakerMode::automatic},
                                    {"always", BreakerMode::always}});
}

}  // namespace

void read_breaker(const Entry& entry) {
  if (const auto mode = read_mode(entry, entry.value)) entry.config().breaker = *mode;
}

void read_refer(const Entry& entry) {
  const auto mode = read_keyword<ReferMode>(entry, entry.value,
                                            {{"relay", ReferMode::relay},
                                             {"local", ReferMode::local},
                                             {"auto", ReferMode::automatic}});
  if (mode) entry.config().refer = *mode;
}

bool read_breaker_field(const Entry& entry, std::string_view text, Listener& listener) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos || !iequals(trim(text.substr(0, equals)), "breaker")) {
    entry.error("the fourth field " + in_quotes(text) + " is not known here; write breaker=client|auto|always");
    return false;
  }
  if (listener.transport != Transport::ws && listener.transport != Transport::wss) {
    entry.error("breaker= is about the browsers that connect there; only ws and wss can have it");
    return false;
  }
  if (!listener.port) {  // calls are told apart by the port that their browser connected to
    entry.error("with breaker= the port must be named");
    return false;
  }
  listener.breaker = read_mode(entry, trim(text.substr(equals + 1)));
  return listener.breaker.has_value();
}

}  // namespace w2s::config
