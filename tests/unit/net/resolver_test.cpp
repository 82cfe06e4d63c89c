#include "w2s/net/resolver.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "w2s/net/error.hpp"

#include "dns_server.hpp"

namespace w2s::net {
namespace {

using testing::ElementsAre;

DnsRecord ip(std::string_view text) {
  return IpAddress::parse(text).value();
}

struct ResolverTest : testing::Test {
  Resolver& make(ResolverOptions options = {}) { return make(std::move(options), {dns.endpoint()}); }
  Resolver& make(ResolverOptions options, std::vector<Endpoint> servers) {
    options.hosts_file = hosts_file;
    options.system_servers = false;
    resolver = std::make_unique<Resolver>(io.get_executor(), std::move(servers), std::move(options));
    return *resolver;
  }
  void ask(const std::string& host, RecordType type = RecordType::a) {
    resolver->ask({host, type}, [this](const Resolver::Outcome& result) { results.push_back(result); });
  }
  void await(std::size_t count) {
    const auto limit = Clock::now() + 20s;
    while (results.size() < count && Clock::now() < limit) io.run_one_for(1s);
    ASSERT_EQ(results.size(), count);
  }

  boost::asio::io_context io;
  test::DnsServer dns{io};
  std::string hosts_file = "/nonexistent/hosts";
  std::unique_ptr<Resolver> resolver;
  std::vector<Resolver::Outcome> results;
};

TEST_F(ResolverTest, EveryTypeIsAnsweredWithItsTtl) {
  const SrvRecord srv{1, 2, 5070, "one.example.org"};
  const NaptrRecord naptr{1, 2, "s", "SIP+D2U", "", "_sip._udp.example.org"};
  dns.add("example.org", "192.0.2.1", 11);
  dns.add("example.org", "2001:db8::1", 12);
  dns.add("_sip._udp.example.org", srv, 13);
  dns.add("example.org", naptr, 14);
  make();
  ask("example.org");
  EXPECT_TRUE(results.empty());  // never inside ask()
  await(1);
  ask("example.org", RecordType::aaaa);
  await(2);
  ask("_sip._udp.example.org", RecordType::srv);
  await(3);
  ask("example.org", RecordType::naptr);
  await(4);
  EXPECT_EQ(results[0].value(), (DnsAnswer{{ip("192.0.2.1")}, 11s}));
  EXPECT_EQ(results[1].value(), (DnsAnswer{{ip("2001:db8::1")}, 12s}));
  EXPECT_EQ(results[2].value(), (DnsAnswer{{srv}, 13s}));
  EXPECT_EQ(results[3].value(), (DnsAnswer{{naptr}, 14s}));
}

TEST_F(ResolverTest, AnUnknownNameHasNoRecords) {
  dns.set_absence_ttl(40);
  make();
  ask("missing.example.org");
  await(1);
  EXPECT_EQ(results[0].value(), (DnsAnswer{{}, 40s}));
  EXPECT_EQ(resolver->known({"missing.example.org", RecordType::a})->value(), results[0].value());
}

TEST_F(ResolverTest, AnAnswerIsAskedOnceWhileItHolds) {
  dns.add("sip.example.org", "192.0.2.1", 60);
  dns.add("fleeting.example.org", "192.0.2.2", 0);
  make();
  for (std::size_t i = 0; i < 3; ++i) {
    ask("sip.example.org");
    await(2 * i + 1);
    ask("fleeting.example.org");
    await(2 * i + 2);
  }
  EXPECT_EQ(dns.questions(), 1 + 3);
  EXPECT_EQ(resolver->known({"sip.example.org", RecordType::a})->value().records,
            std::vector{ip("192.0.2.1")});
  EXPECT_FALSE(resolver->known({"fleeting.example.org", RecordType::a}));
}

TEST_F(ResolverTest, TheHostsFileIsAskedFirst) {
  const auto path = std::filesystem::path(testing::TempDir()) / ("hosts-" + std::to_string(::getpid()));
  std::ofstream(path) << "10.0.0.7 phone.example.org\n";
  hosts_file = path;
  make();
  EXPECT_TRUE(resolver->is_in_hosts_file("phone.example.org"));
  ask("phone.example.org");
  ask("phone.example.org", RecordType::aaaa);
  await(2);
  EXPECT_EQ(results[0].value().records, std::vector{ip("10.0.0.7")});
  EXPECT_TRUE(results[1].value().records.empty());
  EXPECT_EQ(dns.questions(), 0);
  // A changed file is read again.
  std::ofstream(path) << "10.0.0.8 phone.example.org\n";
  std::filesystem::last_write_time(path, std::filesystem::file_time_type::clock::now() + 1h);
  EXPECT_EQ(resolver->known({"phone.example.org", RecordType::a})->value().records,
            std::vector{ip("10.0.0.8")});
  std::filesystem::remove(path);
  EXPECT_FALSE(resolver->is_in_hosts_file("phone.example.org"));
}

TEST_F(ResolverTest, SilenceEndsAtTheLimitAndIsRememberedForAWhile) {
  dns.set_silent(true);
  make({.try_timeout = 30ms, .tries = 1, .question_limit = 60ms});
  ask("slow.example.org");
  await(1);
  EXPECT_EQ(results[0].error(), Errc::no_answer);
  const auto asked = dns.questions();
  dns.set_silent(false);
  dns.add("slow.example.org", "192.0.2.5");
  ask("slow.example.org");
  await(2);
  EXPECT_EQ(results[1].error(), Errc::no_answer);
  EXPECT_EQ(dns.questions(), asked);
}

TEST_F(ResolverTest, AnAnswerAfterTheLimitIsKeptAllTheSame) {
  dns.set_silent(true);
  make({.try_timeout = 200ms, .tries = 2, .question_limit = 50ms});
  ask("slow.example.org");
  await(1);
  EXPECT_EQ(results[0].error(), Errc::no_answer);
  dns.set_silent(false);
  dns.add("slow.example.org", "192.0.2.5");  // the second try is answered
  const DnsQuestion question{"slow.example.org", RecordType::a};
  const auto limit = Clock::now() + 10s;
  while (!resolver->known(question).value_or(Errc::no_answer) && Clock::now() < limit) io.run_one_for(100ms);
  EXPECT_EQ(resolver->known(question)->value().records, std::vector{ip("192.0.2.5")});
}

TEST_F(ResolverTest, AServersFailureIsAFailure) {
  dns.set_code(2);
  make({.try_timeout = 100ms, .tries = 1});
  ask("sip.example.org");
  await(1);
  EXPECT_EQ(results[0].error(), Errc::server_failure);
}

TEST_F(ResolverTest, TheNextNameserverIsAskedWhenTheFirstIsSilent) {
  test::DnsServer other{io};
  dns.set_silent(true);
  other.add("sip.example.org", "192.0.2.1");
  make({.try_timeout = 50ms}, {dns.endpoint(), other.endpoint()});
  ask("sip.example.org");
  await(1);
  EXPECT_EQ(results[0].value().records, std::vector{ip("192.0.2.1")});
  EXPECT_GT(dns.questions(), 0);
}

TEST_F(ResolverTest, TheSameQuestionIsAskedOnce) {
  dns.add("sip.example.org", "192.0.2.1", 0);
  make();
  for (int i = 0; i < 50; ++i) ask("sip.example.org");
  await(50);
  EXPECT_THAT(dns.asked(), ElementsAre(DnsQuestion{"sip.example.org", RecordType::a}));
  for (const auto& result : results) EXPECT_EQ(result.value().records, std::vector{ip("192.0.2.1")});
}

TEST_F(ResolverTest, PendingQuestionsAreBounded) {
  dns.set_silent(true);
  make({.try_timeout = 50ms, .tries = 1, .question_limit = 100ms, .max_pending = 2, .max_waiting = 4});
  for (const auto* host : {"a.example.org", "b.example.org", "c.example.org"}) ask(host);
  await(1);
  EXPECT_EQ(results[0].error(), Errc::too_many_lookups);
  for (int i = 0; i < 3; ++i) ask("a.example.org");  // two more may wait, the third not
  await(2);
  EXPECT_EQ(results[1].error(), Errc::too_many_lookups);
  await(6);
  for (std::size_t i = 2; i < 6; ++i) EXPECT_EQ(results[i].error(), Errc::no_answer);
  EXPECT_FALSE(resolver->known({"c.example.org", RecordType::a}));  // it was never asked
}

TEST_F(ResolverTest, NamesThatCannotBeAskedAreErrors) {
  make();
  ask(std::string(70, 'a') + ".example.org");
  await(1);
  EXPECT_FALSE(results[0]);
  EXPECT_EQ(dns.questions(), 0);
}

TEST_F(ResolverTest, PendingQuestionsEndWithTheResolver) {
  dns.set_silent(true);
  dns.add("known.example.org", "192.0.2.1");
  make();
  ask("a.example.org");
  ask("b.example.org");
  resolver.reset();
  dns.close();
  io.run();
  EXPECT_TRUE(results.empty());
}

TEST_F(ResolverTest, MayBeDestroyedByACallback) {
  dns.add("sip.example.org", "192.0.2.1");
  make();
  resolver->ask({"sip.example.org", RecordType::a}, [this](const Resolver::Outcome& result) {
    results.push_back(result);
    resolver.reset();
  });
  ask("sip.example.org");
  await(1);
  dns.close();
  io.run();
  EXPECT_EQ(results.size(), 1U);
}

}  // namespace
}  // namespace w2s::net
