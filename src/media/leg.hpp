#pragma once
#include <optional>
#include <string>

#include "w2s/leg/leg.hpp"
#include "w2s/rtp/dtmf_receiver.hpp"
#include "w2s/rtp/reception_statistics.hpp"

#include "media/leg_context.hpp"
#include "media/outgoing_stream.hpp"
#include "media/packet.hpp"
#include "media/relay.hpp"

namespace w2s::media {

// One side of a call: what both kinds of legs have in common. A web leg and a phone leg differ in how packets
// come in and go out; what is in them is handled here, and handed to the other leg by straight calls.
class Leg {
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

  leg::LegNumber number() const { return number_; }
  bool press(Time now, char digit, Duration duration);
  void on_time(Time now);
  // A line about what this leg did, and where it failed if it did.
  void log_summary() const;

 protected:
  struct Counts {
    std::uint64_t received = 0;  // RTP packets believed to be the peer's
    std::uint64_t forwarded = 0;
    std::uint64_t sent = 0;
    std::uint64_t dropped = 0;  // strangers', forged, malformed, held, of unknown codecs
    std::uint64_t no_codec = 0;
  };

  Leg(LegContext& context, leg::MediaId media, leg::Side side, leg::LegNumber number);

  // A plain RTP or RTCP packet that is the peer's.
  void on_rtp(Time now, Packet& packet);
  void on_rtcp(Time now, ByteView compound);
  void drop();
  void connected();
  void fail(leg::Failure failure, std::string detail);
  std::string call_text() const { return std::to_string(static_cast<std::uint64_t>(media_)); }

  virtual void on_plan(Time now) = 0;
  virtual void on_tick(Time now) = 0;
  virtual bool can_send() const = 0;
  virtual void send_rtp(Packet& packet, bool transient) = 0;
  virtual void send_rtcp(Packet& packet) = 0;
  // The stage at which this leg is stuck, empty when media came through.
  virtual std::string stuck_at() const = 0;

  LegContext& context_;
  const leg::MediaId media_;
  const leg::Side side_;
  const leg::LegNumber number_;
  const std::string cname_;
  std::optional<leg::LegPlan> plan_;
  OutgoingStream outgoing_;
  Counts counts_;

 private:
  void receive(Time now, const rtp::PacketView& view);
  // `transient`: the packet's buffer is gone when this returns.
  void send(Time now, Packet& packet, bool transient);
  void shape_extensions(Packet& packet) const;
  void on_events(Time now, const rtp::PacketView& view, ByteView packet);
  void pass_key(Time now, const rtp::KeyPress& press);
  void send_dtmf(Time now);
  void send_report(Time now);
  Duration report_interval();

  Leg* other_ = nullptr;
  Relay relay_;
  rtp::DtmfReceiver keys_;
  std::optional<rtp::ReceptionStatistics> incoming_;
  std::optional<Time> next_report_;
  std::uint64_t reported_received_ = 0;
};

}  // namespace w2s::media
