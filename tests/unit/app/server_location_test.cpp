// RFC 3263, question by question.
#include "app/server_location.hpp"

#include <gmock/gmock.h>

#include "w2s/net/error.hpp"

namespace w2s::app {
namespace {

using net::DnsAnswer;
using net::DnsQuestion;
using net::NaptrRecord;
using net::RecordType;
using net::SrvRecord;
using sip::Transport;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

const std::vector<Reach> every_reach{{Transport::udp, true}, {Transport::udp, false},
                                     {Transport::tcp, true}, {Transport::tcp, false},
                                     {Transport::tls, true}, {Transport::tls, false}};
const std::vector<Reach> v4_only{{Transport::udp, true}, {Transport::tcp, true}, {Transport::tls, true}};

// A small DNS; what it does not know does not exist.
struct Dns {
  std::map<DnsQuestion, Result<DnsAnswer>> records;
  std::vector<DnsQuestion> asked;

  void add(const std::string& name, const std::string& address) {
    const auto ip = IpAddress::parse(address).value();
    put({name, ip.is_v4() ? RecordType::a : RecordType::aaaa}, ip);
  }
  void add(const std::string& name, const SrvRecord& record) { put({name, RecordType::srv}, record); }
  void add(const std::string& name, const NaptrRecord& record) { put({name, RecordType::naptr}, record); }
  void fail(const std::string& name, RecordType type, net::Errc error) {
    records.insert_or_assign(DnsQuestion{name, type}, error_code(error));
  }

  void locate(ServerLocation& location) {
    auto questions = location.start();
    while (!questions.empty()) {
      const auto question = questions.front();
      questions.erase(questions.begin());
      asked.push_back(question);
      const auto known = records.find(question);
      const auto more = location.on_answer(question, known != records.end() ? known->second : DnsAnswer{});
      questions.insert(questions.end(), more.begin(), more.end());
    }
    EXPECT_TRUE(location.done());
  }

 private:
  void put(const DnsQuestion& question, net::DnsRecord record) {
    records.try_emplace(question, DnsAnswer{}).first->second->records.push_back(std::move(record));
  }
};

struct ServerLocationTest : testing::Test {
  std::vector<std::string> locate(const std::string& uri, const std::vector<Reach>& reach = v4_only,
                                  bool known_host = false) {
    const auto hop = sip::hop_of(*sip::parse_uri(uri));
    ServerLocation location(hop, reach, known_host, rng);
    dns.asked.clear();
    dns.locate(location);
    error = location.error();
    found = location.locations();
    std::vector<std::string> texts;
    for (const auto& l : found)
      texts.push_back(std::string(uri_token(l.transport)) + ' ' + l.remote.to_string());
    return texts;
  }

