#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "w2s/base/result.hpp"
#include "w2s/leg/leg.hpp"

namespace w2s::sdp {

enum class Errc {
  malformed = 1,        // 400
  no_audio,             // no m=audio that could be accepted: 488
  unsupported_profile,  // 488
  no_fingerprint,       // a DTLS offer without a=fingerprint we know (sha-256, sha-384, sha-512)
  no_ice_credentials,
  answer_mismatch,      // an answer that does not fit our offer
  no_common_codec,      // an answer that names no codec of our offer
};
const boost::system::error_category& category();
inline error_code make_error_code(Errc e) { return {static_cast<int>(e), category()}; }

// What a peer's description says, reduced to what a call needs.
struct PeerMedia {
  leg::Kind kind = leg::Kind::phone;
  // In the peer's order: audio codecs with their telephone-event entries, then those of video if it wants any.
  std::vector<leg::Codec> codecs;
  leg::Directions direction;        // the attributes as the peer wrote them; c=0.0.0.0 reads as sendonly
  // What the peer wants, as far as it shows: an answer may not send or receive what our offer did not allow, so for
  // that part it is taken to want it. An answer recvonly to our sendonly is no hold.
  leg::Directions wish;
  bool repeated = false;            // the o= version of its last description: nothing is new (RFC 3264 8)
};

struct Exchange;          // one offer and its answer
struct LocalDescription;  // what our side of it says

// The offer/answer state of one leg (RFC 3264, 8829, 8843): remembers m-line order, mids, payload numbers, o= version.
// The first acceptable m-line of audio carries the call, and the first one of video goes with it. All others are
// refused with port 0 and keep mid and order.
// Web legs speak UDP/TLS/RTP/SAVPF with BUNDLE, rtcp-mux, mid and inline candidates; phone legs plain RTP/AVP, slim.
class OfferAnswer {
 public:
  // The kind of leg that `offer` asks for: DTLS-SRTP with ICE is web, RTP/AVP(F) is phone.
  static Result<leg::Kind> kind_of(std::string_view offer);

  OfferAnswer(leg::Kind kind, std::uint64_t session_id);

  // The peer offers. Until answer() or reject_offer() the exchange is open.
  Result<PeerMedia> on_offer(std::string_view body);
  // Our answer: `codecs` is what both legs share, in preference order, taken from PeerMedia::codecs (the peer's payload
  // numbers are kept). Without one of video, or without LegOpened::video, video is refused. `directions` are ours.
  // Called again with the same arguments it returns the identical text.
  std::string answer(const leg::LegOpened& local, const std::vector<leg::Codec>& codecs, leg::Directions directions);
  void reject_offer();
  // The offer that waits for its answer restarts ICE: the answer must have other credentials than our last one
  // (RFC 8839 4.4.1.1.1), and an answer to any other offer the same.
  bool restarts_ice() const;

  // We offer; a re-offer keeps mids, order and numbers, and raises the o= version if anything changed.
  std::string offer(const leg::LegOpened& local, const std::vector<leg::Codec>& codecs, leg::Directions directions);
  // The last agreed description of ours once more, as an offer that changes nothing (RFC 4028 7.4): the o= version
  // stays unless the text has to differ (a=setup of a web leg).
  std::string refresh_offer(const leg::LegOpened& local);
  Result<PeerMedia> on_answer(std::string_view body);
  void withdraw_offer();            // our offer was refused: the last agreed state holds

  bool offer_pending() const;       // either way
  bool own_offer_pending() const;
  bool agreed() const;              // at least one exchange is complete
  const std::string& local_description() const;  // the last description we sent, unchanged
  // Everything the media needs after a complete exchange.
  leg::LegPlan plan(leg::MediaId media, leg::Side side) const;

  // Copyable by value, so that a fork's early answer can be tried and dropped.

 private:
  std::string publish(const LocalDescription& description, const leg::LegOpened& local, bool new_exchange);
  std::string publish_offer(LocalDescription description, const leg::LegOpened& local, bool new_exchange);

  leg::Kind kind_;
  std::uint64_t session_id_;
  std::uint64_t version_ = 0;               // of the last description sent, also of a withdrawn one
  std::string origin_address_;
  std::string last_sent_;
  std::shared_ptr<const Exchange> agreed_;  // the last complete exchange
  std::shared_ptr<const Exchange> open_;    // one that waits for its answer
};

// The codecs the gateway can relay (pcmu, pcma, g722, opus, telephone-event, vp8, h264) that `offered` has, in its order.
std::vector<leg::Codec> relayable(const std::vector<leg::Codec>& offered);
// Codecs of `preferred` that `accepted` has too, with the fmtp of `accepted`: the side that will receive what the leg
// of `preferred` sends. telephone-event/48000 only beside opus. Empty if no audio codec would remain: there is no call
// of video alone.
std::vector<leg::Codec> common(const std::vector<leg::Codec>& preferred, const std::vector<leg::Codec>& accepted);
bool has_video(const std::vector<leg::Codec>& codecs);
// As config.xml names it: "h264-bp" by its profile, all others by Codec::name.
std::string config_name(const leg::Codec& codec);
// "opus, pcmu, vp8" for the 488's Warning: each once, without telephone-event.
std::string list_names(const std::vector<leg::Codec>& codecs);

}  // namespace w2s::sdp

template <>
struct boost::system::is_error_code_enum<w2s::sdp::Errc> : std::true_type {};
