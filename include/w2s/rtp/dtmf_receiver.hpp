#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "w2s/base/time.hpp"
#include "w2s/rtp/key_press.hpp"
#include "w2s/rtp/packet.hpp"
#include "w2s/rtp/telephone_event.hpp"

namespace w2s::rtp {

// Makes key presses of the telephone-event packets of one peer (RFC 4733 2.5.2), whatever of them is lost,
// late or repeated: the marker and the first packets are not needed, an end that never comes is concluded
// from silence, an event in segments (2.5.1.3) is one press. Clock and payload type may change from packet to
// packet.
class DtmfReceiver {
 public:
  // What a packet of `clock_rate` says that was not known, oldest first; valid until the next call.
  std::span<const KeyPress> on_packet(Time now, const PacketView& packet, std::uint32_t clock_rate);
  // The press that has ended without its end packets, if any.
  std::optional<KeyPress> on_time(Time now);
  // Nothing more will come: the press that has not ended, as ended.
  std::optional<KeyPress> release();

 private:
  // One event of a packet, at its own start (RFC 4733 2.5.1.5: several follow each other without a gap).
  struct Report {
    TelephoneEvent event;
    std::uint32_t start = 0;
    std::uint32_t clock_rate = 8000;
    bool marker = false;
  };
  struct Current {
    KeyPress press;
    Ssrc source;
    std::uint32_t start = 0;          // of its newest segment, as the packets say
    std::uint32_t segment_units = 0;  // the most that was said of that segment
    Duration before_segment{};
    Time heard;
  };

  void on_report(Time now, Ssrc source, const Report& report);
  bool is_old(Time now, Ssrc source, const Report& report) const;
  bool is_same_start(Ssrc source, const Report& report) const;
  bool continues(Ssrc source, const Report& report);
  void update(Time now, const Report& report);
  void begin(Time now, Ssrc source, const Report& report);
  void tell(const KeyPress& press);

  // Each event of a packet can also end the one before it.
  static constexpr std::size_t most_events = 8;
  std::array<KeyPress, 2 * most_events> news_;
  std::size_t news_count_ = 0;
  std::optional<Current> current_;  // the newest press, ended or not
  std::uint32_t presses_ = 0;
};

}  // namespace w2s::rtp
