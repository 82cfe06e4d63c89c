#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "w2s/base/address.hpp"
#include "w2s/base/log.hpp"
#include "w2s/base/rng.hpp"

// What the breaker asks of the media and what the media answers: plain data, no logic.
namespace w2s::leg {

// One call's media; the breaker chooses it. Never reused within a process.
enum class MediaId : std::uint64_t {};
enum class Side : std::uint8_t { a, b };  // a: the leg on which the INVITE arrived, b: the leg the gateway makes
constexpr Side other(Side s) { return s == Side::a ? Side::b : Side::a; }
constexpr const char* name(Side s) { return s == Side::a ? "a" : "b"; }

// What an m-line carries; a leg has one stream of audio, and one of video where both sides want it.
enum class MediaType : std::uint8_t { audio, video };
constexpr const char* name(MediaType type) { return type == MediaType::audio ? "audio" : "video"; }

// A side has its legs one after the other: what takes the place of the first has a number of its own (a transfer).
enum class LegNumber : std::uint32_t { first };

enum class Kind : std::uint8_t {
  web,    // ICE-lite, DTLS-SRTP, rtcp-mux on the shared browser port
  phone,  // plain RTP and RTCP, a port pair of rtp-port-range for each stream
};

// ---- open: reserve local media for one leg ----
struct OpenLeg {
  MediaId media;
  Side side;
  Kind kind;
  IpAddress toward;  // phone: the peer's media or signalling address, so that the right local address is chosen.
                     // web: the local address on which this browser's WebSocket was accepted (first candidate).
  LegNumber number = LegNumber::first;  // another: a spare leg, beside the one that is in use
  bool video = false;                   // phone: with a port pair for video. A web leg can always have it.
};

// Video comes into a call: a place for it on a leg that was opened without. Answered by LegOpened, also on failure.
struct OpenVideo {
  MediaId media;
  Side side;
  LegNumber number = LegNumber::first;
};

struct Candidate {
  Endpoint address;
  std::uint32_t priority = 0;
};

// What the m-line of one stream says about us.
struct OpenedStream {
  Endpoint rtp;                  // c= and m= port; for web the default candidate
  Endpoint rtcp;                 // phone: RTP port + 1; web: the same as rtp
  std::uint32_t ssrc = 0;        // that the leg sends with, for a=ssrc
};

// Answer to OpenLeg and OpenVideo: what this leg's SDP says about us.
struct LegOpened {
  MediaId media;
  Side side;
  LegNumber number = LegNumber::first;
  std::string error;             // not empty: the leg could not be opened (no port free, …); nothing else is set
  OpenedStream audio;
  std::optional<OpenedStream> video;
  std::string ice_ufrag;         // web only, like the following
  std::string ice_pwd;
  std::string fingerprint;       // "sha-256 AB:CD:…"
  std::vector<Candidate> candidates;
  std::string cname;             // of all its streams
};

// ---- connect: both descriptions are known ----
enum class Direction : std::uint8_t { sendrecv, sendonly, recvonly, inactive };  // as this leg's peer sees *its* media

constexpr const char* name(Direction d) {
  switch (d) {
    case Direction::sendrecv: return "sendrecv";
    case Direction::sendonly: return "sendonly";
    case Direction::recvonly: return "recvonly";
    case Direction::inactive: return "inactive";
  }
  return "?";
}

struct Directions {
  Direction audio = Direction::sendrecv;
  Direction video = Direction::inactive;  // also when there is none

  Directions() = default;
  Directions(Direction audio_, Direction video_ = Direction::inactive) : audio(audio_), video(video_) {}
  bool operator==(const Directions&) const = default;
};

struct Codec {
  std::string name;              // lower case: "pcmu", "pcma", "g722", "opus", "telephone-event", "vp8", "h264"
  std::uint32_t clock_rate = 8000;
  std::uint8_t channels = 1;
  std::string fmtp;
  std::uint8_t ptime = 0;        // milliseconds per packet that the receiver wishes for (a=ptime); 0: it does not say
  std::uint8_t maxptime = 0;     // and the most that it takes
  MediaType type = MediaType::audio;
  std::string variant{};         // what tells codecs of one name apart beside clock and channels: of H.264 profile and
                                 // packetization mode, as "bp/1"; empty for the others
  bool operator==(const Codec&) const = default;
};

// The same codec as far as negotiation goes (RFC 3264 6.1). What a receiver prefers (fmtp, ptime) may differ: any
// receiver of the codec understands the rest.
inline bool same_codec(const Codec& a, const Codec& b) {
  return a.type == b.type && a.name == b.name && a.clock_rate == b.clock_rate && a.channels == b.channels &&
         a.variant == b.variant;
}

// Payload numbers of one leg for one codec. Both numbers are needed: a peer may announce another number than we sent.
struct Payload {
  Codec codec;
  std::uint8_t receive = 0;      // number the peer sends with (what our SDP said)
  std::uint8_t send = 0;         // number the peer wants (what its SDP said)
  bool operator==(const Payload&) const = default;
};

struct IceCredentials {
  std::string ufrag;
  Redacted<std::string> pwd;
  bool operator==(const IceCredentials&) const = default;

