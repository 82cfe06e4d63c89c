#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "w2s/leg/leg.hpp"
#include "w2s/rtp/reception_statistics.hpp"

#include "media/leg_context.hpp"
#include "media/outgoing_stream.hpp"
#include "media/packet.hpp"
#include "media/relay.hpp"
#include "media/stream_transport.hpp"

namespace w2s::media {

// One stream of a leg, audio or video, in both directions: what comes from the leg's peer is handed to the
// same stream of the other leg by straight calls; RTCP ends here and is made anew. Where video was lost on
// its way, its sender is asked for a key frame.
class Stream {
 public:
  Stream(LegContext& context, const LegId& leg, leg::MediaType type, StreamTransport& transport,
         rtp::Ssrc ssrc, const std::string& cname);

  leg::MediaType type() const { return type_; }
  rtp::Ssrc ssrc() const { return outgoing_.ssrc(); }
  OutgoingStream& outgoing() { return outgoing_; }

  // `plan` stays in place until the next call; nullptr: the leg has no such stream (any more).
  void apply(const leg::StreamPlan* plan);
  bool planned() const { return plan_ != nullptr; }
  // Both legs have a plan, or one has a new one.
  void connect(Stream& other);
  // The other leg is going: what we send goes on with another one, whatever its numbers.
  void disconnect();
  bool can_send() const { return plan_ != nullptr && transport_.can_send(type_); }

  // A plain packet of the peer. What it says of a telephone event is the caller's to pass on.
  Relay::Outcome on_rtp(Time now, const rtp::PacketView& view, Packet& packet);
  void on_rtcp(Time now, rtp::CompoundView compound);
  // A packet goes no further: it was not what it should be, or of a stranger.
  void drop();
  // A packet goes no further that a moment later would have: a key frame may have been in it.
  void miss();
  // The peer is to send a key frame, because somebody cannot show what it sent; nothing for audio.
  void request_key_frame(Time now);
  void on_time(Time now);
  void send_dtmf(Time now);

  // Clock rate of a payload the peer sends; 0: unknown to us.
  std::uint32_t clock_rate(rtp::PayloadType type) const { return relay_.clock_rate(type); }
  std::uint64_t received() const { return counts_.received; }
  // A line about what this stream did, and where its leg is stuck if it is (empty: nowhere). None about a
  // stream that was never planned.
  void log_summary(std::string stuck_at) const;

 private:
  struct Counts {
    std::uint64_t received = 0;  // RTP packets believed to be the peer's
    std::uint64_t forwarded = 0;
    std::uint64_t sent = 0;
    std::uint64_t dropped = 0;  // strangers', forged, malformed, held, of unknown codecs
    std::uint64_t no_codec = 0;
  };

  void receive(Time now, const rtp::PacketView& view);
  void send(Time now, Packet& packet, bool transient);
  void shape_extensions(Packet& packet) const;
  bool asks_for_key_frame(const rtp::RtcpPacket& packet) const;
  bool can_ask_for_key_frame() const;
  void ask_for_key_frame(Time now);
  void send_report(Time now);
  std::size_t write_report(Time now, MutableByteView out);
  Duration report_interval();

  LegContext& context_;
  const LegId leg_;
  const leg::MediaType type_;
  StreamTransport& transport_;
  const std::string& cname_;
  const leg::StreamPlan* plan_ = nullptr;
  bool was_planned_ = false;
  Stream* other_ = nullptr;
  std::optional<std::pair<leg::Direction, leg::Direction>> directions_;  // of our peer and of the other leg's
  Relay relay_;
  OutgoingStream outgoing_;
  std::optional<rtp::ReceptionStatistics> incoming_;
  std::optional<Time> next_report_;
  std::uint64_t reported_received_ = 0;
  bool key_frame_missing_ = false;  // to be asked for with the next packet that is passed on
  std::optional<Time> key_frame_asked_;
  std::uint8_t full_intra_requests_ = 0;
  Counts counts_;
};

}  // namespace w2s::media
