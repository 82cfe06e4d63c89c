#pragma once
#include <cstdint>
#include <deque>
#include <optional>

#include "w2s/base/time.hpp"
#include "w2s/rtp/key_press.hpp"
#include "w2s/rtp/telephone_event.hpp"

namespace w2s::rtp {

// Sends key presses as telephone events, one after the other (RFC 4733 2.5.1): those asked for at once and
// those that are still held down where they come from. The caller gives each packet sequence number and SSRC,
// sends nothing else of the stream while active(), and calls on_time at next_time().
class DtmfSender {
 public:
  struct Packet {
    bool marker = false;
    std::uint32_t timestamp = 0;  // the start of the event or of its segment, the same in all packets of it
    TelephoneEvent event;
  };
  // Where the stream is now. Its clock is that of the audio, which the event's payload type may not share.
  struct Position {
    std::uint32_t timestamp = 0;
    std::uint32_t clock_rate = 8000;
  };

  explicit DtmfSender(std::uint32_t clock_rate) { set_clock_rate(clock_rate); }
  void set_clock_rate(std::uint32_t clock_rate);  // of the telephone-event payload

  // Queues a press. It lasts at least 40 ms: shorter ones are not recognised. False: no such digit, or too
  // many are waiting.
  bool press(Time now, char digit, Duration duration);
  // Queues a press of another stream, or takes the news of one. False: too many are waiting.
  bool follow(Time now, const KeyPress& press);
  // The packet that is due, if any. Call it until it returns nullopt.
  [[nodiscard]] std::optional<Packet> on_time(Time now, const Position& position);
  std::optional<Time> next_time() const;
  bool active() const { return !presses_.empty(); }

 private:
  bool add(Time now, const KeyPress& press);
  void begin(const Position& position);
  Packet make_packet(Duration duration, bool end) const;
  Packet close_segment(const Position& position);
  void finish_press();

  std::uint32_t clock_rate_ = 8000;
  Duration longest_segment_{};    // as much as the duration field can say
  std::deque<KeyPress> presses_;  // the first one is being sent; number 0: not of another stream
  Time due_{};                    // of the next packet
  bool begun_ = false;            // a packet of the first press was sent
  int steps_ = 0;                 // packets of the first press sent so far, without its end packets
  int end_packets_ = 0;
  std::uint32_t timestamp_ = 0;
  Duration before_segment_{};
};

}  // namespace w2s::rtp
