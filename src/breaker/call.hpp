#pragma once
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "challenge_relay.hpp"
#include "end_cause.hpp"
#include "leg_state.hpp"
#include "redirection.hpp"
#include "w2s/breaker/breaker.hpp"
#include "w2s/sip/digest.hpp"
#include "w2s/sip/replaces.hpp"

namespace w2s::breaker {

// Why a request of ours is under way, and whom its outcome answers.
struct Pending {
  enum class Kind { invite, reinvite, bye, relay, key } kind = Kind::relay;
  leg::Side side = leg::Side::b;                   // the leg it is sent on
  sip::Message request;                            // without Via
  sip::ServerTransactionId answers{};              // relay, reinvite: the peer's request that waits for the outcome
  sip::Message answered_request;                   // that request
  bool sent = false;
  IpAddress sent_to;                               // its responses come from there
  std::string sent_to_name;                        // the name that was resolved, else the address
  int answered_challenges = 0;
  bool finished = false;                           // a final response came; kept for repeated 2xx
};

// What calls share.
// The other side of a dialog that a Replaces names: what that peer's dialog with us is called.
struct Counterpart {
  sip::Replaces replaces;
  sip::Uri known_as;              // our Contact in the dialog that was named
  std::string browser;            // binding token of that dialog's peer; empty: a phone
  std::optional<sip::Uri> peer;   // where the other side is reached directly; nullopt: a browser, reached through us only
};

struct Context {
  const Options& options;
  Rng& rng;
  Log& log;
  std::uint64_t& last_request_id;
  // Of a Replaces that names a dialog of ours by our tag and its peer's.
  std::function<std::optional<Counterpart>(const sip::Replaces&)> counterpart;
};

// One call of two legs. Its parts are in call_setup.cpp, call_modify.cpp, call_relay.cpp, call_auth.cpp, call_end.cpp.
class Call {
 public:
  // `earlier`: this INVITE is the caller's answer to a challenge, and leg b goes on under its old name.
  Call(Context context, leg::MediaId media, NewCall setup, std::optional<LegIdentity> earlier);

  leg::MediaId media() const { return media_; }
  bool ended() const { return state_ == State::ended; }
  bool settled() const;
  bool gone() const {
    return state_ == State::ended && pending_.empty() && !a_.awaited_ack && !b_.awaited_ack && !awaited_bye_;
  }
  // Dialog halves (Call-ID, our tag) and requests that lead to this call.
  std::vector<std::pair<std::string, std::string>> dialog_keys() const;
  const std::map<sip::RequestId, Pending>& pending() const { return pending_; }
  sip::ServerTransactionId invite_transaction() const { return invite_id_; }
  std::optional<Counterpart> counterpart(leg::Side side, const sip::Replaces& named) const;
  // The INVITE that ended with a challenge to the caller, once.
  std::optional<std::pair<ChallengedInvites::Key, LegIdentity>> take_challenged() { return std::exchange(challenged_, {}); }

  // call_setup.cpp
  void start(Time now, Outputs& out);
  void on_leg_opened(Time now, const leg::LegOpened& opened, Outputs& out);
  void on_cancel(Time now, std::vector<sip::Field> reasons, Outputs& out);
  // call.cpp
  void on_request(Time now, leg::Side side, sip::ServerTransactionId id, const sip::Message& request,
                  const sip::Target& source, Outputs& out);
  void on_route(Time now, sip::RequestId id, const sip::Egress& egress, Outputs& out);
  void on_route_failed(Time now, sip::RequestId id, const sip::RouteFailure& failure, Outputs& out);
  void on_response(Time now, sip::RequestId id, const sip::Message& response, Outputs& out);
  void on_failed(Time now, sip::RequestId id, sip::ClientFailure cause, Outputs& out);
  void on_ended(sip::RequestId id) { pending_.erase(id); }
  void on_time(Time now, Outputs& out);
  std::optional<Time> next_time() const;
  // call_end.cpp
  void on_flow_closed(Time now, sip::FlowId flow);
  void on_media_event(Time now, const leg::Event& event, Outputs& out);
  void end(Time now, const EndCause& cause, Outputs& out, std::optional<leg::Side> except = {});

 private:
  enum class State {
    opening,    // media is being reserved, the route looked up
    inviting,   // the INVITE is out on leg b
    early,      // a 101-199 was passed to leg a
    connected,  // 200 was sent on leg a
    ended,
  };

  LegState& leg(leg::Side side) { return side == leg::Side::a ? a_ : b_; }

  // call.cpp: sending and answering
  sip::RequestId send(Pending pending, Outputs& out);
  void transmit(sip::RequestId id, Pending& pending, const sip::Egress& egress, Outputs& out);
  sip::NextHop hop_to(const LegState& leg) const;
  void respond(sip::ServerTransactionId id, sip::Message response, Outputs& out);
  sip::Message response_to(const LegState& leg, const sip::Message& request, int status,
                           std::string_view reason = {}) const;
  void answer_2xx(Time now, LegState& leg, sip::ServerTransactionId id, sip::Message response, Outputs& out);
  void acknowledge(LegState& leg, const sip::Message& response, Outputs& out);
  // The headers of `received` that may cross, from the leg it came on into `sent` of the other leg.
  void pass_headers(const LegState& from, const sip::Message& received, sip::Message& sent) const;
  bool trusts(const LegState& leg) const;
  void apply_plans(Outputs& out);
  void log_state(std::string_view event, std::initializer_list<LogField> fields) const;

