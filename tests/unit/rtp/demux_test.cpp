#include "w2s/rtp/demux.hpp"

#include <gtest/gtest.h>

namespace w2s::rtp {
namespace {

PacketKind kind_of(int first, int second = 0) {
  const Bytes datagram{static_cast<std::uint8_t>(first), static_cast<std::uint8_t>(second)};
  return classify(datagram);
}

// RFC 7983 7, figure 3
TEST(Demux, GoesByTheFirstByte) {
  for (int first = 0; first < 256; ++first) {
    auto expected = PacketKind::unknown;
    if (first <= 3) expected = PacketKind::stun;
    if (first >= 20 && first <= 63) expected = PacketKind::dtls;
    if (first >= 64 && first <= 79) expected = PacketKind::turn_channel;
    if (first >= 128 && first <= 191) expected = PacketKind::rtp;
    EXPECT_EQ(kind_of(first), expected) << first;
  }
}

// RFC 5761 4
TEST(Demux, TellsRtcpByItsPayloadType) {
  for (int type = 0; type < 128; ++type) {
    const auto expected = type >= 64 && type <= 95 ? PacketKind::rtcp : PacketKind::rtp;
    EXPECT_EQ(kind_of(0x80, type), expected) << type;
    EXPECT_EQ(kind_of(0x80, type | 0x80), expected) << type;
  }
  EXPECT_EQ(kind_of(0x81, 200), PacketKind::rtcp);
  EXPECT_EQ(kind_of(0x80, 0x80 | 111), PacketKind::rtp);
}

TEST(Demux, ShortDatagrams) {
  EXPECT_EQ(classify({}), PacketKind::unknown);
  const Bytes one{0x80};
  EXPECT_EQ(classify(one), PacketKind::unknown);
}

}  // namespace
}  // namespace w2s::rtp
