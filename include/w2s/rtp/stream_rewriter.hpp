#pragma once
#include <cstdint>
#include <optional>

#include "w2s/base/bytes.hpp"
#include "w2s/base/rng.hpp"
#include "w2s/base/time.hpp"
#include "w2s/rtp/types.hpp"

namespace w2s::rtp {

// Turns whatever arrives for one outgoing stream into one continuous stream of ours: own SSRC, sequence
// numbers and timestamps that go on when the source changes (another fork, music on hold, a re-INVITE). Gaps
// inside one source stay visible, so that the receiver's statistics and concealment work. No number is given
// to two different packets, as SRTP demands; a packet that arrives twice leaves twice.
class StreamRewriter {
 public:
  // Starts at a random timestamp and a sequence number below 2^15, so that a reordered start cannot hide a
  // roll-over from the receiver (RFC 3711 3.3.1).
  StreamRewriter(Ssrc ssrc, std::uint32_t clock_rate, Rng& rng);

  // Rewrites SSRC, sequence number and timestamp of a packet that PacketView::parse accepted. False: do not
  // send it (a straggler of an earlier source or from before an inserted packet, or a stray sequence number).
  [[nodiscard]] bool rewrite(Time now, MutableByteView packet);
  // Takes note of a source packet that is not passed on (audio under a DTMF event), so that it leaves no gap.
  void suppress(Time now, ByteView packet);

  // The source is not passed on for a while (hold). Whatever it does with its numbers meanwhile, the first
  // packet after it has the next sequence number, and a timestamp that includes the time passed.
  void pause() { source_.reset(); }

  // For packets that we insert ourselves (DTMF).
  SeqNo insert_sequence(Time now);
  std::uint32_t timestamp_at(Time now) const;

  void set_clock_rate(std::uint32_t clock_rate) { clock_rate_ = clock_rate; }  // the codec changed
  std::uint32_t clock_rate() const { return clock_rate_; }
  Ssrc ssrc() const { return ssrc_; }

 private:
  struct Source {
    Ssrc ssrc;
    SeqNo highest;                       // as it came
    std::uint16_t sequence_offset = 0;   // ours = theirs + offset, modulo 2^16
    std::uint32_t timestamp_offset = 0;  // ours = theirs + offset, modulo 2^32
    std::optional<SeqNo> oldest;         // the numbers of stragglers before it are taken
    std::optional<SeqNo> restart_at;     // after a stray packet: the number that would prove a new start
  };
  // Makes the packet's source the current one if need be; false for a packet that must not be passed on.
  bool follow(Time now, Ssrc ssrc, SeqNo sequence, std::uint32_t timestamp);
  void adopt(Time now, Ssrc ssrc, SeqNo sequence, std::uint32_t timestamp);
  void advance(SeqNo sequence);

  Ssrc ssrc_;
  std::uint32_t clock_rate_;
  SeqNo highest_sent_;
  std::uint32_t last_timestamp_;
  std::optional<Time> last_time_;  // when last_timestamp_ was new
  std::optional<Source> source_;
  std::optional<Ssrc> previous_source_;
  Time adopted_at_{};
};

}  // namespace w2s::rtp
