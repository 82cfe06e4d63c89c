#pragma once
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "call_context.hpp"
#include "challenge_relay.hpp"
#include "end_cause.hpp"
#include "leg_state.hpp"
#include "pending.hpp"
#include "redirection.hpp"
#include "transfer.hpp"
#include "w2s/breaker/breaker.hpp"
#include "w2s/sip/digest.hpp"

namespace w2s::breaker {

// One call of two legs. Its parts: call_requests.cpp and call_responses.cpp (who deals with what), call_setup.cpp (INVITE),
// call_early.cpp (18x, PRACK), call_auth.cpp, call_modify.cpp (offers in the call), call_glare.cpp (when they may go out),
// call_session.cpp (session timers), call_relay.cpp, call_refer.cpp (REFER passed on), call_transfer.cpp (REFER carried
// out here), call_former.cpp (legs that come and go), call_time.cpp, call_end.cpp.
class Call {
 public:
  // `earlier`: this INVITE is the caller's answer to a challenge, and leg b goes on under its old name.
  Call(Context context, leg::MediaId media, NewCall setup, std::optional<LegIdentity> earlier);

  leg::MediaId media() const { return media_; }
  bool ended() const { return state_ == State::ended; }
  bool settled() const;
  bool gone() const { return state_ == State::ended && pending_.empty() && !a_.awaited_ack && !b_.awaited_ack && !awaited_bye_; }
  // What leads a request to this call.
  struct DialogKey {
    std::string call_id, local_tag;
    leg::Side side;
    bool operator==(const DialogKey&) const = default;
  };
  std::vector<DialogKey> dialog_keys() const;
  sip::ServerTransactionId invite_transaction() const { return invite_id_; }
  std::optional<Counterpart> counterpart(leg::Side side, const sip::Replaces& named) const;
  // Requests of which this call wants to hear no more, once.
  std::vector<sip::RequestId> take_forgotten() { return std::exchange(forgotten_, {}); }
  // The INVITE that ended with a challenge to the caller, once.
  std::optional<std::pair<ChallengedInvites::Key, LegIdentity>> take_challenged() { return std::exchange(challenged_, {}); }

  // call_setup.cpp
  void start(Time now, Outputs& out);
  void on_leg_opened(Time now, const leg::LegOpened& opened, Outputs& out);
  void on_cancel(Time now, std::vector<sip::Field> reasons, Outputs& out);
  // call_requests.cpp
  void on_request(Time now, leg::Side side, sip::ServerTransactionId id, const sip::Message& request,
                  const sip::Target& source, Outputs& out);
  // call_responses.cpp
  void on_route_failed(Time now, sip::RequestId id, const sip::RouteFailure& failure, Outputs& out);
  void on_response(Time now, sip::RequestId id, const sip::Message& response, Outputs& out);
  void on_failed(Time now, sip::RequestId id, sip::ClientFailure cause, Outputs& out);
  // call.cpp
  void on_route(Time now, sip::RequestId id, const sip::Egress& egress, Outputs& out);
  void on_ended(sip::RequestId id) { forget(id); }
  // call_time.cpp
  void on_time(Time now, Outputs& out);
  std::optional<Time> next_time() const;
  // call_end.cpp
  void on_flow_closed(Time now, sip::FlowId flow);
  void on_media_event(Time now, const leg::Event& event, Outputs& out);
  void end(Time now, const EndCause& cause, Outputs& out, std::optional<leg::Side> except = {});
  // call_former.cpp; after every event
  void forget_former_legs();

 private:
  enum class State {
    opening,    // media is being reserved, the route looked up
    inviting,   // the INVITE is out on leg b
    early,      // a 101-199 was passed to leg a
    answering,  // leg b's 200 came; leg a's waits for a PRACK
    connected,  // 200 was sent on leg a
    ended,
  };

  LegState& leg(leg::Side side) { return side == leg::Side::a ? a_ : b_; }
  LegState& other(const LegState& leg) { return leg.side == leg::Side::a ? b_ : a_; }
  const LegState& other(const LegState& leg) const { return leg.side == leg::Side::a ? b_ : a_; }

