#include "w2s/net/resolver.hpp"

#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "w2s/net/error.hpp"

#include "dns_server.hpp"

namespace w2s::net {
namespace {

using testing::UnorderedElementsAre;
using Addresses = Result<std::vector<IpAddress>>;

IpAddress ip(std::string_view text) {
  return IpAddress::parse(text).value();
}

struct ResolverTest : testing::Test {
  Resolver& make(ResolverOptions options = {}) {
    resolver = std::make_unique<Resolver>(io.get_executor(), std::vector<Endpoint>{dns.endpoint()}, options);
    return *resolver;
  }
  void ask(const std::string& host) {
    resolver->resolve(host, [this](Addresses result) { results.push_back(std::move(result)); });
  }
  void await(std::size_t count) {
    const auto limit = Clock::now() + 20s;
    while (results.size() < count && Clock::now() < limit) io.run_one_for(1s);
    ASSERT_EQ(results.size(), count);
  }

  boost::asio::io_context io;
  test::DnsServer dns{io};
  std::unique_ptr<Resolver> resolver;
  std::vector<Addresses> results;
};

TEST_F(ResolverTest, FindsBothFamilies) {
  dns.add("sip.example.org", "192.0.2.1");
  dns.add("sip.example.org", "192.0.2.2");
  dns.add("sip.example.org", "2001:db8::1");
  make();
  ask("SIP.example.org");
  EXPECT_TRUE(results.empty());  // never inside resolve()
  await(1);
  EXPECT_THAT(results[0].value(), UnorderedElementsAre(ip("192.0.2.1"), ip("192.0.2.2"), ip("2001:db8::1")));
}

TEST_F(ResolverTest, OneFamilyIsEnough) {
  dns.add("four.example.org", "192.0.2.4");
  dns.add("six.example.org", "2001:db8::6");
  make();
  ask("four.example.org");
  ask("six.example.org");
  await(2);
  std::vector<IpAddress> found;
  for (const auto& result : results) found.push_back(result.value().at(0));
  EXPECT_THAT(found, UnorderedElementsAre(ip("192.0.2.4"), ip("2001:db8::6")));
}

TEST_F(ResolverTest, AnUnknownNameIsAnError) {
  make();
  ask("missing.example.org");
  await(1);
  EXPECT_EQ(results[0].error(), Errc::host_not_found);
  EXPECT_EQ(results[0].error().message(), "the host name has no address");
}

TEST_F(ResolverTest, NumericHostsNeedNoServer) {
  make();
  ask("192.0.2.9");
  ask("[2001:db8::9]");
  EXPECT_TRUE(results.empty());
  await(2);
  EXPECT_EQ(results[0].value(), std::vector{ip("192.0.2.9")});
  EXPECT_EQ(results[1].value(), std::vector{ip("2001:db8::9")});
  EXPECT_EQ(dns.questions(), 0);
}

TEST_F(ResolverTest, SilenceEndsAtTheDeadline) {
  dns.set_silent(true);
  make({.try_timeout = 30ms, .tries = 1, .lookup_deadline = 60ms});
  ask("slow.example.org");
  await(1);
  EXPECT_EQ(results[0].error(), Errc::no_answer);
  // The name can be asked again, although c-ares may still be busy with the first question.
  dns.set_silent(false);
  dns.add("slow.example.org", "192.0.2.5");
  ask("slow.example.org");
  await(2);
  EXPECT_EQ(results[1].value(), std::vector{ip("192.0.2.5")});
}

TEST_F(ResolverTest, TheNextNameserverIsAskedWhenTheFirstIsSilent) {
  test::DnsServer second{io};
  dns.set_silent(true);
  second.add("sip.example.org", "192.0.2.1");
  resolver =
      std::make_unique<Resolver>(io.get_executor(), std::vector<Endpoint>{dns.endpoint(), second.endpoint()},
                                 ResolverOptions{.try_timeout = 50ms});
  ask("sip.example.org");
  await(1);
  EXPECT_EQ(results[0].value(), std::vector{ip("192.0.2.1")});
  EXPECT_GT(dns.questions(), 0);
}

TEST_F(ResolverTest, LookUpsOfOneNameShareAQuestion) {
  dns.add("sip.example.org", "192.0.2.1");
  make();
  for (int i = 0; i < 50; ++i) ask(i % 2 == 0 ? "sip.example.org" : "SIP.EXAMPLE.ORG");
  await(50);
  EXPECT_LE(dns.questions(), 2);  // A and AAAA
  for (const auto& result : results) EXPECT_EQ(result.value(), std::vector{ip("192.0.2.1")});
}

TEST_F(ResolverTest, PendingLookUpsAreBounded) {
  dns.set_silent(true);
  make({.try_timeout = 50ms, .tries = 1, .lookup_deadline = 100ms, .max_pending = 2, .max_waiting = 4});
  for (const auto* host : {"a.example.org", "b.example.org", "c.example.org"}) ask(host);
  await(1);
  EXPECT_EQ(results[0].error(), Errc::too_many_lookups);
  for (int i = 0; i < 3; ++i) ask("a.example.org");  // two more may wait, the third not
  await(2);
  EXPECT_EQ(results[1].error(), Errc::too_many_lookups);
  await(6);
  for (std::size_t i = 2; i < 6; ++i) EXPECT_EQ(results[i].error(), Errc::no_answer);
}

TEST_F(ResolverTest, PendingLookUpsEndWithTheResolver) {
  dns.set_silent(true);
  make();
  ask("a.example.org");
  ask("192.0.2.1");  // its answer is already queued
  resolver.reset();
  dns.close();
  io.run();
  EXPECT_TRUE(results.empty());
}

TEST_F(ResolverTest, MayBeDestroyedByACallback) {
  dns.add("sip.example.org", "192.0.2.1");
  make();
  resolver->resolve("sip.example.org", [this](Addresses result) {
    resolver.reset();
    results.push_back(std::move(result));
  });
  ask("sip.example.org");
  await(1);
  dns.close();
  io.run();
  EXPECT_EQ(results.size(), 1U);
}

}  // namespace
}  // namespace w2s::net
