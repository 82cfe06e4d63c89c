#include <stdexcept>

#include <gtest/gtest.h>

#include "media/srtp/packet_cipher.hpp"
#include "media/srtp/packet_index.hpp"
#include "srtp_packets.hpp"

namespace w2s::media {
namespace {

using Verdict = SrtpReceiver::Verdict;

class Srtp : public testing::TestWithParam<SrtpProfile> {
 protected:
  std::mt19937 random_{20260101};
  SrtpKey key_ = random_key(random_, GetParam());
  SrtpSender sender_{GetParam(), key_};
  SrtpReceiver receiver_{GetParam(), key_};

  Bytes sealed(std::uint16_t sequence, std::uint32_t ssrc = 7) {
    return protect_rtp(sender_, random_rtp(random_, ssrc, sequence));
  }
  Verdict receive(const Bytes& packet) { return unprotect_rtp(receiver_, packet).verdict; }
};

TEST_P(Srtp, WhatIsProtectedComesBack) {
  for (std::uint16_t sequence = 0; sequence < 500; ++sequence) {
    const auto packet = random_rtp(random_, sequence % 3, sequence);
    const auto on_the_wire = protect_rtp(sender_, packet);
    EXPECT_EQ(on_the_wire.size(), packet.size() + tag_length(GetParam()));
    const auto back = unprotect_rtp(receiver_, on_the_wire);
    ASSERT_EQ(back.verdict, Verdict::ok);
    ASSERT_EQ(back.packet, packet);
  }
}

TEST_P(Srtp, HeaderStaysClearAndPayloadDoesNot) {
  Bytes packet(12 + 160, 0xaa);
  packet[0] = 0x80;
  const auto on_the_wire = protect_rtp(sender_, packet);
  EXPECT_TRUE(std::equal(packet.begin(), packet.begin() + 12, on_the_wire.begin()));
  EXPECT_FALSE(std::equal(packet.begin() + 12, packet.end(), on_the_wire.begin() + 12));
}

TEST_P(Srtp, RollOverInOrder) {
  for (std::uint32_t n = 65000; n < 65000 + 3 * 65536; n += 50)
    ASSERT_EQ(receive(sealed(static_cast<std::uint16_t>(n))), Verdict::ok) << n;
}

TEST_P(Srtp, ReorderingAroundARollOver) {
  std::vector<Bytes> packets;
  for (std::uint32_t n = 65500; n < 65600; ++n) packets.push_back(sealed(static_cast<std::uint16_t>(n)));
  for (std::size_t first = 0; first < packets.size(); first += 20)
    std::shuffle(packets.begin() + static_cast<std::ptrdiff_t>(first),
                 packets.begin() + static_cast<std::ptrdiff_t>(first + 20), random_);
  for (const auto& p : packets) ASSERT_EQ(receive(p), Verdict::ok) << load_be16(&p[2]);
  for (const auto& p : packets) ASSERT_EQ(receive(p), Verdict::replayed) << load_be16(&p[2]);
}

TEST_P(Srtp, SenderReordersAroundARollOverToo) {
  for (const auto n : {65533, 65535, 0, 65534, 2, 1}) {
    const auto packet = random_rtp(random_, 7, static_cast<std::uint16_t>(n));
    EXPECT_EQ(unprotect_rtp(receiver_, protect_rtp(sender_, packet)).packet, packet) << n;
  }
}

TEST_P(Srtp, SenderNeverUsesAnIndexTwice) {
  EXPECT_FALSE(sealed(1000).empty());
  EXPECT_TRUE(sealed(1000).empty());
  EXPECT_FALSE(sealed(1200).empty());
  EXPECT_TRUE(sealed(1200 - ReplayWindow::size).empty());
  EXPECT_FALSE(sealed(1201 - ReplayWindow::size).empty());
  EXPECT_FALSE(sealed(1000, 8).empty());  // another SSRC has its own numbers
}

TEST_P(Srtp, ReplaysAndTooOldPacketsAreRefused) {
  std::vector<Bytes> packets;
  for (std::uint16_t n = 0; n < 200; ++n) packets.push_back(sealed(n));
  EXPECT_EQ(receive(packets[0]), Verdict::ok);
  EXPECT_EQ(receive(packets[0]), Verdict::replayed);
  EXPECT_EQ(receive(packets[199]), Verdict::ok);
  EXPECT_EQ(receive(packets[199 - 127]), Verdict::ok);  // the oldest that the window covers
  EXPECT_EQ(receive(packets[199 - 127]), Verdict::replayed);
  EXPECT_EQ(receive(packets[199 - 128]), Verdict::replayed);  // never seen, but nobody can know
}

TEST_P(Srtp, EveryForgedBitIsNoticedAndChangesNothing) {
  const auto packet = sealed(5);
  EXPECT_EQ(receive(sealed(4)), Verdict::ok);
  for (std::size_t bit = 0; bit < packet.size() * 8; ++bit) {
    auto forged = packet;
    forged[bit / 8] = static_cast<std::uint8_t>(forged[bit / 8] ^ (1 << bit % 8));
    const auto verdict = receive(forged);
    ASSERT_TRUE(verdict == Verdict::authentication_failed || verdict == Verdict::malformed) << bit << verdict;
  }
  EXPECT_EQ(receive(packet), Verdict::ok);
}

TEST_P(Srtp, ForgedPacketsDoNotMoveTheRollOverCounter) {
  EXPECT_EQ(receive(sealed(65000)), Verdict::ok);
  auto forged = random_rtp(random_, 7, 100);  // would be the next roll-over
  forged.resize(forged.size() + 40);
  for (int n = 0; n < 200; ++n) EXPECT_EQ(receive(forged), Verdict::authentication_failed);
  EXPECT_EQ(receive(sealed(65001)), Verdict::ok);
}

TEST_P(Srtp, TruncatedPacketsAreRefused) {
  const auto rtp = sealed(5);
  for (std::size_t size = 0; size < rtp.size(); ++size)
    ASSERT_NE(receive(Bytes(rtp.begin(), rtp.begin() + static_cast<std::ptrdiff_t>(size))), Verdict::ok)
        << size;
  const auto rtcp = protect_rtcp(sender_, random_rtcp(random_, 7));
  for (std::size_t size = 0; size < rtcp.size(); ++size) {
    const Bytes cut(rtcp.begin(), rtcp.begin() + static_cast<std::ptrdiff_t>(size));
    ASSERT_NE(unprotect_rtcp(receiver_, cut).verdict, Verdict::ok) << size;
  }
  EXPECT_EQ(receive(rtp), Verdict::ok);
}

TEST_P(Srtp, ALengthBeyondTheBufferIsMalformed) {
  Bytes buffer(40);
  buffer[0] = 0x80;
  std::size_t length = 41;
  EXPECT_EQ(receiver_.unprotect_rtp(buffer, length), Verdict::malformed);
  EXPECT_EQ(receiver_.unprotect_rtcp(buffer, length), Verdict::malformed);
  EXPECT_EQ(length, 41U);
}

TEST_P(Srtp, OnlyAuthenticatedStreamsAreCountedAndTheirNumberIsBounded) {
  for (std::uint32_t ssrc = 1000; ssrc < 2000; ++ssrc) {
    auto stranger = random_rtp(random_, ssrc, 1);
    stranger.resize(stranger.size() + 40);
    EXPECT_EQ(receive(stranger), Verdict::authentication_failed);
  }
  for (std::uint32_t ssrc = 1; ssrc <= SrtpReceiver::max_streams; ++ssrc)
    EXPECT_EQ(receive(sealed(1, ssrc)), Verdict::ok);
  EXPECT_EQ(receive(sealed(1, 99)), Verdict::too_many_streams);
  EXPECT_EQ(receive(sealed(2, 1)), Verdict::ok);
}

TEST_P(Srtp, ControlPacketsComeBackOnce) {
  for (int n = 0; n < 300; ++n) {
    const auto packet = random_rtcp(random_, static_cast<std::uint32_t>(n % 2));
    const auto on_the_wire = protect_rtcp(sender_, packet);
    EXPECT_EQ(on_the_wire.size(), packet.size() + sender_.overhead());
    const auto back = unprotect_rtcp(receiver_, on_the_wire);
    ASSERT_EQ(back.verdict, Verdict::ok);
    ASSERT_EQ(back.packet, packet);
    ASSERT_EQ(unprotect_rtcp(receiver_, on_the_wire).verdict, Verdict::replayed);
  }
}

TEST_P(Srtp, EveryForgedBitOfAControlPacketIsNoticed) {
  const auto packet = protect_rtcp(sender_, Bytes(bytes_of_hex("80c90001 00000007")));
  for (std::size_t bit = 0; bit < packet.size() * 8; ++bit) {
    auto forged = packet;
    forged[bit / 8] = static_cast<std::uint8_t>(forged[bit / 8] ^ (1 << bit % 8));
    ASSERT_NE(unprotect_rtcp(receiver_, forged).verdict, Verdict::ok) << bit;
  }
  EXPECT_EQ(unprotect_rtcp(receiver_, packet).verdict, Verdict::ok);
}

// RFC 3711 3.4: the E flag may be clear; such a packet is authenticated all the same.
TEST_P(Srtp, UnencryptedControlPacketsAreAuthenticated) {
  const auto plain = bytes_of_hex("80c90001 00000007 01020304");
  auto packet = plain;
  packet.resize(plain.size() + overhead(GetParam()));
  const bool word_first = GetParam() == SrtpProfile::aes128_cm_sha1_80;
  store_be32(&packet[word_first ? plain.size() : packet.size() - 4], 9);
  const auto cipher = make_packet_cipher(GetParam(), derive_session_keys(GetParam(), key_, SrtpUse::rtcp),
                                         SrtpUse::rtcp, CipherDirection::seal);
  ASSERT_TRUE(cipher->seal({MutableByteView(packet).first(plain.size()), plain.size(), 7, 9, 9},
                           &packet[plain.size() + (word_first ? 4 : 0)]));
  auto forged = packet;
  forged[9] ^= 1;
  EXPECT_EQ(unprotect_rtcp(receiver_, forged).verdict, Verdict::authentication_failed);
  EXPECT_EQ(unprotect_rtcp(receiver_, packet).packet, plain);
}

TEST_P(Srtp, SenderRefusesWhatIsNoPacketOrHasNoRoom) {
  auto packet = random_rtp(random_, 7, 1);
  const auto length = packet.size();
  EXPECT_EQ(sender_.protect_rtp(packet, length), 0U);  // no room
  EXPECT_EQ(sender_.protect_rtp(packet, length + 1), 0U);
  Bytes short_header(11 + 20, 0x80);
  EXPECT_EQ(sender_.protect_rtp(short_header, 11), 0U);
  Bytes wrong_version(12 + 20, 0x40);
  EXPECT_EQ(sender_.protect_rtp(wrong_version, 12), 0U);
  Bytes short_report(7 + 20, 0x80);
  EXPECT_EQ(sender_.protect_rtcp(short_report, 7), 0U);
}

TEST_P(Srtp, KeysOfTheWrongLengthAreRefused) {
  auto wrong = key_;
  wrong.salt.pop_back();
  EXPECT_THROW(SrtpSender(GetParam(), wrong), std::invalid_argument);
  wrong = key_;
  wrong.key.push_back(0);
  EXPECT_THROW(SrtpReceiver(GetParam(), wrong), std::invalid_argument);
}

INSTANTIATE_TEST_SUITE_P(Profiles, Srtp, testing::ValuesIn(all_profiles),
                         [](const auto& p) { return std::string(profile_name(p.param)); });

TEST(PacketIndex, FollowsRfc3711AppendixA) {
  const auto at = [](std::uint64_t counter, std::uint64_t sequence) { return counter << 16 | sequence; };
  EXPECT_EQ(estimate_index(at(5, 100), 101), at(5, 101));
  EXPECT_EQ(estimate_index(at(5, 100), 99), at(5, 99));
  EXPECT_EQ(estimate_index(at(5, 65535), 0), at(6, 0));
  EXPECT_EQ(estimate_index(at(6, 0), 65535), at(5, 65535));
  EXPECT_EQ(estimate_index(at(5, 40000), 7000), at(6, 7000));
  EXPECT_EQ(estimate_index(at(5, 40000), 8000), at(5, 8000));
  EXPECT_EQ(estimate_index(at(0, 3), 65530), at(0, 65530));  // there is no counter before 0
}

}  // namespace
}  // namespace w2s::media
