#include "media/latch.hpp"

namespace w2s::media {

void Latch::announce(const Endpoint& address) {
  if (announced_ == address) return;
  announced_ = address;
  believed_.reset();
  candidate_.reset();
}

Latch::Verdict Latch::on_packet(const Endpoint& source, rtp::Ssrc ssrc, rtp::SeqNo sequence) {
  if (source == believed_) return Verdict::pass;
  if (source == announced_) {
    believed_ = source;
    return Verdict::pass;
  }
  if (believed_ || !announced_) return Verdict::drop;

  const bool consecutive = candidate_ && candidate_->source == source && candidate_->ssrc == ssrc &&
                           sequence.since(candidate_->sequence) > 0;
  const int packets = consecutive ? candidate_->packets + 1 : 1;
  candidate_ = Candidate{source, ssrc, sequence, packets};
  if (packets < packets_to_believe) return Verdict::drop;
  believed_ = source;
  candidate_.reset();
  return Verdict::adopted;
}

}  // namespace w2s::media
