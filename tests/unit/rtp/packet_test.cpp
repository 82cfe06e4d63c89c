#include <array>

#include <gtest/gtest.h>

#include "rtp_packets.hpp"

namespace w2s::rtp {
namespace {

// Two CSRCs, a one-byte extension with ids 1 and 3 and padding between them, 3 bytes of payload, 2 of
// padding.
const auto full_packet =
    "b2e00102 00000304 0000abcd 00000011 00000022 bede0002 10aa0032 01020300 706c79 0002";

std::optional<PacketView> parse(const Bytes& bytes) {
  return PacketView::parse(bytes);
}

TEST(PacketView, ReadsEveryField) {
  const auto bytes = bytes_of_hex(full_packet);
  const auto packet = parse(bytes);
  ASSERT_TRUE(packet);
  EXPECT_TRUE(packet->marker());
  EXPECT_EQ(packet->payload_type(), PayloadType{96});
  EXPECT_EQ(packet->sequence(), SeqNo{0x0102});
  EXPECT_EQ(packet->timestamp(), 0x0304U);
  EXPECT_EQ(packet->ssrc(), Ssrc{0xabcd});
  ASSERT_EQ(packet->csrc_count(), 2U);
  EXPECT_EQ(packet->csrc(1), Ssrc{0x22});
  EXPECT_EQ(packet->header().size(), 32U);
  EXPECT_EQ(as_text(packet->payload()), "ply");
  EXPECT_EQ(packet->padding(), 2U);
}

TEST(PacketView, RefusesEveryTruncation) {
  const auto bytes = bytes_of_hex(full_packet);
  for (std::size_t size = 0; size < 32; ++size)
    EXPECT_FALSE(PacketView::parse(ByteView(bytes).first(size))) << size;
}

TEST(PacketView, RefusesWrongVersionsAndPadding) {
  auto bytes = bytes_of_hex(full_packet);
  bytes.back() = 0;
  EXPECT_FALSE(parse(bytes)) << "padding of no byte";
  bytes.back() = 6;
  EXPECT_FALSE(parse(bytes)) << "padding longer than the payload";
  bytes.back() = 5;
  ASSERT_TRUE(parse(bytes));
  EXPECT_TRUE(parse(bytes)->payload().empty());
  for (const int version : {0x00, 0x40, 0xc0}) {
    bytes[0] = static_cast<std::uint8_t>((bytes[0] & 0x3f) | version);
    EXPECT_FALSE(parse(bytes)) << version;
  }
  // All of it header, so the padding has no byte to be counted in.
  EXPECT_FALSE(parse(bytes_of_hex("a0000001 00000000 00000001")));
}

TEST(Extensions, OneByteForm) {
  const auto bytes = bytes_of_hex(full_packet);
  const auto packet = parse(bytes);
  ASSERT_TRUE(packet);
  EXPECT_EQ(hex(packet->extension(1).value()), "aa");
  EXPECT_EQ(hex(packet->extension(3).value()), "010203");
  EXPECT_FALSE(packet->extension(2));
  EXPECT_FALSE(packet->extension(0));
}

Bytes with_extension(std::string_view block) {
  auto packet = bytes_of_hex("90000001 00000002 00000003");
  const auto extension = bytes_of_hex(block);
  packet.insert(packet.end(), extension.begin(), extension.end());
  return packet;
}

TEST(Extensions, TwoByteForm) {
  const auto bytes = with_extension("1000 0003 0100 00 1403616263 00 ff01 77");
  const auto packet = parse(bytes);
  ASSERT_TRUE(packet);
  EXPECT_TRUE(packet->extension(1).value().empty());
  EXPECT_EQ(as_text(packet->extension(20).value()), "abc");
  EXPECT_EQ(as_text(packet->extension(255).value()), "w");
}

TEST(Extensions, TheWalkEndsWhereALengthDoesNotFit) {
  const auto walk_of = [](const Bytes& bytes) {
    std::vector<int> ids;
    auto walk = parse(bytes).value().extensions();
    while (const auto element = walk.next()) ids.push_back(element->id);
    return ids;
  };
  EXPECT_EQ(walk_of(with_extension("bede 0001 10aa 25bb")), (std::vector{1})) << "6 bytes announced, 1 there";
  EXPECT_EQ(walk_of(with_extension("1000 0001 0101 aa 05")), (std::vector{1})) << "an id without a length";
  EXPECT_EQ(walk_of(with_extension("1000 0001 0103 aa bb")), (std::vector<int>{}));
  EXPECT_EQ(walk_of(with_extension("bede 0002 10aa f0cc 30dd 0000")), (std::vector{1})) << "id 15 ends it";
  EXPECT_EQ(walk_of(with_extension("bede 0002 10aa 01cc 30dd 0000")), (std::vector{1})) << "id 0 with length";
  EXPECT_EQ(walk_of(with_extension("abcd 0001 10aa 0000")), (std::vector<int>{})) << "another profile";
  EXPECT_EQ(walk_of(with_extension("bede 0000")), (std::vector<int>{}));
}

TEST(Rewrite, SetsSingleFields) {
  auto bytes = bytes_of_hex(full_packet);
  set_marker(bytes, false);
  set_payload_type(bytes, {8});
  set_sequence(bytes, {65535});
  set_timestamp(bytes, 0xdeadbeef);
  set_ssrc(bytes, {0x01020304});
  const auto packet = parse(bytes);
  ASSERT_TRUE(packet);
  EXPECT_FALSE(packet->marker());
  EXPECT_EQ(packet->payload_type(), PayloadType{8});
  EXPECT_EQ(packet->sequence(), SeqNo{65535});
  EXPECT_EQ(packet->timestamp(), 0xdeadbeefU);
  EXPECT_EQ(packet->ssrc(), Ssrc{0x01020304});
  EXPECT_EQ(as_text(packet->payload()), "ply");
}

TEST(Rewrite, RemovesAndReplacesExtensions) {
  auto buffer = bytes_of_hex(full_packet);
  const auto length = buffer.size();
  buffer.resize(length + 100);
  auto now = replace_extensions(buffer, length, {});
  ASSERT_EQ(now, length - 12);
  EXPECT_FALSE(PacketView::parse(ByteView(buffer).first(now)).value().has_extension());

  const std::array elements{ExtensionElement{4, as_bytes("audio")}, ExtensionElement{9, as_bytes("x")}};
  now = replace_extensions(buffer, now, elements);
  const auto packet = PacketView::parse(ByteView(buffer).first(now)).value();
  EXPECT_EQ(load_be16(&packet.header()[20]), 0xbede);
  EXPECT_EQ(as_text(packet.extension(4).value()), "audio");
  EXPECT_EQ(as_text(packet.extension(9).value()), "x");
  EXPECT_EQ(as_text(packet.payload()), "ply");
  EXPECT_EQ(packet.csrc(1), Ssrc{0x22});
}

TEST(Rewrite, TakesTheTwoByteFormWhereItMust) {
  const std::string long_text(17, 'm');
  for (const auto& element : {ExtensionElement{15, as_bytes("a")}, ExtensionElement{1, as_bytes(long_text)},
                              ExtensionElement{1, {}}}) {
    auto buffer = make_packet(1, 2, 3);
    const auto length = buffer.size();
    buffer.resize(100);
    const auto now = replace_extensions(buffer, length, {&element, 1});
    const auto packet = PacketView::parse(ByteView(buffer).first(now)).value();
    EXPECT_EQ(load_be16(&packet.header()[12]), 0x1000);
    EXPECT_EQ(as_text(packet.extension(element.id).value()), as_text(element.data));
  }
}

TEST(Rewrite, RefusesExtensionsThatDoNotFit) {
  auto buffer = make_packet(1, 2, 3);
  const auto before = buffer;
  const std::string too_long(256, 'm');
  const ExtensionElement no_room{1, as_bytes("a")};
  const ExtensionElement no_form{1, as_bytes(too_long)};
  const ExtensionElement no_id{0, as_bytes("a")};
  EXPECT_EQ(replace_extensions(buffer, buffer.size(), {&no_room, 1}), 0U);
  EXPECT_EQ(buffer, before);
  buffer.resize(1000);
  EXPECT_EQ(replace_extensions(buffer, before.size(), {&no_form, 1}), 0U);
  EXPECT_EQ(replace_extensions(buffer, before.size(), {&no_id, 1}), 0U);
  EXPECT_EQ(replace_extensions(buffer, 1001, {}), 0U);
}

}  // namespace
}  // namespace w2s::rtp
