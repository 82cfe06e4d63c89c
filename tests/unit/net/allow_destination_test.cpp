#include "w2s/net/allow_destination.hpp"

#include <gtest/gtest.h>

namespace w2s::net {
namespace {

Endpoint at(std::string_view ip, std::uint16_t port = 5060) {
  return {IpAddress::parse(ip).value(), port};
}

AllowDestination listing(std::initializer_list<std::string_view> texts) {
  std::vector<AllowDestination::Entry> entries;
  for (const auto text : texts) entries.push_back(AllowDestination::parse_entry(text).value());
  return AllowDestination(std::move(entries));
}

TEST(AllowDestination, PublicAdmitsGloballyRoutableUnicast) {
  const AllowDestination allow;
  for (const auto* ip :
       {"8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1", "192.0.1.1",
        "198.17.0.1", "198.20.0.1", "223.255.255.255", "2a00:1450::1", "2600::1", "2001:4860::8888",
        "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1"})
    EXPECT_TRUE(allow.allows(at(ip))) << ip;
}

TEST(AllowDestination, PublicRefusesEverythingElse) {
  const AllowDestination allow;
  for (const auto* ip : {"0.0.0.0",
                         "0.1.2.3",
                         "10.0.0.1",
                         "100.64.0.1",
                         "100.100.100.200",
                         "127.0.0.1",
                         "127.9.9.9",
                         "169.254.169.254",
                         "168.63.129.16",
                         "172.16.0.1",
                         "172.31.255.255",
                         "192.0.0.192",
                         "192.0.2.1",
                         "192.88.99.1",
                         "192.168.1.1",
                         "198.18.0.1",
                         "198.51.100.7",
                         "203.0.113.7",
                         "224.0.0.1",
                         "239.255.255.250",
                         "240.0.0.1",
                         "255.255.255.255",
                         "::",
                         "::1",
                         "fe80::1",
                         "fec0::1",
                         "fc00::1",
                         "fd00:ec2::254",
                         "ff02::1",
                         "2001:db8::1",
                         "2001::1",
                         "2001:20::1",
                         "3fff::1",
                         "100::1",
                         "4000::1"})
    EXPECT_FALSE(allow.allows(at(ip))) << ip;
}

TEST(AllowDestination, EveryIpv6SpellingOfARefusedAddressIsRefused) {
  const AllowDestination allow;
  for (const auto* ip : {"::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::10.0.0.1",
                         "64:ff9b::127.0.0.1", "::127.0.0.1", "::10.0.0.1", "2002:7f00:1::1", "2002:a00:1::1",
                         "2002:a9fe:a9fe::1", "::ffff:0.0.0.0", "64:ff9b::255.255.255.255"})
    EXPECT_FALSE(allow.allows(at(ip))) << ip;
  // Not even when all of IPv6 is listed: the IPv4 inside is not.
  const auto all_v6 = listing({"::/0"});
  EXPECT_TRUE(all_v6.allows(at("::1")));
  EXPECT_TRUE(all_v6.allows(at("fd00::1")));
  for (const auto* ip : {"::ffff:127.0.0.1", "64:ff9b::10.0.0.1", "2002:7f00:1::1", "::127.0.0.1"})
    EXPECT_FALSE(all_v6.allows(at(ip))) << ip;
}

TEST(AllowDestination, AListReplacesThePublicDefault) {
  const auto allow = listing({"10.1.0.0/16", "127.0.0.1", "fd00::/8"});
  EXPECT_TRUE(allow.allows(at("10.1.2.3")));
  EXPECT_TRUE(allow.allows(at("::ffff:10.1.2.3")));
  EXPECT_TRUE(allow.allows(at("127.0.0.1")));
  EXPECT_TRUE(allow.allows(at("fd12::1")));
  for (const auto* ip : {"10.2.0.1", "127.0.0.2", "8.8.8.8", "2600::1", "::1"})
    EXPECT_FALSE(allow.allows(at(ip))) << ip;
  EXPECT_TRUE(listing({"public", "10.0.0.0/8"}).allows(at("8.8.8.8")));
}

TEST(AllowDestination, NoListAdmitsWhatIsNeverATarget) {
  const auto everything = listing({"0.0.0.0/0", "::/0", "example.org"});
  EXPECT_TRUE(everything.allows(at("192.168.0.1")));
  for (const auto* ip : {"0.0.0.0", "0.0.0.1", "224.0.0.1", "239.1.1.1", "255.255.255.255", "::", "ff02::1",
                         "::ffff:224.0.0.1", "64:ff9b::0.0.0.0"}) {
    EXPECT_FALSE(everything.allows(at(ip), "example.org")) << ip;
    EXPECT_EQ(everything.suggestion(IpAddress::parse(ip).value()), "") << ip;
  }
}

TEST(AllowDestination, ADomainAdmitsItselfAndItsSubDomainsWhereverTheyResolve) {
  const auto allow = listing({"Example.org"});
  for (const auto* host :
       {"example.org", "EXAMPLE.ORG", "sip.example.org", "a.b.example.org.", "example.org."})
    EXPECT_TRUE(allow.allows(at("10.0.0.1"), host)) << host;
  for (const auto* host : {"", "badexample.org", "example.org.evil.net", "example.or", "org"})
    EXPECT_FALSE(allow.allows(at("10.0.0.1"), host)) << host;
  EXPECT_FALSE(allow.allows(at("8.8.8.8"), "other.org"));
}

TEST(AllowDestination, OwnListenersAreNeverTargets) {
  auto allow = listing({"0.0.0.0/0", "::/0"});
  allow.add_own_listener(at("10.0.0.1", 10060));
  EXPECT_FALSE(allow.allows(at("10.0.0.1", 10060)));
  EXPECT_FALSE(allow.allows(at("::ffff:10.0.0.1", 10060)));
  EXPECT_TRUE(allow.allows(at("10.0.0.1", 10061)));
  EXPECT_TRUE(allow.is_own_listener(at("10.0.0.1", 10060)));

  allow.add_own_listener(at("0.0.0.0", 10063));
  EXPECT_FALSE(allow.allows(at("127.0.0.1", 10063)));
  EXPECT_FALSE(allow.allows(at("127.1.2.3", 10063)));
  EXPECT_TRUE(allow.allows(at("127.0.0.1", 5060)));
  EXPECT_TRUE(allow.allows(at("::1", 10063)));
}

TEST(AllowDestination, EntriesAreParsedStrictly) {
  using Kind = AllowDestination::Entry::Kind;
  EXPECT_EQ(AllowDestination::parse_entry(" public ")->kind, Kind::public_addresses);
  EXPECT_EQ(AllowDestination::parse_entry("192.0.2.1")->prefix_length, 32U);
  EXPECT_EQ(AllowDestination::parse_entry("2001:db8::/32")->prefix_length, 32U);
  EXPECT_EQ(AllowDestination::parse_entry("SIP.Example.org")->domain, "sip.example.org");
  EXPECT_EQ(AllowDestination::parse_entry("localhost")->kind, Kind::domain);
  for (const auto* bad :
       {"", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0", "1.2.3.4.5", "::/129", "*.example.org",
        ".example.org", "example..org", "example.org.", "exa mple.org", "sip:example.org", "example.123",
        "::ffff:10.0.0.1", "64:ff9b::/96", "example.org/8"})
    EXPECT_FALSE(AllowDestination::parse_entry(bad)) << bad;
}

TEST(AllowDestination, SuggestsTheEntryToAdd) {
  const AllowDestination allow;
  EXPECT_EQ(allow.suggestion(IpAddress::parse("10.1.2.3").value()), "10.1.2.3");
  EXPECT_EQ(allow.suggestion(IpAddress::parse("::ffff:10.1.2.3").value()), "10.1.2.3");
  EXPECT_EQ(allow.suggestion(IpAddress::parse("fd00::1").value()), "fd00::1");
}

}  // namespace
}  // namespace w2s::net
