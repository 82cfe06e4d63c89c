#include "w2s/rtp/stream_rewriter.hpp"

#include <algorithm>

#include "w2s/rtp/packet.hpp"

#include "timestamp_units.hpp"

namespace w2s::rtp {
namespace {

// RFC 3550 A.1: a step beyond these means that the source has started its numbers anew.
constexpr int max_dropout = 3000;
constexpr int max_misorder = 100;

// Packets of the source before may still be under way when the next one starts.
constexpr Duration straggler_time = 200ms;

}  // namespace

StreamRewriter::StreamRewriter(Ssrc ssrc, std::uint32_t clock_rate, Rng& rng)
    : ssrc_(ssrc), clock_rate_(clock_rate), last_timestamp_(rng.u32()) {
  highest_sent_ = SeqNo{static_cast<std::uint16_t>(rng.u32() & 0x7fff)} + -1;
}

std::uint32_t StreamRewriter::timestamp_at(Time now) const {
  if (!last_time_) return last_timestamp_;
  return last_timestamp_ + static_cast<std::uint32_t>(in_units(now - *last_time_, clock_rate_));
}

void StreamRewriter::adopt(Time now, Ssrc ssrc, SeqNo sequence, std::uint32_t timestamp) {
  if (source_ && source_->ssrc != ssrc) previous_source_ = source_->ssrc;
  adopted_at_ = now;
  // A first packet in the same instant as the last one must still not look like a part of its frame.
  const auto continued = std::max(timestamp_at(now) - last_timestamp_, last_time_ ? 1U : 0U);
  source_ = Source{};
  source_->ssrc = ssrc;
  source_->highest = sequence + -1;
  source_->sequence_offset = static_cast<std::uint16_t>(highest_sent_.value + 1 - sequence.value);
  source_->timestamp_offset = last_timestamp_ + continued - timestamp;
  source_->oldest = sequence;
}

bool StreamRewriter::follow(Time now, Ssrc ssrc, SeqNo sequence, std::uint32_t timestamp) {
  if (!source_ || source_->ssrc != ssrc) {
    if (source_ && previous_source_ == ssrc && now - adopted_at_ < straggler_time) return false;
    adopt(now, ssrc, sequence, timestamp);
    return true;
  }
  const auto step = sequence.since(source_->highest);
  if (step > -max_misorder && step < max_dropout)
    return !source_->oldest || sequence.since(*source_->oldest) >= 0;
  // One stray packet is dropped; a second one in a row is a new start of the same source.
  if (source_->restart_at != sequence) {
    source_->restart_at = sequence + 1;
    return false;
  }
  adopt(now, ssrc, sequence, timestamp);
  return true;
}

// The source has come to `sequence`.
void StreamRewriter::advance(SeqNo sequence) {
  if (sequence.since(source_->highest) <= 0) return;
  source_->highest = sequence;
  // From here on follow() refuses older packets by their distance, and the mark must not live to see 2^15
  // numbers.
  if (source_->oldest && sequence.since(*source_->oldest) > max_misorder) source_->oldest.reset();
}

bool StreamRewriter::rewrite(Time now, MutableByteView packet) {
  const Ssrc ssrc{load_be32(&packet[8])};
  const SeqNo sequence{load_be16(&packet[2])};
  const auto timestamp = load_be32(&packet[4]);
  if (!follow(now, ssrc, sequence, timestamp)) return false;
  advance(sequence);

  const auto our_sequence = sequence + source_->sequence_offset;
  const auto our_timestamp = timestamp + source_->timestamp_offset;
  if (our_sequence.since(highest_sent_) > 0) {
    highest_sent_ = our_sequence;
    // The packets of one event or video frame share the timestamp of its start.
    if (our_timestamp != last_timestamp_ || !last_time_) {
      last_timestamp_ = our_timestamp;
      last_time_ = now;
    }
  }
  set_sequence(packet, our_sequence);
  set_timestamp(packet, our_timestamp);
  set_ssrc(packet, ssrc_);
  return true;
}

void StreamRewriter::suppress(Time now, ByteView packet) {
  const SeqNo sequence{load_be16(&packet[2])};
  if (!follow(now, {load_be32(&packet[8])}, sequence, load_be32(&packet[4]))) return;
  if (sequence.since(source_->highest) <= 0) return;  // its gap is already seen
  advance(sequence);
  --source_->sequence_offset;
  source_->oldest = sequence + 1;
}

SeqNo StreamRewriter::insert_sequence(Time now) {
  if (!last_time_) last_time_ = now;
  highest_sent_ = highest_sent_ + 1;
  if (source_) {
    ++source_->sequence_offset;
    source_->oldest = source_->highest + 1;
  }
  return highest_sent_;
}

}  // namespace w2s::rtp
