#include <gtest/gtest.h>

#include "w2s/base/address.hpp"
#include "w2s/base/encoding.hpp"
#include "w2s/base/hash.hpp"
#include "w2s/base/log.hpp"
#include "w2s/base/rng.hpp"

namespace w2s {
namespace {

TEST(Address, ParsesAndPrintsBothFamilies) {
  EXPECT_EQ(IpAddress::parse("192.0.2.1")->to_string(), "192.0.2.1");
  EXPECT_EQ(IpAddress::parse("[2001:db8::1]")->to_uri_host(), "[2001:db8::1]");
  EXPECT_EQ((Endpoint{*IpAddress::parse("::1"), 5060}).to_string(), "[::1]:5060");
  for (const auto* bad : {"", "1.2.3", "1.2.3.4.5", "host", "[1.2.3.4]", "01.2.3.4x", "::g", "1.2.3.4\n"})
    EXPECT_FALSE(IpAddress::parse(bad)) << bad;
}

TEST(Address, SeesIpv4InsideIpv6) {
  EXPECT_EQ(IpAddress::parse("::ffff:127.0.0.1")->embedded_v4_or_self(), *IpAddress::parse("127.0.0.1"));
  EXPECT_EQ(IpAddress::parse("64:ff9b::10.0.0.1")->embedded_v4_or_self(), *IpAddress::parse("10.0.0.1"));
  EXPECT_EQ(IpAddress::parse("2001:db8::1")->embedded_v4_or_self(), *IpAddress::parse("2001:db8::1"));
}

TEST(Address, MatchesNetworks) {
  EXPECT_TRUE(IpAddress::parse("10.1.2.3")->in_network(*IpAddress::parse("10.0.0.0"), 8));
  EXPECT_FALSE(IpAddress::parse("11.1.2.3")->in_network(*IpAddress::parse("10.0.0.0"), 8));
  EXPECT_TRUE(IpAddress::parse("2001:db8:1::1")->in_network(*IpAddress::parse("2001:db8::"), 32));
  EXPECT_FALSE(IpAddress::parse("10.1.2.3")->in_network(*IpAddress::parse("::"), 0));
}

TEST(Encoding, NumbersAreDigitsOnly) {
  EXPECT_EQ(parse_number<std::uint16_t>("65535"), 65535);
  for (const auto* bad : {"", "+1", "-1", " 1", "1 ", "0x1", "65536"}) EXPECT_FALSE(parse_number<std::uint16_t>(bad)) << bad;
}

TEST(Encoding, RoundTrips) {
  EXPECT_EQ(base64url(as_bytes("\xff\xfe\xfd")), "__79");
  EXPECT_EQ(hex(as_bytes("\x01\xab"), ':'), "01:ab");
  EXPECT_EQ(from_hex("01:AB"), (Bytes{0x01, 0xab}));
  EXPECT_FALSE(from_hex("0"));
  EXPECT_EQ(percent_decode("a%40b%4"), "a@b%4");
}

TEST(Hash, KnownAnswers) {
  EXPECT_EQ(hex_digest(HashAlgorithm::md5, ""), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(hex_digest(HashAlgorithm::sha256, "abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex_digest(HashAlgorithm::sha512_256, "abc"),
            "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23");
  // RFC 6455 1.3.
  EXPECT_EQ(base64_sha1("dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11"),
            "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(Rng, TokensHaveTheirLengthAndDiffer) {
  SystemRng rng;
  EXPECT_EQ(rng.token().size(), 22U);
  EXPECT_NE(rng.token(), rng.token());
  EXPECT_EQ(rng.alphanumeric(24).size(), 24U);
  Bytes large(1000);
  rng.fill(large);
  EXPECT_NE(large, Bytes(1000));
}

TEST(Log, NothingAPeerSendsCanForgeALine) {
  EXPECT_EQ(StderrLog::format(LogFormat::text, LogLevel::info, "call.start", {{"call", 7}, {"from", "a\r\nERROR \"x\""}}),
            "INFO call.start call=7 from=\"a\\x0d\\x0aERROR \\\"x\\\"\"\n");
  EXPECT_EQ(StderrLog::format(LogFormat::json, LogLevel::warn, "x", {{"a", "b\n"}}),
            "{\"level\":\"WARN\",\"event\":\"x\",\"a\":\"b\\u000a\"}\n");
}

TEST(Log, SecretsArePrintedAsStars) {
  const Redacted<std::string> secret("hunter2");
  EXPECT_EQ(StderrLog::format(LogFormat::text, LogLevel::info, "x", {{"ha1", secret}}), "INFO x ha1=***\n");
}

}  // namespace
}  // namespace w2s
