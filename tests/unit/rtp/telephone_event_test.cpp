#include "w2s/rtp/telephone_event.hpp"

#include <gtest/gtest.h>

#include "rtp_packets.hpp"

namespace w2s::rtp {
namespace {

TEST(TelephoneEvent, PayloadBothWays) {
  const auto bytes = bytes_of_hex("0b8a0320");
  const TelephoneEvent hash{11, true, 10, 800};
  EXPECT_EQ(parse_telephone_event(bytes), hash);
  EXPECT_EQ(hex(serialize(hash)), "0b8a0320");
  EXPECT_EQ(parse_telephone_event(bytes_of_hex("05ca0001")), (TelephoneEvent{5, true, 10, 1}))
      << "reserved bit";
  EXPECT_FALSE(parse_telephone_event(ByteView(bytes).first(3)));
  EXPECT_FALSE(parse_telephone_event({}));
}

TEST(TelephoneEvent, Digits) {
  const std::string_view digits = "0123456789*#ABCD";
  for (std::size_t n = 0; n < digits.size(); ++n) {
    EXPECT_EQ(event_of_digit(digits[n]), n);
    EXPECT_EQ(digit_of_event(static_cast<std::uint8_t>(n)), digits[n]);
  }
  EXPECT_EQ(event_of_digit('d'), 15);
  for (const char bad : {'e', 'E', ' ', '\0', '/', ':'}) EXPECT_FALSE(event_of_digit(bad)) << bad;
  EXPECT_FALSE(digit_of_event(16));
}

struct Sent {
  Duration at;
  DtmfSender::Packet packet;
};

// Runs the sender on its own times until it is done; the stream's timestamp is 1000 at the start.
std::vector<Sent> run(DtmfSender& sender, Time start, std::uint32_t clock_rate) {
  std::vector<Sent> sent;
  while (const auto time = sender.next_time()) {
    const auto elapsed = *time - start;
    const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(elapsed).count();
    const auto timestamp = static_cast<std::uint32_t>(1000 + milliseconds * clock_rate / 1000);
    EXPECT_FALSE(sender.on_time(*time - 1ms, timestamp)) << "early";
    const auto packet = sender.on_time(*time, timestamp);
    EXPECT_TRUE(packet);
    if (!packet || sent.size() > 1000) break;
    sent.push_back({elapsed, *packet});
  }
  return sent;
}

TEST(Dtmf, AnEventOf100Milliseconds) {
  const Time start{1000s};
  DtmfSender sender(8000);
  EXPECT_FALSE(sender.active());
  ASSERT_TRUE(sender.press(start, '#', 100ms));
  EXPECT_TRUE(sender.active());
  const auto sent = run(sender, start, 8000);
  EXPECT_FALSE(sender.active());

  const std::vector<int> durations{160, 320, 480, 640, 800, 800, 800};
  ASSERT_EQ(sent.size(), durations.size());
  for (std::size_t n = 0; n < sent.size(); ++n) {
    const auto& packet = sent[n].packet;
    EXPECT_EQ(sent[n].at, 20ms * n);
    EXPECT_EQ(packet.marker, n == 0);
    EXPECT_EQ(packet.timestamp, 1000U) << "constant over the event";
    EXPECT_EQ(packet.event, (TelephoneEvent{11, n >= 4, 10, static_cast<std::uint16_t>(durations[n])}));
  }
}

TEST(Dtmf, ShortPressesLast40Milliseconds) {
  const Time start{1000s};
  for (const Duration duration : {0ms, 10ms, 40ms}) {
    DtmfSender sender(48000);
    ASSERT_TRUE(sender.press(start, '1', duration));
    const auto sent = run(sender, start, 48000);
    ASSERT_EQ(sent.size(), 4U);
    EXPECT_EQ(sent.back().packet.event.duration, 1920);
  }
}

TEST(Dtmf, LongPressesStayWithinTheField) {
  const Time start{1000s};
  DtmfSender sender(48000);
  ASSERT_TRUE(sender.press(start, '1', 3600s));
  const auto sent = run(sender, start, 48000);
  EXPECT_GE(sent.back().packet.event.duration, 65530);
  for (std::size_t n = 1; n < sent.size(); ++n)
    EXPECT_GE(sent[n].packet.event.duration, sent[n - 1].packet.event.duration);
}

TEST(Dtmf, PressesFollowEachOtherWithAPause) {
  const Time start{1000s};
  DtmfSender sender(8000);
  ASSERT_TRUE(sender.press(start, '1', 40ms));
  ASSERT_TRUE(sender.press(start, '1', 40ms));
  const auto sent = run(sender, start, 8000);
  ASSERT_EQ(sent.size(), 8U);
  EXPECT_EQ(sent[4].at, 120ms);
  EXPECT_TRUE(sent[4].packet.marker);
  EXPECT_GE(sent[4].packet.timestamp, 1000U + 320 + 320) << "40 ms after the end of the first";
}

TEST(Dtmf, APressRightAfterTheLastOneWaitsForItsPause) {
  const Time start{1000s};
  DtmfSender sender(8000);
  ASSERT_TRUE(sender.press(start, '1', 40ms));
  run(sender, start, 8000);
  ASSERT_TRUE(sender.press(start + 61ms, '2', 40ms));
  EXPECT_EQ(sender.next_time(), start + 120ms);
  run(sender, start, 8000);
  ASSERT_TRUE(sender.press(start + 10s, '3', 40ms));
  EXPECT_EQ(sender.next_time(), start + 10s);
}

TEST(Dtmf, RefusesWhatIsNoDigitAndTooMany) {
  DtmfSender sender(8000);
  EXPECT_FALSE(sender.press(Time{1s}, 'x', 100ms));
  EXPECT_FALSE(sender.next_time());
  int taken = 0;
  while (taken < 1000 && sender.press(Time{1s}, '5', 100ms)) ++taken;
  EXPECT_EQ(taken, 32);
}

}  // namespace
}  // namespace w2s::rtp