  Dns dns;
  SeededRng rng{1};
  std::vector<Location> found;
  error_code error;
};

TEST_F(ServerLocationTest, NumericHostsNeedNoQuestion) {
  EXPECT_THAT(locate("sip:192.0.2.1"), ElementsAre("udp 192.0.2.1:5060"));
  EXPECT_FALSE(found.at(0).named);
  EXPECT_THAT(locate("sip:192.0.2.1:5070;transport=tcp"), ElementsAre("tcp 192.0.2.1:5070"));
  EXPECT_TRUE(found.at(0).named);
  EXPECT_THAT(locate("sips:192.0.2.1"), ElementsAre("tls 192.0.2.1:5061"));
  EXPECT_THAT(locate("sip:[2001:db8::1]"), ElementsAre("udp [2001:db8::1]:5060"));
  EXPECT_THAT(dns.asked, IsEmpty());
}

TEST_F(ServerLocationTest, APortSkipsServices) {
  dns.add("example.org", "192.0.2.1");
  EXPECT_THAT(locate("sip:example.org:5070"), ElementsAre("udp 192.0.2.1:5070"));
  EXPECT_THAT(dns.asked, ElementsAre(DnsQuestion{"example.org", RecordType::a}));
  EXPECT_THAT(locate("sips:example.org:5071"), ElementsAre("tls 192.0.2.1:5071"));
  EXPECT_THAT(dns.asked, ElementsAre(DnsQuestion{"example.org", RecordType::a}));
}

TEST_F(ServerLocationTest, NaptrChoosesTheTransport) {
  dns.add("example.org", NaptrRecord{90, 50, "s", "SIP+D2T", "", "_sip._tcp.example.org"});
  dns.add("example.org", NaptrRecord{50, 60, "S", "sip+d2u", "", "_sip._udp.provider.net"});
  dns.add("example.org", NaptrRecord{50, 50, "s", "SIP+D2W", "", "_sip._ws.example.org"});
  dns.add("example.org", NaptrRecord{10, 10, "u", "E2U+sip", "!^.*$!sip:x@example.org!", ""});
  dns.add("_sip._udp.provider.net", SrvRecord{1, 0, 5070, "a.provider.net"});
  dns.add("_sip._tcp.example.org", SrvRecord{1, 0, 5080, "b.example.org"});
  dns.add("a.provider.net", "192.0.2.1");
  dns.add("b.example.org", "192.0.2.2");
  EXPECT_THAT(locate("sip:Example.ORG."), ElementsAre("udp 192.0.2.1:5070", "tcp 192.0.2.2:5080"));
  EXPECT_TRUE(found.at(0).named);
  EXPECT_EQ(dns.asked.front(), (DnsQuestion{"example.org", RecordType::naptr}));
}

TEST_F(ServerLocationTest, NaptrMayLeadStraightToAHost) {
  dns.add("example.org", NaptrRecord{1, 1, "a", "SIPS+D2T", "", "edge.example.org"});
  dns.add("edge.example.org", "192.0.2.3");
  EXPECT_THAT(locate("sip:example.org"), ElementsAre("tls 192.0.2.3:5061"));
}

TEST_F(ServerLocationTest, SipsStaysWithTls) {
  dns.add("example.org", NaptrRecord{1, 1, "s", "SIP+D2U", "", "_sip._udp.example.org"});
  dns.add("example.org", NaptrRecord{2, 1, "s", "SIPS+D2T", "", "_sips._tcp.provider.net"});
  dns.add("_sip._udp.example.org", SrvRecord{1, 0, 5060, "a.example.org"});
  dns.add("_sips._tcp.provider.net", SrvRecord{1, 0, 5081, "a.example.org"});
  dns.add("a.example.org", "192.0.2.1");
  EXPECT_THAT(locate("sips:example.org"), ElementsAre("tls 192.0.2.1:5081"));
  // Without NAPTR for it, the SRV name of TLS alone.
  dns.records.erase({"example.org", RecordType::naptr});
  dns.add("_sips._tcp.example.org", SrvRecord{1, 0, 5091, "a.example.org"});
  EXPECT_THAT(locate("sips:example.org"), ElementsAre("tls 192.0.2.1:5091"));
  // And without that the host, with the port of sips.
  dns.records.erase({"_sips._tcp.example.org", RecordType::srv});
  dns.add("example.org", "192.0.2.9");
  EXPECT_THAT(locate("sips:example.org"), ElementsAre("tls 192.0.2.9:5061"));
}

TEST_F(ServerLocationTest, WithoutNaptrEveryTransportOfOursIsAsked) {
  dns.add("_sip._tcp.example.org", SrvRecord{1, 0, 5062, "t.example.org"});
  dns.add("_sips._tcp.example.org", SrvRecord{1, 0, 5063, "s.example.org"});
  dns.add("t.example.org", "192.0.2.1");
  dns.add("s.example.org", "192.0.2.2");
  EXPECT_THAT(locate("sip:example.org"), ElementsAre("tcp 192.0.2.1:5062", "tls 192.0.2.2:5063"));
  EXPECT_THAT(dns.asked, testing::IsSupersetOf({DnsQuestion{"_sip._udp.example.org", RecordType::srv},
                                                DnsQuestion{"_sip._tcp.example.org", RecordType::srv},
                                                DnsQuestion{"_sips._tcp.example.org", RecordType::srv}}));
  EXPECT_THAT(locate("sip:example.org", {{Transport::udp, true}, {Transport::tls, true}}),
              ElementsAre("tls 192.0.2.2:5063"));
  EXPECT_THAT(dns.asked,
              testing::Not(testing::Contains(DnsQuestion{"_sip._tcp.example.org", RecordType::srv})));
}

TEST_F(ServerLocationTest, ANamedTransportChoosesTheSrvName) {
  dns.add("example.org", NaptrRecord{1, 1, "s", "SIP+D2U", "", "_sip._udp.example.org"});
  dns.add("_sip._tcp.example.org", SrvRecord{1, 0, 5062, "t.example.org"});
  dns.add("t.example.org", "192.0.2.1");
  EXPECT_THAT(locate("sip:example.org;transport=TCP"), ElementsAre("tcp 192.0.2.1:5062"));
  EXPECT_THAT(dns.asked, ElementsAre(DnsQuestion{"_sip._tcp.example.org", RecordType::srv},
                                     DnsQuestion{"t.example.org", RecordType::a}));
}

TEST_F(ServerLocationTest, WithoutAnyServiceTheHostItself) {
  dns.add("example.org", "192.0.2.1");
  EXPECT_THAT(locate("sip:example.org"), ElementsAre("udp 192.0.2.1:5060"));
  EXPECT_FALSE(found.at(0).named);
  EXPECT_THAT(locate("sip:example.org;transport=tls"), ElementsAre("tls 192.0.2.1:5061"));
}

TEST_F(ServerLocationTest, ADeclinedServiceIsNotLookedForElsewhere) {  // RFC 2782, target "."
  dns.add("_sip._udp.example.org", SrvRecord{0, 0, 0, ""});
  dns.add("example.org", "192.0.2.1");
  EXPECT_THAT(locate("sip:example.org;transport=udp"), IsEmpty());
  EXPECT_EQ(error, net::Errc::host_not_found);
  // Another transport is not declined with it.
  dns.add("_sip._tcp.example.org", SrvRecord{0, 0, 5062, "example.org"});
  EXPECT_THAT(locate("sip:example.org"), ElementsAre("tcp 192.0.2.1:5062"));
}

TEST_F(ServerLocationTest, FamiliesAreThoseThatListenersHave) {
  dns.add("example.org", "192.0.2.1");
  dns.add("example.org", "2001:db8::1");
  dns.add("example.org", "fd00::1");
  EXPECT_THAT(locate("sip:example.org:5060", every_reach),
              ElementsAre("udp [2001:db8::1]:5060", "udp 192.0.2.1:5060", "udp [fd00::1]:5060"));  // RFC 6724
  EXPECT_THAT(locate("sip:example.org:5060", v4_only), ElementsAre("udp 192.0.2.1:5060"));
  EXPECT_THAT(locate("sip:example.org:5060", {{Transport::udp, false}, {Transport::tcp, true}}),
              ElementsAre("udp [2001:db8::1]:5060", "udp [fd00::1]:5060"));
}

TEST_F(ServerLocationTest, TheHostsFileKeepsTheDnsOut) {
  dns.add("example.org", SrvRecord{});
  dns.add("example.org", "192.0.2.1");
  EXPECT_THAT(locate("sip:example.org", v4_only, true), ElementsAre("udp 192.0.2.1:5060"));
  EXPECT_THAT(dns.asked, ElementsAre(DnsQuestion{"example.org", RecordType::a}));
}

TEST_F(ServerLocationTest, FailuresBesideAnswersDoNotCount) {
  dns.fail("example.org", RecordType::naptr, net::Errc::no_answer);
  dns.fail("_sip._udp.example.org", RecordType::srv, net::Errc::server_failure);
  dns.add("_sip._tcp.example.org", SrvRecord{1, 0, 5062, "t.example.org"});
  dns.fail("t.example.org", RecordType::aaaa, net::Errc::no_answer);
  dns.add("t.example.org", "192.0.2.1");
  EXPECT_THAT(locate("sip:example.org", every_reach), ElementsAre("tcp 192.0.2.1:5062"));
}

TEST_F(ServerLocationTest, SilenceIsTheErrorThatIsTold) {
  EXPECT_THAT(locate("sip:example.org"), IsEmpty());
  EXPECT_EQ(error, net::Errc::host_not_found);
  dns.fail("_sip._udp.example.org", RecordType::srv, net::Errc::no_answer);
  dns.fail("_sip._tcp.example.org", RecordType::srv, net::Errc::server_failure);
  EXPECT_THAT(locate("sip:example.org"), IsEmpty());
  EXPECT_EQ(error, net::Errc::no_answer);
}

TEST_F(ServerLocationTest, WhatIsKnownSoFarMayBeUsed) {
  ServerLocation location(sip::hop_of(*sip::parse_uri("sip:example.org:5060")), every_reach, false, rng);
  const auto questions = location.start();
  ASSERT_EQ(questions.size(), 2U);
  EXPECT_EQ(location.error(), net::Errc::no_answer);
  EXPECT_THAT(
      location.on_answer({"example.org", RecordType::a}, DnsAnswer{{*IpAddress::parse("192.0.2.1")}, 60s}),
      IsEmpty());
  EXPECT_FALSE(location.done());
  EXPECT_EQ(location.locations().size(), 1U);
}

TEST_F(ServerLocationTest, LookUpsForOneRequestAreBounded) {
  for (int i = 0; i < 30; ++i)
    dns.add("_sip._udp.example.org", SrvRecord{1, 1, 5060, "h" + std::to_string(i) + ".example.org"});
  locate("sip:example.org;transport=udp");
  EXPECT_EQ(dns.asked.size(), 1U + 8U);
}

TEST(SrvOrder, PrioritiesComeFirst) {
  SeededRng rng(3);
  for (int i = 0; i < 50; ++i) {
    const auto order = in_srv_order({{20, 100, 1, "c"}, {10, 0, 1, "a"}, {10, 1, 1, "b"}}, rng);
    EXPECT_EQ(order[2].target, "c");
  }
}

TEST(SrvOrder, WeightsAreChances) {  // RFC 2782
  SeededRng rng(3);
  std::map<std::string, int> first, second;
  constexpr int rounds = 20'000;
  for (int i = 0; i < rounds; ++i) {
    const auto order =
        in_srv_order({{1, 60, 1, "sixty"}, {1, 30, 1, "thirty"}, {1, 10, 1, "ten"}, {1, 0, 1, "zero"}}, rng);
    ASSERT_EQ(order.size(), 4U);
    ++first[order[0].target];
    if (order[0].target == "sixty") ++second[order[1].target];
  }
  EXPECT_NEAR(first["sixty"], rounds * 60 / 101, rounds / 50);
  EXPECT_NEAR(first["thirty"], rounds * 30 / 101, rounds / 50);
  EXPECT_NEAR(first["ten"], rounds * 10 / 101, rounds / 50);
  EXPECT_GT(first["zero"], 0);
  EXPECT_LT(first["zero"], rounds / 50);
  EXPECT_GT(second["thirty"], 2 * second["ten"]);
}

}  // namespace
}  // namespace w2s::app