  // call.cpp: sending and answering
  LegState make_leg(leg::Side side, const Party& party) const;
  sip::Dialog* dialog_of(const Pending& pending);
  sip::RequestId send(Pending pending, Outputs& out);
  sip::RequestId send_again(const Pending& pending, Outputs& out);
  void forget(sip::RequestId id);
  void open_media(LegState& leg, const sip::Target& peer, Outputs& out);
  void transmit(sip::RequestId id, Pending& pending, const sip::Egress& egress, Outputs& out);
  sip::NextHop hop_to(const LegState& leg, const sip::Dialog* dialog) const;
  void respond(sip::ServerTransactionId id, sip::Message response, Outputs& out);
  sip::Message response_to(const LegState& leg, const sip::Message& request, int status,
                           std::string_view reason = {}) const;
  void acknowledge(const Pending& invite, const sip::Message& response, Outputs& out);
  // The headers of `received` that may cross, from the leg it came on into `sent` of the other leg.
  void pass_headers(const LegState& from, const sip::Message& received, sip::Message& sent) const;
  bool trusts(const LegState& leg) const;
  void apply_plans(Outputs& out);
  void log_state(std::string_view event, std::initializer_list<LogField> fields) const;

  // call_time.cpp
  void answer_2xx(Time now, LegState& leg, sip::ServerTransactionId id, sip::Message response, Outputs& out);
  void repeat_2xx(Time now, LegState& leg, Outputs& out);

  // call_requests.cpp
  bool refuse_extensions(const LegState& leg, sip::ServerTransactionId id, const sip::Message& request, Outputs& out);
  sip::Dialog* dialog_with(LegState& leg, const sip::Message& request);
  void on_new_request(Time now, LegState& from, sip::ServerTransactionId id, const sip::Message& request, Outputs& out);
  bool& allows_update(LegState& from, const sip::Message& request);
  void on_ack(Time now, LegState& from, const sip::Message& ack, Outputs& out);
  void move_to(LegState& leg, sip::FlowId flow, Outputs& out);

  // call_responses.cpp
  void on_final(Time now, Pending pending, const sip::Message& response, Outputs& out);
  void request_failed(Time now, Pending pending, const sip::RouteFailure& failure, Outputs& out);

  // call_setup.cpp
  void try_invite(Time now, Outputs& out);
  sip::Message new_invite(const LegState& leg, const std::string& request_uri, std::string_view from, std::string_view to,
                          std::uint32_t cseq, int hops) const;
  sip::Message make_invite();
  bool take_offer(Outputs& out);
  bool take_answer(const sip::Message& response, std::string& problem);
  void follow_fork(const sip::Message& response);
  void on_invite_success(Time now, Pending& pending, const sip::Message& response, Outputs& out);
  void answer_a(Time now, Outputs& out);
  void on_invite_failure(const Pending& pending, const sip::Message& response, Outputs& out);
  void reject(int status, std::string_view reason, std::string_view warning, Outputs& out);
  void drop_fork(Pending& invite, const sip::Message& response, Outputs& out);

  // call_early.cpp
  void on_invite_provisional(Time now, const Pending& invite, const sip::Message& response, Outputs& out);
  void remember_progress(Time now, const sip::Message& progress, bool reliable);
  void repeat_progress(Time now, Outputs& out);
  bool take_reliable(const std::string& tag, Fork& fork, const sip::Message& response, Outputs& out);
  bool on_fork_terminated(const std::string& tag);
  std::string early_description(const std::string& tag, const sip::Message& response);
  bool is_reliable_to_a(bool with_description) const;
  void on_prack(Time now, sip::ServerTransactionId id, const sip::Message& request, Outputs& out);
  void take_prack_description(Time now, const sip::Message& prack, sip::Message& response, Outputs& out);

  // call_auth.cpp
  std::optional<sip::RouteFailure> take_credentials();
  void use_account(const Pending& pending, const std::vector<sip::Challenge>& challenges);
  void pass_authorizations(const LegState& from, const sip::Message& received, sip::Message& sent) const;
  // Sends `pending` again with credentials. False: it was not possible, `refusal` says why when that must be told.
  bool answer_challenge(const Pending& pending, const sip::Message& response,
                        std::optional<sip::RouteFailure>& refusal, Outputs& out);

  // call_redirect.cpp
  bool follow_redirect(const Pending& pending, const sip::Message& response, Outputs& out);

  // call_refer.cpp
  std::optional<Counterpart> named_by(const LegState& from, const sip::Replaces& named) const;
  void map_refer_to(const LegState& from, sip::Message& refer) const;
  void map_replaces(const sip::Message& received, sip::Message& invite) const;
  void remember_refer(const Pending& pending);
  void map_refer_event(const LegState& from, sip::Message& notify) const;

