#pragma once
#include <deque>
#include <optional>
#include <string>

#include "end_cause.hpp"
#include "w2s/base/address.hpp"
#include "w2s/base/time.hpp"
#include "w2s/leg/leg.hpp"
#include "w2s/sdp/offer_answer.hpp"
#include "w2s/sip/dialog.hpp"
#include "w2s/sip/reliable_provisional.hpp"
#include "w2s/sip/session_timer.hpp"
#include "w2s/sip/transaction_user.hpp"

#include "dtmf_info.hpp"
#include "pending.hpp"
#include "referral.hpp"

namespace w2s::breaker {

// A 2xx to an INVITE of ours, repeated until its ACK comes (RFC 3261 13.3.1.4).
struct AwaitedAck {
  sip::ServerTransactionId id;
  sip::Message response;
  Duration interval;
  Time next;
  Time deadline;
};

// An offer of this leg's peer (re-INVITE or UPDATE) that waits for what the other leg says to it.
struct Modification {
  sip::ServerTransactionId id;
  sip::Message request;
  leg::Directions directions_before;               // of LegState; they hold again if the other leg refuses
  std::vector<leg::Codec> codecs_before;
  bool carried = false;                           // our request is out on the other leg
};

// A dialog of leg b beside the one that counts: made by a 1xx (RFC 3261 12.1), or of a fork whose 2xx came too late.
struct Fork {
  sip::Dialog dialog;
  sip::ReliableOrder order;
  bool answered_reliably = false;                 // its answer came in a reliable 1xx: it is final (RFC 3262 5)
  bool allows_update = false;
  bool dropped = false;                           // its 2xx was ACKed and BYEd
};

constexpr std::size_t most_forks = 32;            // a called side may invent tags without end

// One leg of a call: dialog, offer/answer state, media endpoint.
struct LegState {
  leg::Side side = leg::Side::a;
  leg::LegNumber number = leg::LegNumber::first;
  leg::Kind kind = leg::Kind::phone;
  sip::FlowId flow = sip::FlowId::none;
  std::string binding_token;                      // a browser's; empty: a phone
  sip::NameAddr contact;                          // ours on this leg
  bool made_here = false;                         // its INVITE was ours
  sip::NextHop first_hop;                         // of that INVITE
  std::string call_id;
  std::string local_tag;
  std::optional<sip::Dialog> dialog;
  std::optional<sdp::OfferAnswer> description;
  leg::LegOpened opened;
  bool is_open = false;                           // LegOpened came
  leg::Directions peer_directions;                // what its peer wants, whatever we let it have
  std::vector<leg::Codec> peer_codecs;            // of its last offer or answer, those that can be relayed
  bool opens_video = false;                       // LegOpened is to come, with a place for video
  bool has_no_place_for_video = false;            // or came without
  std::optional<Time> lost_until;                 // its WebSocket is gone, and the call waits so long for another
  std::optional<leg::IceCredentials> ice;         // ours since the peer restarted ICE
  std::optional<AwaitedAck> awaited_ack;
  std::optional<Modification> modification;
  bool takes_info = true;                         // unless its Allow says otherwise, here too:
  bool takes_refer = true;
  std::deque<DtmfInfo> waiting_keys;              // to be told to the peer by INFO, the first is under way
  std::optional<Time> key_frame_asked;            // when the peer was last asked for one
  IpAddress message_source;                       // of the message that is being handled
  bool stale = false;                             // its peer has yet to learn what the other leg's peer wants
  std::optional<Time> retry_at;                   // our offer met one of the peer's (491): it waits until then
  int retries = 0;
  bool allows_update = false;                     // the peer's Allow names UPDATE (RFC 3311)
  sip::SessionTimer session;
  std::optional<EndCause> bye_after_ack;       // a cause: the BYE that waits for the peer's ACK (RFC 3261 15)

  std::uint32_t refers = 0;                       // that its peer has sent
  std::optional<ReferSubscription> refer;         // of its peer, to what becomes of its REFER
  bool hung_up = false;                           // its peer is gone, while the transfer that it asked for is under way

  bool is_browser() const { return !binding_token.empty(); }
  bool has_sent(const Pending& pending) const { return pending.side == side && pending.number == number; }
};

}  // namespace w2s::breaker
