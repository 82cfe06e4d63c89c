#pragma once
#include <optional>
#include <span>
#include <string_view>

#include "w2s/leg/leg.hpp"
#include "w2s/rtp/dtmf_sender.hpp"
#include "w2s/rtp/packet.hpp"
#include "w2s/rtp/sender_statistics.hpp"
#include "w2s/rtp/stream_rewriter.hpp"

#include "media/packet.hpp"

namespace w2s::media {

// An RTP stream that a leg sends: the audio or video relayed from the other leg, and between audio key
// presses, those of the other leg's peer and those asked for by SIP INFO, as one continuous SSRC.
class OutgoingStream {
 public:
  OutgoingStream(rtp::Ssrc ssrc, Rng& rng) : rewriter_(ssrc, default_clock_rate, rng) {}

  rtp::Ssrc ssrc() const { return rewriter_.ssrc(); }
  // Its plan on the leg that sends it: which telephone-event it may use.
  void apply(const leg::StreamPlan& plan);

  // Makes a packet of the other leg one of this stream. `clock_rate` is that of its codec. False: not
  // to be sent.
  [[nodiscard]] bool adopt(Time now, const Packet& packet, std::uint32_t clock_rate);
  // Takes note of a packet of the other leg that is not passed on as it is, so that it leaves no gap.
  void replace(Time now, ByteView packet) { rewriter_.suppress(now, packet); }
  void pause() { rewriter_.pause(); }
  void on_sent(Time now, ByteView packet);

  bool takes_events() const { return dtmf_.has_value(); }
  // False: the peer knows no telephone-event, it is no digit, or too many are waiting.
  bool press(Time now, char digit, Duration duration);
  bool follow(Time now, const rtp::KeyPress& press) { return dtmf_ && dtmf_->follow(now, press); }
  std::optional<Time> next_dtmf() const { return dtmf_ ? dtmf_->next_time() : std::nullopt; }
  // Writes the DTMF packet that is due; nullopt: none (any more). Call it until then.
  std::optional<Packet> write_dtmf(Time now, MutableByteView buffer);

  // An SR when something was sent since the last report, else an RR. Returns the length, 0 when it does not
  // fit.
  std::size_t write_report(Time now, std::uint64_t ntp_now, std::span<const rtp::ReportBlock> blocks,
                           std::string_view cname, MutableByteView out);

 private:
  static constexpr std::uint32_t default_clock_rate = 8000;  // until the first packet says which codec it is
  static constexpr std::size_t dtmf_packet_size = rtp::header_size + rtp::telephone_event_size;

  rtp::StreamRewriter rewriter_;
  rtp::SenderStatistics statistics_{default_clock_rate};
  std::optional<leg::Payload> telephone_event_;
  std::optional<rtp::DtmfSender> dtmf_;
};

}  // namespace w2s::media