  // call_transfer.cpp
  void on_refer(Time now, LegState& from, sip::ServerTransactionId id, const sip::Message& request, Outputs& out);
  bool takes_refer_over(const Pending& relayed, const sip::Message& response);
  void start_transfer(Time now, LegState& from, sip::ServerTransactionId id, const sip::Message& refer, Outputs& out);
  std::optional<Destination> destination_of(const LegState& from, Referral& referral) const;
  LegState make_target(const LegState& from, const Destination& destination);
  const LegState& payer() const;
  sip::Message make_transfer_invite(const Destination& destination, const Referral& referral) const;
  void on_transfer_route(sip::RequestId id, Pending& pending, const sip::Egress& egress, Outputs& out);
  void on_spare_opened(Time now, const leg::LegOpened& opened, Outputs& out);
  void on_transfer_provisional(Time now, const Pending& invite, const sip::Message& response, Outputs& out);
  void on_transfer_success(Time now, Pending& pending, const sip::Message& response, Outputs& out);
  // `refusal`: why its challenge was not answered.
  void on_transfer_failure(Time now, Pending invite, const sip::Message& response, const sip::RouteFailure* refusal, Outputs& out);
  void fail_transfer(Time now, int status, std::string_view reason, Outputs& out);
  void drop_transfer(Time now, int status, std::string_view reason, Outputs& out);
  void tell_referrer(Time now, LegState& referrer, int status, std::string_view reason, Outputs& out);
  void notify(Time now, LegState& referrer, Outputs& out);
  void on_notify_answer(Time now, const Pending& pending, int status, Outputs& out);

  // call_former.cpp
  LegState& leg_of(const Pending& pending);
  LegState& addressee(leg::Side side, const sip::Message& request);
  bool is_present(const LegState& leg) const;
  bool makes_target(const Pending& pending) const;
  bool is_referrer(const LegState& leg) const;
  void replace_leg(Time now, leg::Directions wish, Outputs& out);
  void lose_peer(Time now, LegState& leg, const EndCause& cause, Outputs& out);
  void leave(Time now, LegState& leg, Outputs& out);
  void answer_alone(Time now, LegState& kept, Outputs& out);
  void on_former_request(LegState& from, sip::ServerTransactionId id, const sip::Message& request, Outputs& out);
  // `due`: those whose time for a BYE of their own is over by then; nullopt: all that have some left.
  void hang_up_former_legs(std::optional<Time> due, const EndCause& cause, Outputs& out);

  // call_modify.cpp
  void on_offer(Time now, LegState& from, sip::ServerTransactionId id, const sip::Message& request, Outputs& out);
  void offer_in_200(Time now, LegState& from, sip::ServerTransactionId id, const sip::Message& request, Outputs& out);
  void take_late_answer(Time now, LegState& from, const std::string& body, Outputs& out);
  void answer_offer(Time now, LegState& leg, sip::ServerTransactionId id, const sip::Message& request, Outputs& out,
                    const sip::Message* accepted = nullptr);
  std::string answer_to(LegState& leg, leg::Directions directions);
  bool is_news(const LegState& from, leg::Directions wish, const std::vector<leg::Codec>& codecs, bool new_offer = false) const;
  void answer_modification(Time now, LegState& from, Outputs& out, const sip::Message* accepted = nullptr);
  void send_offer(LegState& to, std::string_view method, std::string offer, bool carries, Outputs& out);
  void on_modify_success(Time now, const Pending& pending, const sip::Message& response, Outputs& out);
  void on_modify_failure(Time now, const Pending& pending, const sip::Message& response, Outputs& out);
  void refuse_modification(LegState& from, int status, std::string_view reason, Outputs& out,
                           const sip::Message* refused = nullptr);

  // call_glare.cpp
  std::optional<sip::Message> refuse_offer(LegState& from, const sip::Message& request);
  bool offer_is_out(const LegState& leg) const;
  bool is_free(const LegState& leg) const;
  bool can_update(const LegState& leg) const;
  bool wait_and_retry(Time now, LegState& leg, const sip::Message& response);
  void carry(LegState& from, Outputs& out);
  bool awaits_video(const LegState& from, Outputs& out);
  void on_video_opened(Time now, LegState& leg, const leg::LegOpened& opened, Outputs& out);
  void continue_offers(Time now, Outputs& out);
  Pending in_dialog(LegState& leg, Pending::Kind kind, std::string_view method);

