#pragma once
#include <array>
#include <cstdint>
#include <deque>
#include <optional>

#include "w2s/base/bytes.hpp"
#include "w2s/base/time.hpp"

namespace w2s::rtp {

// The payload of a telephone-event packet (RFC 4733 2.3).
struct TelephoneEvent {
  std::uint8_t event = 0;  // 0-9, 10 *, 11 #, 12-15 A-D; others pass as they are
  bool end = false;
  std::uint8_t volume = 10;    // -dBm0, 0..63
  std::uint16_t duration = 0;  // in timestamp units
  bool operator==(const TelephoneEvent&) const = default;
};
inline constexpr std::size_t telephone_event_size = 4;

std::optional<TelephoneEvent> parse_telephone_event(ByteView payload);
std::array<std::uint8_t, telephone_event_size> serialize(const TelephoneEvent& event);

// 0-9 * # A-D, also in lower case.
std::optional<std::uint8_t> event_of_digit(char digit);
std::optional<char> digit_of_event(std::uint8_t event);

// Sends key presses as telephone events, one after the other (RFC 4733 2.5.1). The caller gives each packet
// sequence number and SSRC, sends nothing else of the stream while active(), and calls on_time at
// next_time().
class DtmfSender {
 public:
  struct Packet {
    bool marker = false;
    std::uint32_t timestamp = 0;  // the event's start, the same in all its packets
    TelephoneEvent event;
  };

  explicit DtmfSender(std::uint32_t clock_rate);  // of the telephone-event payload

  // Queues a press. It lasts at least 40 ms (shorter ones are not recognised) and at most 65535 timestamp
  // units. False: no such digit, or too many are waiting.
  bool press(Time now, char digit, Duration duration);
  // The packet that is due, if any. Call it until it returns nullopt. `timestamp_now` is the stream's
  // timestamp at `now`.
  [[nodiscard]] std::optional<Packet> on_time(Time now, std::uint32_t timestamp_now);
  std::optional<Time> next_time() const;
  bool active() const { return !presses_.empty(); }

 private:
  struct Press {
    std::uint8_t event;
    Duration duration;
  };
  TelephoneEvent event_after(Duration elapsed, bool end) const;
  void finish_press();

  std::uint32_t clock_rate_;
  std::deque<Press> presses_;  // the first one is being sent
  Time due_{};                 // of the next packet
  int steps_ = 0;              // packets of the first press sent so far, without its end packets
  int end_packets_ = 0;
  std::uint32_t timestamp_ = 0;
};

}  // namespace w2s::rtp
