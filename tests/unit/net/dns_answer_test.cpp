// Reading DNS messages (RFC 1035 4), whole, aliased, empty and broken.
#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "w2s/net/error.hpp"

#include "dns_message.hpp"

namespace w2s::net {
namespace {

using test::DnsMessage;
using testing::ElementsAre;

constexpr std::uint16_t type_a = 1, type_cname = 5, type_soa = 6, type_aaaa = 28, type_srv = 33,
                        type_naptr = 35;
const DnsQuestion question{"sip.example.org", RecordType::a};
const DnsRecord first = IpAddress::parse("192.0.2.1").value(), second = IpAddress::parse("192.0.2.2").value();

Bytes address(const DnsRecord& record) {
  return DnsMessage::address(std::get<IpAddress>(record));
}

TEST(DnsAnswer, AddressesKeepTheirOrderAndTheShortestTtl) {
  DnsMessage message(7, "SIP.example.org", type_a);
  message.answer("sip.example.org", type_a, 300, address(second))
      .answer("Sip.Example.org", type_a, 60, address(first));
  const auto answer = parse_dns_answer(message.bytes(), question);
  EXPECT_THAT(answer.value().records, ElementsAre(second, first));
  EXPECT_EQ(answer->ttl, 60s);
}

TEST(DnsAnswer, Ipv6) {
  DnsMessage message(7, "sip.example.org", type_aaaa);
  const DnsRecord ip = IpAddress::parse("2001:db8::1").value();
  message.answer("sip.example.org", type_aaaa, 5, address(ip));
  EXPECT_THAT(parse_dns_answer(message.bytes(), {"sip.example.org", RecordType::aaaa}).value().records,
              ElementsAre(ip));
}

TEST(DnsAnswer, SrvAndNaptrComeWithTheirTtl) {
  const SrvRecord srv{10, 20, 5070, "one.example.org"};
  DnsMessage srvs(7, "_sip._udp.example.org", type_srv);
  srvs.answer("_sip._udp.example.org", type_srv, 77, DnsMessage::srv(srv));
  const auto services = parse_dns_answer(srvs.bytes(), {"_sip._udp.example.org", RecordType::srv});
  EXPECT_THAT(services.value().records, ElementsAre(DnsRecord(srv)));
  EXPECT_EQ(services->ttl, 77s);

  const NaptrRecord naptr{1, 2, "s", "SIP+D2T", "!^.*$!x!", "_sip._tcp.example.org"};
  DnsMessage naptrs(7, "example.org", type_naptr);
  naptrs.answer("example.org", type_naptr, 88, DnsMessage::naptr(naptr));
  const auto pointers = parse_dns_answer(naptrs.bytes(), {"example.org", RecordType::naptr});
  EXPECT_THAT(pointers.value().records, ElementsAre(DnsRecord(naptr)));
  EXPECT_EQ(pointers->ttl, 88s);
}

TEST(DnsAnswer, AliasesAreFollowed) {
  DnsMessage message(7, "sip.example.org", type_a);
  message.answer("sip.example.org", type_cname, 20, DnsMessage::encode_name("a.example.net"))
      .answer("a.example.net", type_cname, 90, DnsMessage::encode_name("b.example.net"))
      .answer("b.example.net", type_a, 50, address(first))
      .answer("other.example.net", type_a, 1, address(second));
  const auto answer = parse_dns_answer(message.bytes(), question);
  EXPECT_THAT(answer.value().records, ElementsAre(first));
  EXPECT_EQ(answer->ttl, 20s);
}

TEST(DnsAnswer, AliasesInACircleAreBroken) {
  DnsMessage message(7, "sip.example.org", type_a);
  message.answer("sip.example.org", type_cname, 20, DnsMessage::encode_name("a.example.net"))
      .answer("a.example.net", type_cname, 90, DnsMessage::encode_name("sip.example.org"));
  EXPECT_EQ(parse_dns_answer(message.bytes(), question).error(), Errc::malformed_answer);
}

TEST(DnsAnswer, AbsenceHoldsAsLongAsTheSoaSays) {
  DnsMessage none(7, "sip.example.org", type_a);
  none.authority("example.org", type_soa, 500, DnsMessage::soa(120));
  EXPECT_EQ(parse_dns_answer(none.bytes(), question).value(), (DnsAnswer{{}, 120s}));
  DnsMessage unknown(7, "sip.example.org", type_a, 3);
  unknown.authority("example.org", type_soa, 30, DnsMessage::soa(120));
  EXPECT_EQ(parse_dns_answer(unknown.bytes(), question).value(), (DnsAnswer{{}, 30s}));
  DnsMessage silent(7, "sip.example.org", type_a, 3);
  EXPECT_EQ(parse_dns_answer(silent.bytes(), question).value(), (DnsAnswer{{}, std::nullopt}));
}

TEST(DnsAnswer, ATtlWithTheHighBitIsZero) {  // RFC 2181 8
  DnsMessage message(7, "sip.example.org", type_a);
  message.answer("sip.example.org", type_a, 0x80000001, address(first));
  EXPECT_EQ(parse_dns_answer(message.bytes(), question).value().ttl, 0s);
}

TEST(DnsAnswer, FailureCodesAreFailures) {
  EXPECT_EQ(parse_dns_answer(DnsMessage(7, "sip.example.org", type_a, 2).bytes(), question).error(),
            Errc::server_failure);
  EXPECT_EQ(parse_dns_answer(DnsMessage(7, "sip.example.org", type_a, 5).bytes(), question).error(),
            Errc::server_failure);
}

TEST(DnsAnswer, AnotherQuestionIsNotAnswered) {
  EXPECT_EQ(parse_dns_answer(DnsMessage(7, "evil.example.org", type_a).bytes(), question).error(),
            Errc::malformed_answer);
  EXPECT_EQ(parse_dns_answer(DnsMessage(7, "sip.example.org", type_srv).bytes(), question).error(),
            Errc::malformed_answer);
  auto query = DnsMessage(7, "sip.example.org", type_a).bytes();
  query[2] = 0;
  EXPECT_EQ(parse_dns_answer(query, question).error(), Errc::malformed_answer);
}

TEST(DnsAnswer, CompressedNamesAreRead) {
  DnsMessage message(7, "sip.example.org", type_a);
  auto& bytes = message.bytes();
  bytes[7] = 1;
  const Bytes record{0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 192, 0, 2, 1};
  bytes.insert(bytes.end(), record.begin(), record.end());
  const auto answer = parse_dns_answer(bytes, question);
  EXPECT_THAT(answer.value().records, ElementsAre(first));
  EXPECT_EQ(answer->ttl, 9s);
}

TEST(DnsAnswer, PointersThatDoNotLeadBackAreBroken) {
  for (const int target : {33, 34, 60, 200}) {  // the pointer's own place is 33
    DnsMessage message(7, "sip.example.org", type_a);
    auto& bytes = message.bytes();
    ASSERT_EQ(bytes.size(), 33U);
    bytes[7] = 1;
    const Bytes record{0xc0, static_cast<std::uint8_t>(target), 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 192, 0, 2, 1};
    bytes.insert(bytes.end(), record.begin(), record.end());
    EXPECT_EQ(parse_dns_answer(bytes, question).error(), Errc::malformed_answer) << target;
  }
}

TEST(DnsAnswer, EveryTruncationIsBroken) {
  DnsMessage message(7, "example.org", type_naptr);
  message.answer("example.org", type_naptr, 88,
                 DnsMessage::naptr({1, 2, "s", "SIP+D2U", "", "_sip._udp.example.org"}));
  const auto& whole = message.bytes();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(parse_dns_answer(ByteView(whole).first(size), {"example.org", RecordType::naptr})) << size;
  }
}

TEST(DnsAnswer, DataThatDoesNotFitItsLengthIsBroken) {
  for (const std::size_t length : {0, 3, 5}) {
    DnsMessage message(7, "sip.example.org", type_a);
    message.answer("sip.example.org", type_a, 60, Bytes(length));
    EXPECT_EQ(parse_dns_answer(message.bytes(), question).error(), Errc::malformed_answer) << length;
  }
}

TEST(DnsAnswer, StrangeBytesInNamesAreEscaped) {
  DnsMessage message(7, "_sip._udp.example.org", type_srv);
  Bytes data{0, 1, 0, 1, 0x13, 0xc4, 5, 'a', '.', 0, '\\', ' ', 0};
  message.answer("_sip._udp.example.org", type_srv, 60, data);
  const auto answer = parse_dns_answer(message.bytes(), {"_sip._udp.example.org", RecordType::srv});
  EXPECT_EQ(std::get<SrvRecord>(answer.value().records.at(0)).target, "a\\.\\000\\\\\\032");
}

TEST(DnsAnswer, OneAnswerKeepsAFewDozenRecords) {
  DnsMessage message(7, "sip.example.org", type_a);
  for (int i = 0; i < 100; ++i) message.answer("sip.example.org", type_a, 60, address(first));
  EXPECT_EQ(parse_dns_answer(message.bytes(), question).value().records.size(), 32U);
}

}  // namespace
}  // namespace w2s::net
