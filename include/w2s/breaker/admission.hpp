#pragma once
#include <optional>
#include <vector>

#include "w2s/sip/message.hpp"
#include "w2s/sip/target.hpp"

namespace w2s::breaker {

// Who decides that a call goes through the breaker (config entry breaker).
enum class Mode {
  client,     // the browser: `rtcweb-breaker=yes` in its Contact
  automatic,  // and the gateway, where the two sides' media could not meet: WebRTC from a browser, no WebRTC to one
  always,     // every call from or to a browser
};

// Which INVITEs of and to browsers are the breaker's. Pure data and questions.
struct Admission {
  struct Listener {                    // a ws or wss listener with a mode of its own
    sip::Transport transport = sip::Transport::ws;
    std::optional<IpAddress> address;  // nullopt: any
    std::uint16_t port = 0;
    Mode mode = Mode::client;
  };
  Mode mode = Mode::client;            // of all other listeners
  std::vector<Listener> listeners;

  // `flow`: the browser's connection; its transport and `local` tell the listener.
  Mode mode_at(const sip::Target& flow) const;
  // An INVITE that came from a browser on `flow`.
  bool takes_from_browser(const sip::Message& invite, const sip::Target& flow) const;
  // An INVITE to the browser on `flow`, whose registered Contact says `rtcweb-breaker=yes` or not.
  bool takes_to_browser(const sip::Message& invite, bool asked_for, const sip::Target& flow) const;
};

}  // namespace w2s::breaker
