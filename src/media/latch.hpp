#pragma once
#include <optional>

#include "w2s/base/address.hpp"
#include "w2s/rtp/types.hpp"

namespace w2s::media {

// Whose RTP a phone leg believes, and where it sends (threats T15, design section 5).
//
// The SDP's address is taken at its first packet, at any time, and is then final. While it has never been
// heard, another source (a phone behind NAT) is taken after 5 consecutive packets of one SSRC with rising
// sequence numbers, none of which is passed on; only the SDP's address can take over from it. A new SDP
// address begins all over.
class Latch {
 public:
  enum class Verdict {
    pass,     // of the peer
    drop,     // of somebody else, or not yet believed
    adopted,  // the last of the five: from the next packet on this source is the peer; this one is dropped
  };

  // The address in the peer's newest SDP. The one already known changes nothing.
  void announce(const Endpoint& address);
  // The peer begins to send again after a pause that its NAT's binding may not have outlived: another source
  // than the one behind NAT can be believed once more, unless that one speaks up first.
  void reopen();
  Verdict on_packet(const Endpoint& source, rtp::Ssrc ssrc, rtp::SeqNo sequence);

  // Where to send: the believed source, before there is one the SDP's address. nullopt: no SDP came yet.
  std::optional<Endpoint> target() const { return believed_ ? believed_ : announced_; }
  const std::optional<Endpoint>& believed() const { return believed_; }

 private:
  static constexpr int packets_to_believe = 5;
  struct Candidate {
    Endpoint source;
    rtp::Ssrc ssrc;
    rtp::SeqNo sequence;
    int packets = 1;
  };

  std::optional<Endpoint> announced_;
  std::optional<Endpoint> believed_;
  std::optional<Candidate> candidate_;
  bool reopened_ = false;
};

}  // namespace w2s::media
