#include "w2s/breaker/admission.hpp"

#include <algorithm>

#include "w2s/base/encoding.hpp"
#include "w2s/sdp/offer_answer.hpp"

namespace w2s::breaker {

namespace {

// What the Contact's `rtcweb-breaker` says; empty when it says nothing.
std::string wish_of(const sip::Message& invite) {
  const auto contacts = invite.contacts();
  if (!contacts || contacts->empty()) return {};
  return to_lower(contacts->front().uri.params.get("rtcweb-breaker").value_or(""));
}

// The offer's kind; nullopt without an offer, or with one that cannot be read (the far side may judge it).
std::optional<leg::Kind> offered(const sip::Message& invite) {
  if (invite.body().empty()) return std::nullopt;
  const auto kind = sdp::OfferAnswer::kind_of(invite.body());
  return kind ? std::optional(*kind) : std::nullopt;
}

}  // namespace

Mode Admission::mode_at(const sip::Target& flow) const {
  const auto found = std::find_if(listeners.begin(), listeners.end(), [&](const Listener& listener) {
    return listener.transport == flow.transport && listener.port == flow.local.port &&
           (!listener.address || *listener.address == flow.local.ip);
  });
  return found == listeners.end() ? mode : found->mode;
}

bool Admission::takes_from_browser(const sip::Message& invite, const sip::Target& flow) const {
  const auto wish = wish_of(invite);
  if (wish == "yes") return true;
  switch (mode_at(flow)) {
    case Mode::client: return false;
    case Mode::automatic: return wish != "no" && offered(invite) == leg::Kind::web;
    case Mode::always: return true;
  }
  return false;
}

bool Admission::takes_to_browser(const sip::Message& invite, bool asked_for, const sip::Target& flow) const {
  if (asked_for) return true;
  switch (mode_at(flow)) {
    case Mode::client: return false;
    case Mode::automatic: return offered(invite) == leg::Kind::phone;
    case Mode::always: return true;
  }
  return false;
}

}  // namespace w2s::breaker
