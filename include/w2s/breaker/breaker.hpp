#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "w2s/base/log.hpp"
#include "w2s/base/rng.hpp"
#include "w2s/base/time.hpp"
#include "w2s/breaker/admission.hpp"
#include "w2s/leg/leg.hpp"
#include "w2s/sip/session_timer.hpp"
#include "w2s/sip/transaction_user.hpp"

namespace w2s::breaker {

using Output = std::variant<sip::FindRoute, sip::SendRequest, sip::CancelRequest, sip::Respond, sip::HoldFlow,
                            leg::OpenLeg, leg::OpenVideo, leg::LegPlan, leg::SendDtmf, leg::RequestKeyFrame, leg::ReplaceLeg, leg::DropLeg, leg::CloseMedia>;
using Outputs = std::vector<Output>;

// Credentials of a user for the challenges of one server (config entry account).
struct Account {
  std::string user, realm;
  Redacted<std::string> ha1;
  std::string server;                       // name or address; the digest is told to nobody else
};

// One side of a new call as the owner sees it.
struct Party {
  leg::Kind kind = leg::Kind::phone;        // b: what to offer; a: taken from its offer
  sip::FlowId flow = sip::FlowId::none;     // a browser's
  std::string binding_token;                // finds the browser again after a WebSocket loss; empty: a phone
  sip::NameAddr contact;                    // ours towards this party; b: its address is set when the route is known
};

// Where a call goes that the gateway makes itself.
struct Destination {
  Party party;                              // without its contact
  std::string request_uri;
  sip::NextHop hop;
  std::vector<std::string> routes{};
};

// Who carries out a REFER in the call (config entry refer).
enum class ReferMode {
  relay,      // the other peer
  local,      // the gateway
  automatic,  // the other peer if it can, else the gateway
};

struct Options {
  Admission admission;                      // config entries breaker and transport
  bool allow_insecure_ha1 = false;          // config entry allow-insecure-ha1
  bool dtmf_info_to_rtp = true;             // dtmf-type rfc4733; false: INFO stays INFO
  bool secure_media = true;                 // srtp-mode none: a browser's offer is refused with 488
  std::vector<std::string> codecs;          // that may be used, by sdp::config_name(); empty: all that can be relayed
  Duration websocket_grace = 60s;           // that an answered call outlives the WebSocket of its browser
  bool reliable_provisionals = false;       // enable-100rel: asked for on leg b, given to leg a that can take them
  sip::SessionTimer::Options session;       // session-expires
  bool follow_redirects = false;            // config entry redirects
  ReferMode refer = ReferMode::relay;
  std::vector<Account> accounts;
  std::size_t max_calls = 0;                // 0: no limit; beyond it 503 with Retry-After
  std::string user_agent = "webrtc2sip";
  // The flow on which the browser with this binding token is reached now; none while it is away.
  std::function<sip::FlowId(const std::string& token)> flow_of_binding;
  std::function<bool(sip::FlowId)> is_open;
  // A SIP server that the browser with this binding token registered with, or the outbound proxy.
  std::function<bool(const std::string& token, const IpAddress& peer)> trusts;
  // Where a call to `target` goes; nullopt: it names this gateway, but no browser that is here.
  std::function<std::optional<Destination>(const sip::Uri& target)> destination_of;
  // `peer` answered a REGISTER of this browser with 2xx, and that registration stands.
  std::function<bool(const std::string& token, const IpAddress& peer)> registered_at;
};

struct NewCall {
  sip::ServerTransactionId id{};
  sip::Message invite;                      // as received, Routes of ours taken out
  sip::Target source;
  Party a, b;
  std::string request_uri;                  // of the INVITE on leg b
  sip::NextHop hop;                         // where it goes
  std::string realm;                        // of the challenge that the caller's REGISTER met here; may be empty
};

class Call;

// The RTCWeb Breaker: a b2bua (RFC 3261, 7092) whose calls have two legs, each with its own dialog, offer/answer state
// and media. It decides everything and does nothing: it returns what is to be sent, opened or connected.
class Breaker {
 public:
  Breaker(Options options, Rng& rng, Log& log);
  ~Breaker();

  const Admission& admission() const;
  // A request, ACK too, that belongs to a dialog of one of our calls.
  bool owns(const sip::Message& request) const;

  [[nodiscard]] Outputs on_new_call(Time now, NewCall call);
  [[nodiscard]] Outputs on_request(Time now, sip::ServerTransactionId id, const sip::Message& request,
                                   const sip::Target& source);  // in-dialog; ACK: id none
  // The caller cancelled its INVITE, or is gone; `reasons` go into the CANCEL.
  [[nodiscard]] Outputs on_cancel(Time now, sip::ServerTransactionId id, std::vector<sip::Field> reasons);
  [[nodiscard]] Outputs on_route(Time now, sip::RequestId id, const sip::Egress& egress);
  [[nodiscard]] Outputs on_route_failed(Time now, sip::RequestId id, const sip::RouteFailure& failure);
  [[nodiscard]] Outputs on_response(Time now, sip::RequestId id, const sip::Message& response);
  [[nodiscard]] Outputs on_failed(Time now, sip::RequestId id, sip::ClientFailure cause);
  [[nodiscard]] Outputs on_ended(Time now, sip::RequestId id);
  // A browser's WebSocket is gone.
  [[nodiscard]] Outputs on_flow_closed(Time now, sip::FlowId flow);
  [[nodiscard]] Outputs on_leg_opened(Time now, const leg::LegOpened& opened);
  [[nodiscard]] Outputs on_media_event(Time now, const leg::Event& event);
  [[nodiscard]] Outputs on_time(Time now);
  std::optional<Time> next_time() const;
  // BYE and CANCEL to everybody, for an orderly stop.
  [[nodiscard]] Outputs end_all(Time now, std::string_view cause);
  std::size_t calls() const;          // going on
  std::size_t records() const;        // and those that ended, while their transactions may still ask for them
  std::size_t requests() const;       // of those calls, whose outcome they want to hear
  bool settled() const;               // no call goes on and nothing of an ended one awaits an answer

 private:
  struct State;
  std::unique_ptr<State> state_;
  Outputs finish(Call& call, Outputs outputs);
};

}  // namespace w2s::breaker