  // RFC 8839 5.4: ufrag of at least 4, password of at least 22 characters.
  static IceCredentials make(Rng& rng) { return {rng.alphanumeric(8), Redacted<std::string>(rng.alphanumeric(24))}; }
};

enum class DtlsRole : std::uint8_t { passive, active };

struct WebRemote {
  std::string ice_ufrag;
  Redacted<std::string> ice_pwd;
  std::string fingerprint;       // "sha-256 AB:…" as signalled; enforced before keys are used
  DtlsRole our_role = DtlsRole::passive;
};

// How the peer, which has the encoder, is asked for a key frame.
enum class KeyFrameRequest : std::uint8_t {
  info,  // by SIP INFO with application/media_control+xml (RFC 5168): it announced no RTCP feedback
  fir,   // Full Intra Request (RFC 5104 4.3.1)
  pli,   // Picture Loss Indication (RFC 4585 6.3.1)
};

struct StreamPlan {
  std::vector<Payload> payloads;     // negotiated, in preference order; telephone-event entries included
  std::vector<Payload> tolerated;    // offered by us or them but not chosen: accepted on receive (Chromium may send them)
  Direction peer_direction = Direction::sendrecv;  // sendonly: the peer sends and wants nothing
  Endpoint rtp, rtcp;                // phone: where it receives; port 0 or 0.0.0.0: nothing is sent (old-style hold)
  std::string mid;                   // web
  std::optional<std::uint8_t> mid_extension;       // web: id of urn:ietf:params:rtp-hdrext:sdes:mid when negotiated
  KeyFrameRequest key_frame_request = KeyFrameRequest::info;  // video

  bool may_send() const { return peer_direction == Direction::sendrecv || peer_direction == Direction::sendonly; }
  bool wants_media() const { return peer_direction == Direction::sendrecv || peer_direction == Direction::recvonly; }
};

// The whole plan of one leg, made only after our own description was sent: before it a browser's ClientHello is dropped
// (after a 407 it may come back with the same ICE session, and must not have met a handshake). Sent again in full after each offer/answer. Fields that did not change, change nothing.
struct LegPlan {
  MediaId media;
  Side side;
  std::optional<WebRemote> web;      // nullopt: the leg of a phone
  std::optional<IceCredentials> ice;  // web: ours after the peer has restarted ICE; nullopt: still those of LegOpened
  StreamPlan audio;
  std::optional<StreamPlan> video;   // nullopt: refused, never offered, or without a place
  bool answered = true;              // false: early media, whose silence is no failure however long it rings
};

// DTMF asked for by SIP INFO: sent as RFC 4733 events on `side`.
struct SendDtmf {
  MediaId media;
  Side side;
  char digit = '0';              // 0-9 * # A-D, ! for the hook flash
  std::uint32_t duration_ms = 160;
};

// A key frame asked for by SIP INFO from the peer of the other leg: `side`'s peer is asked by RTCP, as its plan says.
struct RequestKeyFrame {
  MediaId media;
  Side side;
};

// The spare leg takes the place of the one in use, which is closed; its LegPlan follows. What the other leg sends goes on
// as the same stream.
struct ReplaceLeg {
  MediaId media;
  Side side;
  LegNumber number;              // of the spare
};
// The spare leg is not wanted any more.
struct DropLeg {
  MediaId media;
  Side side;
  LegNumber number;
};

struct CloseMedia { MediaId media; };  // all its legs

// ---- events ----
enum class Failure : std::uint8_t { ice_timeout, ice_consent_lost, dtls_failed, dtls_fingerprint, srtp_no_profile, media_timeout };
constexpr const char* name(Failure f) {
  switch (f) {
    case Failure::ice_timeout: return "no ICE check from the browser";
    case Failure::ice_consent_lost: return "ICE consent lost";
    case Failure::dtls_failed: return "DTLS handshake failed";
    case Failure::dtls_fingerprint: return "DTLS certificate does not match the signalled fingerprint";
    case Failure::srtp_no_profile: return "no common SRTP profile";
    case Failure::media_timeout: return "no RTP from the phone";
  }
  return "?";
}

struct LegFailed {
  MediaId media;
  Side side;
  Failure failure;
  std::string detail;
  LegNumber number = LegNumber::first;
};
struct LegConnected { MediaId media; Side side; };          // web: DTLS done, keys in use; phone: first packet received
// A key was pressed as an RTP event on the other leg, and the peer of `side` negotiated no telephone-event.
struct KeyPressed {
  MediaId media;
  Side side;
  char digit = '0';
  std::uint32_t duration_ms = 160;
};
// The video of `side`'s peer needs a key frame, and the peer knows no RTCP feedback.
struct KeyFrameWanted {
  MediaId media;
  Side side;
  LegNumber number = LegNumber::first;
};
using Event = std::variant<LegFailed, LegConnected, KeyPressed, KeyFrameWanted>;

}  // namespace w2s::leg
