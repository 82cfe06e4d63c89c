#include "media/latch.hpp"

namespace w2s::media {

void Latch::announce(const Endpoint& address) {
  if (announced_ == address) return;
  announced_ = address;
  believed_.reset();
  candidate_.reset();
  reopened_ = false;
}

void Latch::reopen() {
  reopened_ = believed_ && believed_ != announced_;
  candidate_.reset();
}

Latch::Verdict Latch::on_packet(const Endpoint& source, rtp::Ssrc ssrc, rtp::SeqNo sequence) {
  if (source == believed_ || source == announced_) {
    believed_ = source;
    reopened_ = false;
    return Verdict::pass;
  }
  if ((believed_ && !reopened_) || !announced_) return Verdict::drop;

  const bool consecutive = candidate_ && candidate_->source == source && candidate_->ssrc == ssrc &&
                           sequence.since(candidate_->sequence) > 0;
  const int packets = consecutive ? candidate_->packets + 1 : 1;
  candidate_ = Candidate{source, ssrc, sequence, packets};
  if (packets < packets_to_believe) return Verdict::drop;
  believed_ = source;
  candidate_.reset();
  reopened_ = false;
  return Verdict::adopted;
}

}  // namespace w2s::media
