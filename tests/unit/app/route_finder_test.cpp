// From a URI to places, over a real nameserver and real listeners on loopback.
#include "app/route_finder.hpp"

#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>

#include "dns_server.hpp"

namespace w2s::app {
namespace {

using sip::Transport;
using testing::ElementsAre;
using testing::HasSubstr;

class RouteFinderTest : public testing::Test {
 protected:
  void listen(std::initializer_list<Transport> kinds, std::optional<sip::NextHop> outbound_proxy = {}) {
    transport::Options options;
    for (const auto kind : kinds) options.listeners.push_back({kind, IpAddress::parse("127.0.0.1"), 0});
    transports = std::make_unique<transport::SipTransports>(io.get_executor(), std::move(options), log,
                                                            transport::Handlers{});
    net::AllowDestination allow({*net::AllowDestination::parse_entry("127.0.0.0/8"),
                                 *net::AllowDestination::parse_entry("trusted.test")});
    finder = std::make_unique<RouteFinder>(io.get_executor(), resolver, *transports, std::move(allow),
                                           std::move(outbound_proxy), log);
  }
  Endpoint own(std::size_t index) const { return transports->listeners().at(index).local; }

  RouteFinder::Outcome find(const std::string& uri, std::string_view call_id = "call") {
    std::optional<RouteFinder::Outcome> found;
    finder->find(sip::hop_of(*sip::parse_uri(uri)), call_id,
                 [&](RouteFinder::Outcome outcome) { found = std::move(outcome); });
    const auto limit = Clock::now() + 30s;
    while (!found && Clock::now() < limit) io.run_one_for(1s);
    EXPECT_TRUE(found);
    return found.value_or(sip::RouteFailure{});
  }
  std::vector<std::string> places(const std::string& uri, std::string_view call_id = "call") {
    const auto outcome = find(uri, call_id);
    const auto* egress = std::get_if<sip::Egress>(&outcome);
    if (egress == nullptr) return {std::to_string(std::get<sip::RouteFailure>(outcome).status)};
    std::vector<std::string> texts;
    const auto add = [&](const sip::Egress& e) {
      texts.push_back(std::string(uri_token(e.target.transport)) + ' ' + e.target.remote.to_string());
    };
    add(*egress);
    for (const auto& other : egress->others) add(other);
    return texts;
  }
  sip::RouteFailure failure(const std::string& uri) {
    const auto outcome = find(uri);
    EXPECT_TRUE(std::holds_alternative<sip::RouteFailure>(outcome));
    return std::holds_alternative<sip::RouteFailure>(outcome) ? std::get<sip::RouteFailure>(outcome)
                                                              : sip::RouteFailure{};
  }

