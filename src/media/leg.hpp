#pragma once
#include <optional>
#include <string>

#include "w2s/leg/leg.hpp"
#include "w2s/rtp/dtmf_receiver.hpp"

#include "media/leg_context.hpp"
#include "media/packet.hpp"
#include "media/stream.hpp"
#include "media/stream_transport.hpp"

namespace w2s::media {

// One side of a call: what both kinds of legs have in common. A web leg and a phone leg differ in how packets
// come in and go out; what is in them is handled by the leg's streams.
class Leg : protected StreamTransport {
 public:
  virtual ~Leg() = default;

  // Our part of this leg's SDP.
  virtual leg::LegOpened opened() const = 0;
  void apply(Time now, const leg::LegPlan& plan);
  const std::optional<leg::LegPlan>& plan() const { return plan_; }
  // Both legs have a plan, or one has a new one.
  void connect(Leg& other);
  // The other leg is going: what we send goes on with another one, whatever its numbers.
  void disconnect();
  // This leg is going: a key that its peer holds down is let go.
  void release_keys(Time now);

  leg::LegNumber number() const { return id_.number; }
  std::uint64_t call() const { return id_.call(); }
  bool press(Time now, char digit, Duration duration);
  void request_key_frame(Time now) { video_.request_key_frame(now); }
  void on_time(Time now);
  // A line about what each stream of this leg did, and where the leg failed if it did.
  void log_summary() const;

 protected:
  Leg(LegContext& context, const LegId& id);

  Stream& stream(leg::MediaType type) { return type == leg::MediaType::audio ? audio_ : video_; }
  // A plain RTP packet that is the peer's.
  void on_rtp(Time now, Stream& stream, Packet& packet);
  void connected();
  void fail(leg::Failure failure, std::string detail);
  // What both kinds of legs say of themselves.
  leg::LegOpened describe() const;

  virtual void on_plan(Time now) = 0;
  virtual void on_tick(Time now) = 0;
  // The stage at which this leg is stuck, empty when media of the stream came through.
  virtual std::string stuck_at(const Stream& stream) const = 0;

  LegContext& context_;
  const LegId id_;
  const std::string cname_;
  std::optional<leg::LegPlan> plan_;
  Stream audio_;
  Stream video_;

 private:
  void on_events(Time now, const rtp::PacketView& view);
  void pass_key(Time now, const rtp::KeyPress& press);

  Leg* other_ = nullptr;
  rtp::DtmfReceiver keys_;
};

}  // namespace w2s::media