  // call_session.cpp
  bool refuse_session(LegState& leg, sip::ServerTransactionId id, const sip::Message& request, Outputs& out);
  sip::Message success(Time now, LegState& leg, const sip::Message& request);
  void refresh_sessions(Time now, Outputs& out);
  void on_refresh_response(Time now, const Pending& pending, const sip::Message& response, Outputs& out);

  // call_relay.cpp
  void relay(LegState& from, sip::ServerTransactionId id, const sip::Message& request, Outputs& out);
  void on_info(Time now, LegState& from, sip::ServerTransactionId id, const sip::Message& request, Outputs& out);
  void ask_for_key_frame(Time now, LegState& to, Outputs& out);
  void send_fast_update(Time now, LegState& to, Outputs& out);
  void on_key_pressed(const leg::KeyPressed& key, Outputs& out);
  void send_key(LegState& to, Outputs& out);
  void on_key_sent(LegState& to, Outputs& out);
  void on_relay_response(Time now, const Pending& pending, const sip::Message& response, Outputs& out);

  // call_end.cpp
  bool browser_answers_byes() const;
  void await_bye(Time now, sip::ServerTransactionId id, const sip::Message& request);
  void on_bye_deadline(Time now, Outputs& out);
  void on_bye_response(Time now, const Pending& bye, const sip::Message& response, Outputs& out);
  void on_bye(Time now, LegState& from, sip::ServerTransactionId id, const sip::Message& request, Outputs& out);
  void bye(LegState& leg, const EndCause& cause, Outputs& out);
  void hang_up_b(const EndCause& cause, Outputs& out);
  void close(std::string_view cause, Outputs& out);
  void look_for_lost_browsers(Time now, Outputs& out);

  Context context_;
  leg::MediaId media_;
  NewCall setup_;
  State state_ = State::opening;
  LegState a_, b_;
  sip::ServerTransactionId invite_id_;
  std::map<sip::RequestId, Pending> pending_;
  std::vector<sip::RequestId> forgotten_;             // left pending_ since take_forgotten()
  std::optional<sip::RequestId> invite_request_;      // of leg b, the newest
  bool route_known_ = false;
  sip::Egress route_;                                 // of the INVITE on leg b
  bool offerless_ = false;                            // leg a's INVITE has no offer: ours goes out when b has answered
  std::string description_for_a_;                     // what leg a is told in 18x and 200, once b has answered
  bool told_reliably_ = false;                        // in a reliable 18x
  std::string early_tag_;                             // To tag of the fork whose answer leg a was given
  std::map<std::string, Fork> forks_;                 // by To tag
  sip::ReliableResponses responses_a_;                // reliable 18x of leg a
  struct Progress {
    sip::Message response;                            // the last 18x of leg a
    bool reliable;
    Time next;                                        // when it is to be repeated
  };
  std::optional<Progress> progress_;
  std::optional<sip::Message> success_b_;             // leg b's 200 while leg a's waits
  std::optional<Time> invite_expires_at_;             // Expires of leg a's INVITE
  std::optional<sdp::OfferAnswer> offered_b_;         // leg b's state before any answer, for other forks
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
  struct PassedRefer {
    leg::Side sent_on;
    std::uint32_t sent, received;
  };
  std::deque<PassedRefer> referrals_;                 // the newest few
  std::optional<Transfer> transfer_;
  std::list<FormerLeg> former_;
  std::uint32_t last_number_ = 0;                     // of legs
  std::vector<leg::Codec> codecs_;                    // what both legs share now
};

// Codecs of `offered` that can be relayed and that the configuration allows.
std::vector<leg::Codec> usable(const std::vector<leg::Codec>& offered, const Options& options);
// Whether the sender of `message` takes requests of this method: its Allow says so, or it has none (RFC 3261 20.5).
bool allows(const sip::Message& message, std::string_view method);
// All of those, for an offer of ours to a peer of whom nothing is known.
std::vector<leg::Codec> all_usable(const Options& options);
// A peer that takes `codecs` still takes the codecs that are in use: of those `used` the first of each kind.
bool still_fits(const std::vector<leg::Codec>& used, const std::vector<leg::Codec>& codecs);
// `codecs` without those of video, unless both legs have a place for it.
std::vector<leg::Codec> with_places(std::vector<leg::Codec> codecs, const LegState& leg, const LegState& other);
// Remembers whether this leg's peer takes UPDATE; a message without Allow says nothing.
void note_allow(bool& allows_update, const sip::Message& message);
constexpr std::string_view allowed_methods = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, PRACK, UPDATE, REFER, NOTIFY, MESSAGE";

}  // namespace w2s::breaker
