#include "w2s/rtp/rtcp.hpp"

#include <gtest/gtest.h>

#include "rtp_packets.hpp"

namespace w2s::rtp {
namespace {

std::vector<RtcpPacket> parse_all(ByteView datagram) {
  std::vector<RtcpPacket> packets;
  auto compound = CompoundView::parse(datagram);
  while (compound) {
    const auto packet = compound->next();
    if (!packet) break;
    packets.push_back(*packet);
  }
  return packets;
}

const ReportBlock some_block{{0xaabbccdd}, 17, -5, 0x00021234, 99, 0x11112222, 0x00018000};
const SenderInfo some_info{0x1122334455667788, 160000, 1000, 160000};

TEST(Rtcp, WhatWeWriteIsReadBack) {
  const std::array blocks{some_block, ReportBlock{{2}, 255, 0x7fffff, 3, 4, 5, 6}};
  for (const std::string cname : {"", "a", "ab", "abc", "abcd", "someone@192.0.2.1"}) {
    for (const bool sent : {true, false}) {
      Bytes out(500, 0xff);
      Report report{{7}, std::nullopt, blocks, cname};
      if (sent) report.sent = some_info;
      out.resize(write_report(out, report));
      ASSERT_FALSE(out.empty());
      EXPECT_EQ(out.size() % 4, 0U);
      const auto packets = parse_all(out);
      ASSERT_EQ(packets.size(), 2U);
      const auto* sr = std::get_if<SenderReport>(&packets[0]);
      const auto* rr = std::get_if<ReceiverReport>(&packets[0]);
      ASSERT_EQ(sr != nullptr, sent);
      ASSERT_EQ(rr != nullptr, !sent);
      EXPECT_EQ(sent ? sr->sender : rr->sender, Ssrc{7});
      const auto& read = sent ? sr->blocks : rr->blocks;
      ASSERT_EQ(read.size(), 2U);
      EXPECT_EQ(read[0], blocks[0]);
      EXPECT_EQ(read[1], blocks[1]);
      if (sent) {
        EXPECT_EQ(sr->info, some_info);
      }
      EXPECT_EQ(std::get<SourceDescription>(packets[1]).cname({7}), cname);
      EXPECT_FALSE(std::get<SourceDescription>(packets[1]).cname({8}));
    }
  }
}

// The bytes by hand, so that reader and writer cannot be wrong in the same way.
TEST(Rtcp, WritesTheBytesOfRfc3550) {
  Bytes out(200);
  out.resize(write_report(out, {{7}, std::nullopt, {&some_block, 1}, "abc"}));
  EXPECT_EQ(out, bytes_of_hex("81c90007 00000007 aabbccdd 11fffffb 00021234 00000063 11112222 00018000"
                              "81ca0003 00000007 01036162 63000000"));
}

TEST(Rtcp, WritesNothingThatDoesNotFit) {
  Bytes out(48);
  const Report report{{7}, std::nullopt, {&some_block, 1}, "abcde"};
  EXPECT_EQ(write_report(out, report), 48U);
  EXPECT_EQ(write_report(MutableByteView(out).first(47), report), 0U);
  const std::vector<ReportBlock> many(32);
  const std::string long_name(256, 'x');
  Bytes large(2000);
  EXPECT_EQ(write_report(large, {{7}, std::nullopt, many, "x"}), 0U);
  EXPECT_EQ(write_report(large, {{7}, std::nullopt, {}, long_name}), 0U);
}

TEST(Rtcp, WritesTheBytesOfAPictureLossIndication) {
  Bytes out(20, 0xff);
  EXPECT_EQ(write_pli(out, {{0x01020304}, {0xaabbccdd}}), 12U);
  EXPECT_EQ(out, bytes_of_hex("81ce0002 01020304 aabbccdd ffffffff ffffffff"));
  EXPECT_EQ(write_pli(MutableByteView(out).first(11), {{1}, {2}}), 0U);
}

TEST(Rtcp, WritesTheBytesOfAFullIntraRequest) {
  Bytes out(24, 0xff);
  EXPECT_EQ(write_fir(out, {0x01020304}, {{0xaabbccdd}, 0x2a}), 20U);
  EXPECT_EQ(out, bytes_of_hex("84ce0004 01020304 00000000 aabbccdd 2a000000 ffffffff"));
  EXPECT_EQ(write_fir(MutableByteView(out).first(19), {1}, {{2}, 3}), 0U);
}

TEST(Rtcp, FeedbackIsReadBackBehindItsReport) {
  Bytes out(200);
  const MutableByteView room(out);
  auto length = write_report(room, {{7}, some_info, {}, "abc"});
  length += write_pli(room.subspan(length), {{7}, {8}});
  length += write_fir(room.subspan(length), {7}, {{9}, 255});
  out.resize(length);
  const auto packets = parse_all(out);
  ASSERT_EQ(packets.size(), 4U);
  const auto& indication = std::get<PictureLossIndication>(packets[2]);
  EXPECT_EQ(indication.sender, Ssrc{7});
  EXPECT_EQ(indication.media, Ssrc{8});
  const auto& request = std::get<FullIntraRequest>(packets[3]);
  EXPECT_EQ(request.sender, Ssrc{7});
  ASSERT_EQ(request.size(), 1U);
  EXPECT_EQ(request[0].media, Ssrc{9});
  EXPECT_EQ(request[0].command, 255);
}

TEST(Rtcp, ReadsFeedback) {
  const auto bytes = bytes_of_hex(
      "81cd0004 00000001 00000002 12340005 ffff0000"                    // NACK with two entries
      "81ce0002 00000001 00000003"                                      // PLI
      "84ce0006 00000001 00000000 00000004 2a000000 00000005 2b000000"  // FIR with two entries
      "8fce0003 00000001 00000002 52454d42"                             // REMB: not known here
      "81cc0002 00000001 4e414d45"                                      // APP
      "82cb0002 00000001 00000009");                                    // BYE of two
  const auto packets = parse_all(bytes);
  ASSERT_EQ(packets.size(), 4U);
  const auto& nack = std::get<Nack>(packets[0]);
  EXPECT_EQ(nack.media, Ssrc{2});
  ASSERT_EQ(nack.size(), 2U);
  EXPECT_EQ(nack[0].lost, SeqNo{0x1234});
  EXPECT_EQ(nack[0].following, 5);
  EXPECT_EQ(nack[1].lost, SeqNo{0xffff});
  EXPECT_EQ(std::get<PictureLossIndication>(packets[1]).media, Ssrc{3});
  const auto& fir = std::get<FullIntraRequest>(packets[2]);
  ASSERT_EQ(fir.size(), 2U);
  EXPECT_EQ(fir[1].media, Ssrc{5});
  EXPECT_EQ(fir[1].command, 0x2b);
  const auto& bye = std::get<Goodbye>(packets[3]);
  ASSERT_EQ(bye.size(), 2U);
  EXPECT_EQ(bye[1], Ssrc{9});
}

TEST(Rtcp, ADamagedCompoundIsNotBelievedAtAll) {
  const auto good = bytes_of_hex("80c90001 00000007 81ca0002 00000007 01006162");
  EXPECT_EQ(parse_all(good).size(), 2U);
  for (std::size_t size = 0; size < good.size(); ++size) {
    const bool whole_first_packet = size == 8;
    EXPECT_EQ(parse_all(ByteView(good).first(size)).size(), whole_first_packet ? 1U : 0U) << size;
  }
  auto wrong_version = good;
  wrong_version[8] = 0x41;
  EXPECT_TRUE(parse_all(wrong_version).empty());
  EXPECT_TRUE(parse_all(bytes_of_hex("80c9ffff 00000007")).empty());
}

TEST(Rtcp, PaddingIsForTheLastPacketOnly) {
  EXPECT_EQ(parse_all(bytes_of_hex("80c90001 00000007 a0c90002 00000007 00000004")).size(), 2U);
  EXPECT_TRUE(parse_all(bytes_of_hex("a0c90002 00000007 00000004 80c90001 00000007")).empty());
  EXPECT_TRUE(parse_all(bytes_of_hex("a0c90002 00000007 00000000")).empty());
  EXPECT_TRUE(parse_all(bytes_of_hex("a0c90002 00000007 00000003")).empty());
  EXPECT_TRUE(parse_all(bytes_of_hex("a0c90002 00000007 0000000c")).empty());
}

TEST(Rtcp, CountsThatDoNotFitSkipThePacketOnly) {
  // A receiver report that announces one block too many, a BYE and a NACK without their SSRCs; then a good
  // one.
  const auto packets =
      parse_all(bytes_of_hex("81c90001 00000007 82cb0001 00000001 81cd0001 00000001 80c90001 00000008"));
  ASSERT_EQ(packets.size(), 1U);
  EXPECT_EQ(std::get<ReceiverReport>(packets[0]).sender, Ssrc{8});
}

TEST(Rtcp, CnameIsFoundBehindOtherItemsAndChunks) {
  const auto bytes = bytes_of_hex("82ca0006 00000001 02026161 00000000 00000002 02016101 026a6f00");
  const auto packets = parse_all(bytes);
  ASSERT_EQ(packets.size(), 1U);
  const auto& description = std::get<SourceDescription>(packets[0]);
  EXPECT_FALSE(description.cname({1}));
  EXPECT_EQ(description.cname({2}), "jo");
  const auto damaged = bytes_of_hex("81ca0002 00000001 01ff6161");
  EXPECT_FALSE(std::get<SourceDescription>(parse_all(damaged).at(0)).cname({1}));
}

TEST(Rtcp, NtpTimeCountsFrom1900) {
  EXPECT_EQ(ntp_time(0), 2208988800ULL << 32);
  EXPECT_EQ(ntp_time(1'500'000'000), (2208988801ULL << 32) + 0x80000000);
}

}  // namespace
}  // namespace w2s::rtp
