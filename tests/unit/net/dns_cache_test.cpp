#include "net/dns_cache.hpp"

#include <gtest/gtest.h>

#include "w2s/net/error.hpp"

#include "net/hosts_file.hpp"

namespace w2s::net {
namespace {

const DnsQuestion question{"sip.example.org", RecordType::a};
const IpAddress ip = IpAddress::v4(0xc0000201);
const Time start{};

TEST(DnsCache, AnAnswerHoldsForItsTtl) {
  DnsCache cache;
  EXPECT_EQ(cache.find(start, question), nullptr);
  cache.store(start, question, DnsAnswer{{ip}, 60s});
  ASSERT_NE(cache.find(start + 60s - 1ns, question), nullptr);
  EXPECT_EQ(cache.find(start, question)->value().records.size(), 1U);
  EXPECT_EQ(cache.find(start, {"sip.example.org", RecordType::aaaa}), nullptr);
  EXPECT_EQ(cache.find(start + 60s, question), nullptr);
}

TEST(DnsCache, ATtlOfZeroIsNotKept) {
  DnsCache cache;
  cache.store(start, question, DnsAnswer{{ip}, 60s});
  cache.store(start, question, DnsAnswer{{ip}, 0s});
  EXPECT_EQ(cache.find(start, question), nullptr);
  EXPECT_EQ(cache.size(), 0U);
}

TEST(DnsCache, TtlsHaveLimits) {
  DnsCache cache;
  cache.store(start, question, DnsAnswer{{ip}, 1000h});
  EXPECT_NE(cache.find(start + 24h - 1s, question), nullptr);
  EXPECT_EQ(cache.find(start + 24h, question), nullptr);
}

TEST(DnsCache, AbsenceHoldsAsItsSoaSaysButNotForHours) {
  DnsCache cache;
  cache.store(start, question, DnsAnswer{{}, 20s});
  EXPECT_TRUE(cache.find(start + 19s, question)->value().records.empty());
  EXPECT_EQ(cache.find(start + 20s, question), nullptr);
  cache.store(start, question, DnsAnswer{{}, 3h});
  EXPECT_NE(cache.find(start + 299s, question), nullptr);
  EXPECT_EQ(cache.find(start + 300s, question), nullptr);
}

TEST(DnsCache, FailuresAndAbsencesWithoutSoaHoldForSeconds) {
  DnsCache cache;
  for (const DnsCache::Outcome& outcome :
       {DnsCache::Outcome(error_code(Errc::no_answer)), DnsCache::Outcome(DnsAnswer{})}) {
    cache.store(start, question, outcome);
    ASSERT_NE(cache.find(start + 4s, question), nullptr);
    EXPECT_TRUE(*cache.find(start + 4s, question) == outcome);
    EXPECT_EQ(cache.find(start + 5s, question), nullptr);
  }
}

TEST(DnsCache, AFullCacheForgetsWhatWouldExpireFirst) {
  DnsCache cache({.entries = 2});
  const DnsQuestion b{"b", RecordType::a}, c{"c", RecordType::a};
  cache.store(start, question, DnsAnswer{{ip}, 60s});
  cache.store(start, b, DnsAnswer{{ip}, 30s});
  cache.store(start, c, DnsAnswer{{ip}, 90s});
  EXPECT_EQ(cache.size(), 2U);
  EXPECT_NE(cache.find(start, question), nullptr);
  EXPECT_EQ(cache.find(start, b), nullptr);
  EXPECT_NE(cache.find(start, c), nullptr);
}

TEST(DnsCache, WhatHasExpiredLeaves) {
  DnsCache cache;
  for (int i = 0; i < 100; ++i) cache.store(start, {std::to_string(i), RecordType::a}, DnsAnswer{{ip}, 60s});
  cache.store(start + 61s, question, DnsAnswer{{ip}, 60s});
  EXPECT_EQ(cache.size(), 1U);
}

TEST(HostsFile, NamesHaveTheirAddresses) {
  const auto names = parse_hosts(
      "127.0.0.1\tlocalhost  Loop # 10.0.0.1 no\n# 10.0.0.2 no\n::1 localhost\n\n10.0.0.300 "
      "no\n10.0.0.4\nfe80::1%eth0 no\n"
      "10.0.0.5 last\r\n10.0.0.6 end");
  EXPECT_EQ(names.size(), 4U);
  EXPECT_EQ(names.at("localhost"), (std::vector{*IpAddress::parse("127.0.0.1"), *IpAddress::parse("::1")}));
  EXPECT_EQ(names.at("loop").size(), 1U);
  EXPECT_EQ(names.at("last").at(0).to_string(), "10.0.0.5");
  EXPECT_EQ(names.at("end").at(0).to_string(), "10.0.0.6");
}

TEST(HostsFile, AMissingFileKnowsNothing) {
  HostsFile file("/nonexistent/hosts");
  EXPECT_EQ(file.find("localhost"), nullptr);
}

}  // namespace
}  // namespace w2s::net
