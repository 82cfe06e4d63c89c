#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "config_text.hpp"

namespace w2s::config {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

IpAddress ip(std::string_view text) {
  return *IpAddress::parse(text);
}

LoadResult parse_transports(const std::vector<std::string>& transports, const std::string& more = {}) {
  std::string text = "<config>";
  for (const auto& transport : transports) text += "\n<transport>" + transport + "</transport>";
  return parse(text + more + "</config>", "config.xml");
}

TEST(Transport, TakesManyOfEachKindAndBothFamilies) {
  const auto result = parse_transports({"udp;192.0.2.1;5060", "udp;192.0.2.2;5060", "udp;[2001:db8::1];5060",
                                        "ws;*;80", "wss;*;*", "tls;2001:db8::1;5061"});
  EXPECT_THAT(result.errors, IsEmpty());
  EXPECT_THAT(
      result.config.listeners,
      ElementsAre(Listener{Transport::udp, ip("192.0.2.1"), 5060},
                  Listener{Transport::udp, ip("192.0.2.2"), 5060},
                  Listener{Transport::udp, ip("2001:db8::1"), 5060}, Listener{Transport::ws, {}, 80},
                  Listener{Transport::wss, {}, {}}, Listener{Transport::tls, ip("2001:db8::1"), 5061}));
}

TEST(Transport, ClickToCallIsNotBuilt) {
  const auto result = parse_transports({"ws;*;1", "udp;*;1", "c2c;*;10070", "C2CS;*;10072"});
  ASSERT_THAT(result.errors, SizeIs(2));
  EXPECT_EQ(result.errors[0].message, "transport: click-to-call (c2c) is not built yet; remove this entry");
  EXPECT_EQ(result.errors[1].line, 5U);
}

TEST(Transport, NeedsThreeFieldsAndAPort) {
  for (const auto* bad : {"ws;*", "ws;*;1;2", "ws;*;0", "ws;*;65536", "ws;*;-1", "ws;;1", "ws;host;1", ";;"})
    EXPECT_FALSE(parse_transports({bad}).ok()) << bad;
}

TEST(Transport, TwoOnOnePortCollideOnTheSecondLine) {
  const std::pair<const char*, const char*> colliding[] = {{"udp;*;5060", "udp;*;5060"},
                                                           {"ws;*;80", "wss;*;80"},
                                                           {"tcp;192.0.2.1;5060", "ws;192.0.2.1;5060"},
                                                           {"tls;*;443", "wss;192.0.2.1;443"},
                                                           {"ws;0.0.0.0;80", "tcp;192.0.2.1;80"},
                                                           {"ws;[::];80", "tcp;192.0.2.1;80"}};
  for (const auto& [first, second] : colliding) {
    SCOPED_TRACE(std::string{first} + " and " + second);
    const auto result = parse_transports({first, second});
    ASSERT_THAT(result.errors, SizeIs(1));
    EXPECT_EQ(result.errors[0].line, 3U);
    EXPECT_THAT(result.errors[0].message, HasSubstr("is taken by the"));
    EXPECT_THAT(result.errors[0].message, HasSubstr("on line 2"));
  }
}

TEST(Transport, ManyShareAPortOnOtherAddressesOrProtocols) {
  const std::pair<const char*, const char*> peaceful[] = {{"udp;*;5060", "ws;*;5060"},
                                                          {"udp;192.0.2.1;5060", "udp;192.0.2.2;5060"},
                                                          {"udp;192.0.2.1;5060", "udp;2001:db8::1;5060"},
                                                          {"ws;0.0.0.0;80", "tcp;2001:db8::1;80"},
                                                          {"ws;*;80", "wss;*;81"},
                                                          {"udp;*;*", "udp;*;*"}};
  for (const auto& [first, second] : peaceful)
    EXPECT_THAT(parse_transports({first, second}).errors, IsEmpty()) << first << " and " << second;
}

TEST(Transport, CollidesWithTheBrowserMediaPorts) {
  const auto by_default = parse_transports({"ws;*;1", "udp;*;10065"});
  ASSERT_THAT(by_default.errors, SizeIs(1));
  EXPECT_EQ(by_default.errors[0].line, 3U);
  EXPECT_THAT(by_default.errors[0].message, HasSubstr("ice-transport (by default)"));

  const std::string four_pumps =
      "<media-threads>4</media-threads>\n<ice-transport>udp;*;10057</ice-transport>";
  EXPECT_THAT(parse_transports({"ws;*;1", "udp;*;10060"}, four_pumps).errors, SizeIs(1));
  EXPECT_THAT(parse_transports({"ws;*;1", "udp;*;10061"}, four_pumps).errors, IsEmpty());
}

TEST(Certificates, AreResolvedBesideTheConfigAndMustExist) {
  const TemporaryFolder folder;
  folder.write("key.pem", "k");
  folder.write("cert.pem", "c");
  const auto file_with = [&](const std::string& value) {
    return load(folder.write("config.xml",
                             "<config><transport>ws;*;1</transport><transport>udp;*;1</transport>\n"
                             "<ssl-certificates>" +
                                 value + "</ssl-certificates></config>"));
  };
  EXPECT_THAT(file_with("key.pem;" + folder.path_of("cert.pem") + ";*;yes").config.certificates,
              ElementsAre(Certificates{folder.path_of("key.pem"), folder.path_of("cert.pem"), "", true}));
  EXPECT_THAT(file_with("*;*;*").config.certificates, ElementsAre(Certificates{}));

  const auto missing = file_with("key.pem;none.pem;no-ca.pem");
  EXPECT_THAT(
      missing.errors,
      ElementsAre(Problem{2, "ssl-certificates: there is no file \"" + folder.path_of("none.pem") + "\""},
                  Problem{2, "ssl-certificates: there is no file \"" + folder.path_of("no-ca.pem") + "\""}));
  for (const auto* bad :
       {"key.pem;cert.pem", "key.pem;*;*", "*;cert.pem;*", "key.pem;cert.pem;*;maybe", ";;", "a;b;c;no;e"})
    EXPECT_FALSE(file_with(bad).ok()) << bad;
}

TEST(Certificates, AreJudgedByWhoKnowsThem) {
  const TemporaryFolder folder;
  for (const auto* name : {"good.pem", "bad.pem", "old.pem"}) folder.write(name, "pem");
  std::string entries;
  for (const std::string name : {"bad.pem", "good.pem", "old.pem"})
    entries += "<ssl-certificates>" + name + ';' + name + ";*</ssl-certificates>\n";
  const auto config = folder.write(
      "config.xml", "<config><transport>wss;*;1</transport><transport>udp;*;1</transport>\n" + entries + "</config>");
  const auto result = load(config, [&](const Certificates& found) -> CertificateVerdict {
    if (found.certificate_file == folder.path_of("bad.pem")) return {"does not fit", ""};
    if (found.certificate_file == folder.path_of("old.pem")) return {"", "is old"};
    return {};
  });
  EXPECT_THAT(result.errors, ElementsAre(Problem{2, "ssl-certificates: does not fit"}));
  EXPECT_THAT(result.warnings, ElementsAre(Problem{4, "ssl-certificates: is old"}));
  EXPECT_THAT(result.config.certificates, SizeIs(2));
}

TEST(Certificates, RepeatForOtherNamesAndTheFirstIsTheDefault) {
  const TemporaryFolder folder;
  for (const auto* name : {"a.pem", "b.pem"}) folder.write(name, "pem");
  const auto with = [&](const std::string& first, const std::string& second) {
    return load(folder.write("config.xml",
                             "<config><transport>wss;*;1</transport><transport>udp;*;1</transport>\n"
                             "<ssl-certificates>" +
                                 first + "</ssl-certificates>\n<ssl-certificates>" + second +
                                 "</ssl-certificates></config>"));
  };
  const Certificates a{folder.path_of("a.pem"), folder.path_of("a.pem"), "", false};
  const Certificates b{folder.path_of("b.pem"), folder.path_of("b.pem"), "", false};
  EXPECT_THAT(with("a.pem;a.pem;*", "b.pem;b.pem;*").config.certificates, ElementsAre(a, b));
  EXPECT_THAT(with("*;*;*", "a.pem;a.pem;*").config.certificates, ElementsAre(Certificates{}, a));
  EXPECT_THAT(with("a.pem;a.pem;*", "b.pem;a.pem;*").errors,
              ElementsAre(Problem{3, "ssl-certificates: the certificate \"" + folder.path_of("a.pem") +
                                         "\" is given twice"}));
  EXPECT_THAT(with("*;*;*", "*;*;*").errors,
              ElementsAre(Problem{3, "ssl-certificates: only one entry can be without files"}));
}

TEST(PublicAddress, RepeatsPerLocalAddressAndFamily) {
  const auto result = parse_entries(
      "<public-address>203.0.113.7</public-address><public-address>2001:db8::7</public-address>"
      "<public-address>10.0.0.1; 203.0.113.8</public-address>");
  EXPECT_THAT(result.errors, IsEmpty());
  EXPECT_THAT(result.config.public_addresses,
              ElementsAre(PublicAddress{{}, ip("203.0.113.7")}, PublicAddress{{}, ip("2001:db8::7")},
                          PublicAddress{ip("10.0.0.1"), ip("203.0.113.8")}));
  for (const auto* bad : {"0.0.0.0", "224.0.0.1", "gateway.example.org", "10.0.0.1;2001:db8::1", "10.0.0.1;",
                          "1.2.3.4;1.2.3.4;1.2.3.4"})
    EXPECT_FALSE(parse_entries("<public-address>" + std::string{bad} + "</public-address>").ok()) << bad;
  EXPECT_FALSE(
      parse_entries("<public-address>192.0.2.1</public-address><public-address>192.0.2.2</public-address>")
          .ok());
}

TEST(OutboundProxy, IsANameOrAnAddress) {
  const auto of = [](const std::string& value) {
    return parse_entries("<outbound-proxy>" + value + "</outbound-proxy>");
  };
  EXPECT_EQ(of("udp;SIP.example.org;5060").config.outbound_proxy,
            (OutboundProxy{Transport::udp, "sip.example.org", 5060}));
  EXPECT_EQ(of("udp;[2001:db8::1];*").config.outbound_proxy,
            (OutboundProxy{Transport::udp, "2001:db8::1", {}}));
  for (const auto* bad :
       {"ws;h.example;80", "udp;10.0.0;5060", "udp;h;0", "udp;h", "udp;a b;5060", "udp;-a.example;5060"})
    EXPECT_FALSE(of(bad).ok()) << bad;
}

TEST(OutboundProxy, NeedsATransportOfItsKind) {
  const auto result = parse_entries("\n<outbound-proxy>tls;sip.example.org;5061</outbound-proxy>");
  ASSERT_THAT(result.errors, SizeIs(1));
  EXPECT_EQ(result.errors[0].line, 3U);
  EXPECT_THAT(result.errors[0].message, HasSubstr("kind tls"));
}

TEST(AllowDestination, ReplacesTheDefaultThenAppends) {
  EXPECT_THAT(parse_entries("").config.allow_destination, ElementsAre("public"));
  const auto result = parse_entries(
      "<allow-destination>10.0.0.0/8; "
      "Example.ORG;</allow-destination><allow-destination>PUBLIC</allow-destination>");
  EXPECT_THAT(result.errors, IsEmpty());
  EXPECT_THAT(result.config.allow_destination, ElementsAre("10.0.0.0/8", "example.org", "public"));
  for (const auto* bad : {"10.0.0.0/33", "10.0.0/8", "::/129", "*", "a b", "http://x", ";", "10.0.0.0/"})
    EXPECT_FALSE(parse_entries("<allow-destination>" + std::string{bad} + "</allow-destination>").ok())
        << bad;
}

TEST(AllowOrigin, IsAListOfOrigins) {
  const auto result =
      parse_entries("<allow-origin>https://Phone.example.org; http://localhost:8080</allow-origin>");
  EXPECT_THAT(result.errors, IsEmpty());
  EXPECT_THAT(result.config.allow_origins, ElementsAre("https://phone.example.org", "http://localhost:8080"));
  EXPECT_THAT(parse_entries("<allow-origin>*</allow-origin>").config.allow_origins, IsEmpty());
  EXPECT_TRUE(parse_entries("<allow-origin>https://[2001:db8::1]:8443;https://[::1]</allow-origin>").ok());
  for (const auto* bad : {"phone.example.org", "https://", "https://a/", "https://a:0", "https://a;*"})
    EXPECT_FALSE(parse_entries("<allow-origin>" + std::string{bad} + "</allow-origin>").ok()) << bad;
}

TEST(SipEntries, FlagsAndLists) {
  EXPECT_TRUE(parse_entries("<allow-insecure-ha1>YES</allow-insecure-ha1>").config.allow_insecure_ha1);
  EXPECT_FALSE(parse_entries("<allow-insecure-ha1>true</allow-insecure-ha1>").ok());
  EXPECT_THAT(parse_entries("<nameserver>9.9.9.9</nameserver><nameserver>2620:fe::fe</nameserver>")
                  .config.nameservers,
              ElementsAre(ip("9.9.9.9"), ip("2620:fe::fe")));
}

TEST(SipEntries, AServerQuarantineIsSeconds) {
  EXPECT_EQ(Config{}.server_quarantine, 30s);
  EXPECT_EQ(parse_entry("server-quarantine", "0").config.server_quarantine, 0s);
  EXPECT_EQ(parse_entry("server-quarantine", "86400").config.server_quarantine, 24h);
  for (const auto* bad : {"-1", "86401", "30s", "soon"}) EXPECT_FALSE(parse_entry("server-quarantine", bad).ok()) << bad;
}

}  // namespace
}  // namespace w2s::config