  // call_setup.cpp
  void try_invite(Time now, Outputs& out);
  sip::Message make_invite() const;
  void on_invite_provisional(const sip::Message& response, Outputs& out);
  void on_invite_success(Time now, Pending& pending, const sip::Message& response, Outputs& out);
  void on_invite_failure(const Pending& pending, const sip::Message& response, Outputs& out);
  bool take_answer(const sip::Message& response, std::string& problem);
  void reject(Time now, int status, std::string_view reason, std::string_view warning, Outputs& out);
  void drop_fork(const sip::Message& response, Outputs& out);

  // call_auth.cpp
  std::optional<sip::RouteFailure> take_credentials();
  void use_account(const Pending& pending, const std::vector<sip::Challenge>& challenges);
  void pass_authorizations(const LegState& from, const sip::Message& received, sip::Message& sent) const;
  // Sends `pending` again with credentials. False: it was not possible, `refusal` says why when that must be told.
  bool answer_challenge(Pending& pending, const sip::Message& response, std::optional<sip::RouteFailure>& refusal,
                        Outputs& out);

  // call_redirect.cpp
  bool follow_redirect(const Pending& pending, const sip::Message& response, Outputs& out);

  // call_refer.cpp
  void map_refer_to(const LegState& from, sip::Message& refer) const;
  void map_replaces(const sip::Message& received, sip::Message& invite) const;
  void remember_refer(const Pending& pending);
  void map_refer_event(const LegState& from, sip::Message& notify) const;

  // call_modify.cpp
  void on_offer(Time now, LegState& from, sip::ServerTransactionId id, const sip::Message& request, Outputs& out);
  void answer_locally(Time now, LegState& leg, sip::ServerTransactionId id, const sip::Message& request, Outputs& out);
  void on_reinvite_response(Time now, Pending& pending, const sip::Message& response, Outputs& out);
  void modification_failed(LegState& from, int status, std::string_view reason, Outputs& out);
  void renegotiate_a(Outputs& out);
  std::string answer_to(LegState& leg, leg::Direction direction);

  // call_relay.cpp
  void relay(LegState& from, sip::ServerTransactionId id, const sip::Message& request, Outputs& out);
  void on_info(Time now, LegState& from, sip::ServerTransactionId id, const sip::Message& request, Outputs& out);
  void ask_for_key_frame(Time now, LegState& to, const sip::Message& request, Outputs& out);
  void on_key_pressed(const leg::KeyPressed& key, Outputs& out);
  void send_key(LegState& to, Outputs& out);
  void on_key_sent(LegState& to, Outputs& out);
  void on_relay_response(const Pending& pending, const sip::Message& response, Outputs& out);

  // call_end.cpp
  bool browser_answers_byes() const;
  void await_bye(Time now, sip::ServerTransactionId id, const sip::Message& request);
  void on_bye_deadline(Time now, Outputs& out);
  void on_bye_response(Time now, const Pending& bye, const sip::Message& response, Outputs& out);
  void on_bye(Time now, LegState& from, sip::ServerTransactionId id, const sip::Message& request, Outputs& out);
  void bye(LegState& leg, const EndCause& cause, Outputs& out);
  void close(std::string_view cause, Outputs& out);
  void move_to(LegState& leg, sip::FlowId flow, Outputs& out);
  void look_for_lost_browsers(Time now, Outputs& out);

  Context context_;
  leg::MediaId media_;
  NewCall setup_;
  State state_ = State::opening;
  LegState a_, b_;
  sip::ServerTransactionId invite_id_;
  std::map<sip::RequestId, Pending> pending_;
  std::optional<sip::RequestId> invite_request_;      // of leg b, the newest
  bool route_known_ = false;
  sip::Egress route_;                                 // of the INVITE on leg b
  bool answered_a_ = false;                           // SDP went to leg a, in a 18x or the 200
  std::string early_tag_;                             // To tag of the fork whose answer leg a was given
  std::optional<sdp::OfferAnswer> offered_b_;         // leg b's state before any answer, for other forks
  bool renegotiate_a_ = false;                        // the 183's answer does not fit the fork that won
  std::set<std::string> dropped_forks_;
  std::optional<sip::DigestClient> digest_;
  std::string answered_realm_;
  std::optional<LegIdentity> earlier_;
  // A BYE of the browser that hears what it meets on leg b, or has heard a challenge and may come again.
  struct AwaitedBye {
    sip::ServerTransactionId id;
    sip::Message request;
    Time until;
    bool challenged = false;
  };
  std::optional<AwaitedBye> awaited_bye_;
  std::optional<std::pair<ChallengedInvites::Key, LegIdentity>> challenged_;
  std::optional<Redirection> redirection_;
  // RFC 3515 2.4.6: an Event id is the CSeq of its REFER, which is another one on each leg.
  struct Referral {
    leg::Side sent_on;
    std::uint32_t sent, received;
  };
  std::deque<Referral> referrals_;                    // the newest few
  std::vector<leg::Codec> codecs_;                    // what both legs share now
};

// Codecs of `offered` that can be relayed and that the configuration allows.
std::vector<leg::Codec> usable(const std::vector<leg::Codec>& offered, const Options& options);
// Whether the sender of `message` takes requests of this method: its Allow says so, or it has none (RFC 3261 20.5).
bool allows(const sip::Message& message, std::string_view method);
constexpr std::string_view allowed_methods = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, REFER, NOTIFY, MESSAGE";

}  // namespace w2s::breaker
