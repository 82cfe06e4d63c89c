#pragma once
#include <bitset>
#include <memory>
#include <optional>
#include <vector>

#include "media/dtls/association.hpp"
#include "media/ice/pair_list.hpp"
#include "media/ice/stun_responder.hpp"
#include "media/leg.hpp"
#include "media/srtp/srtp.hpp"

namespace w2s::media {

// A browser: ICE lite, DTLS-SRTP, RTP and RTCP on one path of the pump's shared port.
class WebLeg final : public Leg {
 public:
  // `toward`: the local address on which the browser's WebSocket came in.
  WebLeg(LegContext& context, const LegId& id, const IpAddress& toward);

  leg::LegOpened opened() const override;
  // Ours with this ufrag, nullptr for none: the present ones, and after a restart of ICE those before it
  // until a pair is nominated with the new. That may be never: where Chromium's new socket has met our
  // address before our answer came, it goes on checking with the credentials that it knew then.
  const ice::Credentials* credentials(std::string_view ufrag) const;
  std::vector<std::string> ufrags() const;

  // What does not lead to this leg any more.
  struct Forgotten {
    std::vector<Endpoint> sources;
    std::string ufrag;
  };
  // A check arrived that was authenticated with our credentials of this ufrag.
  Forgotten on_check(Time now, const ice::Path& path, bool use_candidate, std::string_view ufrag);
  // The source addresses of authenticated checks.
  std::vector<Endpoint> sources() const { return pairs_.remotes(); }

  // What came from such a source.
  void on_dtls(Time now, ByteView datagram);
  void on_srtp(Time now, Packet& packet);
  void on_srtcp(Time now, Packet& packet);

 private:
  void on_plan(Time now) override;
  void on_tick(Time now) override;
  bool can_send(leg::MediaType) const override { return sender_ && selected_; }
  void send_rtp(leg::MediaType type, Packet& packet, bool transient) override;
  void send_rtcp(leg::MediaType type, Packet& packet) override;
  std::string stuck_at(const Stream& stream) const override;

  void take_credentials();
  void take_payload_numbers();
  // Where a packet of this payload number belongs; audio takes those that nobody knows.
  Stream& stream_of(rtp::PayloadType type) { return of_video_[type.value & 0x7f] ? video_ : audio_; }
  void select(Time now);
  void begin_dtls_if_due();
  void on_dtls_progress();
  void check_consent(Time now);
  void check_deadline(Time now);
  // A forged or replayed packet is counted, never more (threats T16).
  bool accept(SrtpReceiver::Verdict verdict, Stream& stream);

  ice::Credentials credentials_;
  std::optional<ice::Credentials> before_restart_;
  const std::vector<leg::Candidate> candidates_;
  ice::PairList pairs_;
  std::optional<ice::Path> selected_;
  std::optional<Time> consent_lost_;  // since when nothing may be sent

  std::optional<Time>
      deadline_;  // ICE and DTLS must be through by then; nullopt: they are, or may not begin yet
  std::unique_ptr<dtls::Association> association_;
  std::optional<SrtpSender> sender_;
  std::optional<SrtpReceiver> receiver_;
  std::uint64_t unauthentic_ = 0;
  std::bitset<128> of_video_;  // by payload number
};

}  // namespace w2s::media
