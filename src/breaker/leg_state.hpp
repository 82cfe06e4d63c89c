#pragma once
#include <deque>
#include <optional>
#include <string>

#include "w2s/base/address.hpp"
#include "w2s/base/time.hpp"
#include "w2s/leg/leg.hpp"
#include "w2s/sdp/offer_answer.hpp"
#include "w2s/sip/dialog.hpp"
#include "w2s/sip/transaction_user.hpp"

#include "dtmf_info.hpp"

namespace w2s::breaker {

// A 2xx to an INVITE of ours, repeated until its ACK comes (RFC 3261 13.3.1.4).
struct AwaitedAck {
  sip::ServerTransactionId id;
  sip::Message response;
  Duration interval;
  Time next;
  Time deadline;
};

// A re-INVITE or UPDATE of this leg's peer that is being carried to the other leg.
struct Modification {
  sip::ServerTransactionId id;
  sip::Message request;
};

// One leg of a call: dialog, offer/answer state, media endpoint.
struct LegState {
  leg::Side side = leg::Side::a;
  leg::Kind kind = leg::Kind::phone;
  sip::FlowId flow = sip::FlowId::none;
  std::string binding_token;                      // a browser's; empty: a phone
  sip::NameAddr contact;                          // ours on this leg
  std::string local_tag;
  std::optional<sip::Dialog> dialog;
  std::optional<sdp::OfferAnswer> description;
  leg::LegOpened opened;
  bool is_open = false;                           // LegOpened came
  leg::Direction peer_direction = leg::Direction::sendrecv;
  std::vector<leg::Codec> peer_codecs;            // of its last offer or answer, those that can be relayed
  std::optional<Time> lost_until;                 // its WebSocket is gone, and the call waits so long for another
  std::optional<leg::IceCredentials> ice;         // ours since the peer restarted ICE
  std::optional<AwaitedAck> awaited_ack;
  std::optional<Modification> modification;
  bool takes_info = true;                         // unless its Allow says otherwise
  std::deque<DtmfInfo> waiting_keys;              // to be told to the peer by INFO, the first is under way
  std::optional<Time> key_frame_asked;            // when the peer was last asked for one
  IpAddress message_source;                       // of the message that is being handled

  bool is_browser() const { return !binding_token.empty(); }
};

}  // namespace w2s::breaker
