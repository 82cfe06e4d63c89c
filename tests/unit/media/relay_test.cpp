#include "media/relay.hpp"

#include <array>

#include <gtest/gtest.h>

#include "w2s/rtp/packet.hpp"

namespace w2s::media {
namespace {

using leg::Direction;
using Outcome = Relay::Outcome;

const leg::Codec pcmu{"pcmu", 8000, 1, ""};
const leg::Codec pcma{"pcma", 8000, 1, ""};
const leg::Codec opus{"opus", 48000, 2, "minptime=10;useinbandfec=1"};
const leg::Codec events{"telephone-event", 8000, 1, "0-16"};

struct RelayTest : testing::Test {
  SeededRng rng{1};
  Time now{1h};
  OutgoingStream out{{0x0a0b0c0d}, rng};
  Relay relay;
  leg::StreamPlan from;
  leg::StreamPlan to;
  std::array<std::uint8_t, Packet::capacity> buffer{};
  Packet packet{buffer, 0};

  RelayTest() {
    from.payloads = {{opus, 111, 111}, {pcmu, 0, 0}, {events, 126, 126}};
    from.tolerated = {{pcma, 8, 8}};
    to.payloads = {{pcmu, 0, 0}, {pcma, 8, 8}, {events, 101, 100}, {opus, 96, 97}};
    connect();
  }
  void connect() {
    relay.connect(from, to);
    out.apply(to);
  }
  Outcome pass(std::uint8_t payload_type, std::uint16_t sequence, std::uint32_t timestamp) {
    rtp::write_header(buffer, {false, {payload_type}, {sequence}, timestamp, {0x01020304}});
    buffer[rtp::header_size] = 0x5a;
    packet.length = rtp::header_size + 160;
    return relay.pass(now, *rtp::PacketView::parse(packet.bytes()), packet, out);
  }
  rtp::PacketView view() const { return *rtp::PacketView::parse(packet.bytes()); }
};

TEST_F(RelayTest, RewritesPayloadTypeAndSsrcAndKeepsThePayload) {
  ASSERT_EQ(pass(0, 5, 1000), Outcome::send);
  EXPECT_EQ(view().payload_type().value, 0);
  EXPECT_EQ(view().ssrc().value, 0x0a0b0c0dU);
  EXPECT_EQ(view().payload()[0], 0x5a);
  ASSERT_EQ(pass(111, 6, 1160), Outcome::send);
  EXPECT_EQ(view().payload_type().value, 97) << "the number the receiver wants, not the one it sends with";
}

TEST_F(RelayTest, EventsAreLeftToBeMadeAnew) {
  EXPECT_EQ(pass(126, 7, 1320), Outcome::event);
  EXPECT_EQ(relay.clock_rate({126}), 8000U);
  to.payloads = {{pcmu, 0, 0}};
  connect();
  EXPECT_EQ(pass(126, 8, 1320), Outcome::event) << "the other leg's peer is told by INFO";
  to.peer_direction = Direction::inactive;
  connect();
  EXPECT_EQ(pass(126, 9, 1320), Outcome::held);
}

TEST_F(RelayTest, SequenceAndTimestampGoOnAsTheyCame) {
  ASSERT_EQ(pass(0, 5, 1000), Outcome::send);
  const auto sequence = view().sequence();
  const auto timestamp = view().timestamp();
  ASSERT_EQ(pass(0, 8, 1480), Outcome::send);
  EXPECT_EQ(view().sequence().since(sequence), 3) << "loss stays visible";
  EXPECT_EQ(view().timestamp() - timestamp, 480U);
}

TEST_F(RelayTest, WhatWasOnlyOfferedIsTakenWhenTheReceiverKnowsIt) {
  EXPECT_EQ(pass(8, 1, 0), Outcome::send);
  to.payloads = {{pcmu, 0, 0}};
  connect();
  EXPECT_EQ(pass(8, 2, 160), Outcome::no_codec);
}

TEST_F(RelayTest, UnknownPayloadsAndUnknownCodecsAreNotPassedOn) {
  EXPECT_EQ(pass(18, 1, 0), Outcome::no_codec);
  EXPECT_EQ(relay.clock_rate({18}), 0U);
  EXPECT_EQ(relay.clock_rate({111}), 48000U);
}

TEST_F(RelayTest, ANegotiatedNumberGoesBeforeOneThatWasOnlyOffered) {
  from.tolerated = {{pcma, 0, 0}};
  connect();
  ASSERT_EQ(pass(0, 1, 0), Outcome::send);
  EXPECT_EQ(view().payload_type().value, 0);
}

TEST_F(RelayTest, DirectionsAreHonoured) {
  const struct {
    Direction sender;
    Direction receiver;
    bool open;
  } cases[] = {
      {Direction::sendrecv, Direction::sendrecv, true},  {Direction::sendonly, Direction::recvonly, true},
      {Direction::recvonly, Direction::sendrecv, false}, {Direction::inactive, Direction::sendrecv, false},
      {Direction::sendrecv, Direction::sendonly, false}, {Direction::sendrecv, Direction::inactive, false},
  };
  std::uint16_t sequence = 0;
  for (const auto& c : cases) {
    from.peer_direction = c.sender;
    to.peer_direction = c.receiver;
    connect();
    ++sequence;
    EXPECT_EQ(pass(0, sequence, 160U * sequence), c.open ? Outcome::send : Outcome::held)
        << leg::name(c.sender) << " to " << leg::name(c.receiver);
  }
}

TEST_F(RelayTest, NothingPassesBeforeBothPlansAreKnown) {
  relay = Relay();
  EXPECT_EQ(pass(0, 1, 0), Outcome::not_connected);
}

TEST_F(RelayTest, AKeyPressReplacesTheAudioAndLeavesNoGap) {
  ASSERT_EQ(pass(0, 1, 0), Outcome::send);
  const auto before = view().sequence();
  ASSERT_TRUE(out.press(now, '5', 100ms));
  EXPECT_EQ(pass(0, 2, 160), Outcome::superseded);

  int packets = 0;
  int ends = 0;
  std::array<std::uint8_t, 64> dtmf_buffer{};
  for (; out.next_dtmf(); now = std::max(now + 1ms, *out.next_dtmf())) {
    while (const auto dtmf = out.write_dtmf(now, dtmf_buffer)) {
      ++packets;
      const auto dtmf_view = *rtp::PacketView::parse(dtmf->bytes());
      EXPECT_EQ(dtmf_view.payload_type().value, 100);
      EXPECT_EQ(dtmf_view.ssrc().value, 0x0a0b0c0dU);
      EXPECT_EQ(dtmf_view.marker(), packets == 1);
      EXPECT_EQ(dtmf_view.sequence().since(before), packets);
      const auto event = rtp::parse_telephone_event(dtmf_view.payload());
      ASSERT_TRUE(event);
      EXPECT_EQ(event->event, 5);
      ends += event->end ? 1 : 0;
    }
    if (!out.next_dtmf()) break;
  }
  EXPECT_GE(packets, 4);
  EXPECT_EQ(ends, 3) << "RFC 4733 2.5.1.4: the end is sent three times";
  ASSERT_EQ(pass(0, 3, 320), Outcome::send);
  EXPECT_EQ(view().sequence().since(before), packets + 1);
}

TEST_F(RelayTest, NoKeyPressWithoutTelephoneEvent) {
  to.payloads = {{pcmu, 0, 0}};
  connect();
  EXPECT_FALSE(out.press(now, '5', 100ms));
}

}  // namespace
}  // namespace w2s::media