  boost::asio::io_context io;
  NullLog log;
  test::DnsServer dns{io};
  net::Resolver resolver{
      io.get_executor(),
      {dns.endpoint()},
      {.try_timeout = 50ms, .tries = 1, .question_limit = 200ms, .hosts_file = "", .system_servers = false}};
  std::unique_ptr<transport::SipTransports> transports;
  std::unique_ptr<RouteFinder> finder;
};

TEST_F(RouteFinderTest, ADomainsServersInTheirOrder) {
  listen({Transport::udp, Transport::tcp});
  dns.add("_sip._udp.pool.test", net::SrvRecord{20, 0, 5071, "b.pool.test"});
  dns.add("_sip._udp.pool.test", net::SrvRecord{10, 0, 5070, "a.pool.test"});
  dns.add("_sip._tcp.pool.test", net::SrvRecord{10, 0, 5072, "a.pool.test"});
  dns.add("a.pool.test", "127.0.0.2");
  dns.add("a.pool.test", "127.0.0.3");
  dns.add("b.pool.test", "127.0.0.4");
  EXPECT_THAT(places("sip:pool.test"),
              ElementsAre("udp 127.0.0.2:5070", "udp 127.0.0.3:5070", "udp 127.0.0.4:5071",
                          "tcp 127.0.0.2:5072", "tcp 127.0.0.3:5072"));
  const auto egress = std::get<sip::Egress>(find("sip:pool.test"));
  EXPECT_EQ(egress.target.local, own(0));
  EXPECT_EQ(egress.target.host, "pool.test");
  EXPECT_EQ(egress.contact, own(0));
  EXPECT_FALSE(egress.for_large);  // the DNS named UDP
  EXPECT_EQ(egress.others.back().target.local, own(1));
  EXPECT_EQ(egress.others.back().contact, own(0));
}

TEST_F(RouteFinderTest, OneCallIdStaysWithOneServer) {
  listen({Transport::udp});
  for (int i = 1; i <= 4; ++i) {
    const auto host = "h" + std::to_string(i) + ".pool.test";
    dns.add("_sip._udp.pool.test", net::SrvRecord{1, 10, 5060, host});
    dns.add(host, "127.0.1." + std::to_string(i));
  }
  std::set<std::string> firsts;
  for (int i = 0; i < 40; ++i) {
    const auto call_id = "call-" + std::to_string(i);
    const auto order = places("sip:pool.test;transport=udp", call_id);
    EXPECT_EQ(order, places("sip:pool.test;transport=udp", call_id));
    firsts.insert(order.front());
  }
  EXPECT_EQ(firsts.size(), 4U);
}

TEST_F(RouteFinderTest, PlacesThatMayNotBeUsedArePassedOver) {
  listen({Transport::udp});
  dns.add("mixed.test", "10.1.2.3");
  dns.add("mixed.test", "127.0.0.2");
  dns.add("mixed.test", "127.0.0.1");
  EXPECT_THAT(places("sip:mixed.test:5070"), ElementsAre("udp 127.0.0.2:5070", "udp 127.0.0.1:5070"));
  const auto port = std::to_string(own(0).port);
  EXPECT_THAT(places("sip:mixed.test:" + port), ElementsAre("udp 127.0.0.2:" + port));  // not to ourselves
}

TEST_F(RouteFinderTest, WhenNothingRemainsTheRefusalSaysWhatToAllow) {
  listen({Transport::udp});
  dns.add("forbidden.test", "10.1.2.3");
  const auto refused = failure("sip:forbidden.test:5060");
  EXPECT_EQ(refused.status, 403);
  EXPECT_THAT(refused.warning,
              HasSubstr("destination 10.1.2.3 is not allowed; add it to allow-destination: 10.1.2.3"));
  EXPECT_EQ(failure("sip:127.0.0.1:" + std::to_string(own(0).port)).status, 404);
}

TEST_F(RouteFinderTest, AnAllowedDomainIsTheNameThatWasAskedFor) {
  listen({Transport::udp});
  dns.add("_sip._udp.stranger.test", net::SrvRecord{1, 0, 5060, "host.trusted.test"});
  dns.add("_sip._udp.trusted.test", net::SrvRecord{1, 0, 5060, "elsewhere.test"});
  dns.add("host.trusted.test", "10.0.0.1");
  dns.add("elsewhere.test", "10.0.0.2");
  EXPECT_EQ(failure("sip:stranger.test;transport=udp").status, 403);
  EXPECT_THAT(places("sip:trusted.test;transport=udp"), ElementsAre("udp 10.0.0.2:5060"));
}

TEST_F(RouteFinderTest, TheOutboundProxysPlaceIsAllowedByAnyName) {
  listen({Transport::udp}, sip::NextHop{{}, "pbx.test", 5060, Transport::udp});
  dns.add("pbx.test", "10.1.2.3");
  EXPECT_EQ(failure("sip:10.1.2.3").status, 403);
  EXPECT_THAT(places("sip:pbx.test:5060;transport=udp"), ElementsAre("udp 10.1.2.3:5060"));
  EXPECT_THAT(places("sip:bob@10.1.2.3"), ElementsAre("udp 10.1.2.3:5060"));  // as its Contact names it
  EXPECT_EQ(failure("sip:10.1.2.3:5070").status, 403);
}

TEST_F(RouteFinderTest, LargeRequestsMayTryTcpWhereNothingNamesATransport) {
  listen({Transport::udp, Transport::tcp});
  const auto egress = std::get<sip::Egress>(find("sip:127.0.0.2"));
  ASSERT_TRUE(egress.for_large);
  EXPECT_EQ(egress.for_large->transport, Transport::tcp);
  EXPECT_EQ(egress.for_large->remote, egress.target.remote);
  EXPECT_EQ(egress.for_large->local, own(1));
  EXPECT_TRUE(egress.for_large->tentative);
  EXPECT_FALSE(std::get<sip::Egress>(find("sip:127.0.0.2;transport=udp")).for_large);
  listen({Transport::udp});
  EXPECT_FALSE(std::get<sip::Egress>(find("sip:127.0.0.2")).for_large);
}

TEST_F(RouteFinderTest, ATransportWithoutListenerIsSaid) {
  listen({Transport::udp});
  EXPECT_THAT(failure("sip:127.0.0.2;transport=tcp").warning, HasSubstr("no tcp transport"));
  EXPECT_THAT(failure("sips:somewhere.test").warning, HasSubstr("no tls transport"));
  EXPECT_THAT(failure("sip:[::1]").warning, HasSubstr("not allowed"));
  EXPECT_EQ(dns.questions(), 0);
}

TEST_F(RouteFinderTest, ADeadNameserverIsA503AndIsNotStormed) {
  listen({Transport::udp});
  dns.set_silent(true);
  const auto start = Clock::now();
  const auto failed = failure("sip:dead.test");
  EXPECT_EQ(failed.status, 503);
  EXPECT_EQ(failed.warning, "no address for dead.test: no nameserver answered in time");
  EXPECT_LT(Clock::now() - start, 8s);
  const auto asked = dns.questions();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(failure("sip:dead.test").status, 503);
  EXPECT_EQ(dns.questions(), asked);
}

// RFC 3261 18.2.2, held to the rules of requests.
TEST_F(RouteFinderTest, AResponseFindsItsWayBackWhereRequestsMayGo) {
  listen({Transport::tcp});
  const auto back = [&](Transport transport, const std::string& ip, std::uint16_t port = 5070, const std::string& host = {}) {
    sip::Target place;
    place.transport = transport;
    place.remote = {*IpAddress::parse(ip), port};
    place.host = host;
    return finder->way_back(place);
  };
  const auto way = back(Transport::tcp, "127.0.0.9");
  ASSERT_TRUE(way);
  EXPECT_EQ(way->remote.to_string(), "127.0.0.9:5070");
  EXPECT_EQ(way->local, own(0));
  EXPECT_FALSE(back(Transport::tcp, "192.0.2.9"));
  EXPECT_FALSE(back(Transport::tcp, "192.0.2.9", 5070, "trusted.test"));  // a name that sent-by claims allows nothing
  EXPECT_FALSE(back(Transport::tls, "127.0.0.9"));                        // we do not listen for it
  EXPECT_FALSE(back(Transport::tcp, own(0).ip.to_string(), own(0).port));
}

}  // namespace
}  // namespace w2s::app
