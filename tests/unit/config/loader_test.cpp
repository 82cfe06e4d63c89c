#include "w2s/config/loader.hpp"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "config_text.hpp"

namespace w2s::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<unsigned> lines_of(const std::vector<Problem>& problems) {
  std::vector<unsigned> lines;
  for (const auto& problem : problems) lines.push_back(problem.line);
  return lines;
}

TEST(Loader, ReportsAllErrorsAtOnceByLine) {
  const auto result = parse(
      "<?xml version='1.0'?>\n"
      "<config>\n"
      "  <transport>ws;*;10060</transport>\n"
      "  <transport>upd;*;5060</transport>\n"
      "  <debug-levle>INFO</debug-levle>\n"
      "  <rtp-port-range>30000;20000</rtp-port-range>\n"
      "\n"
      "  <nameserver>1.2.3</nameserver>\n"
      "</config>\n",
      "some/config.xml");
  ASSERT_THAT(lines_of(result.errors), ElementsAre(4, 5, 6, 8));
  EXPECT_EQ(result.describe(result.errors[0]),
            "some/config.xml:4: transport: \"upd\" is not known here; use udp, tcp, tls, ws or wss");
  EXPECT_EQ(result.describe(result.errors[1]),
            "some/config.xml:5: \"debug-levle\" is no entry known here; docs/configuration.md lists them");
  EXPECT_THAT(result.errors[2].message, HasSubstr("30000 to 20000"));
  EXPECT_EQ(result.errors[3].message, "nameserver: \"1.2.3\" is no IPv4 or IPv6 address");
}

TEST(Loader, ReportsEveryBadFieldOfOneEntry) {
  const auto result = parse_entries("<transport>dccp;localhost;99999</transport>");
  EXPECT_THAT(lines_of(result.errors), ElementsAre(2, 2, 2));
}

TEST(Loader, CountsLinesAcrossCommentsAndCarriageReturns) {
  const auto result = parse_entries("<!-- a\n comment -->\r\n<media-timeout>\r\nsoon</media-timeout>");
  EXPECT_THAT(lines_of(result.errors), ElementsAre(4));
}

TEST(Loader, NamesAndKeywordsComeInAnyCase) {
  const auto result = parse_entries("<Debug-Level>debug</Debug-Level><LOG-FORMAT>JSON</LOG-FORMAT>");
  EXPECT_THAT(result.errors, IsEmpty());
  EXPECT_EQ(result.config.debug_level, LogLevel::debug);
  EXPECT_EQ(result.config.log_format, LogFormat::json);
}

TEST(Loader, TrimsFieldsAndJoinsTextAroundComments) {
  const auto result = parse_entries(
      "<transport>\n tls ; 192.0.2.1 ;\t5061\n</transport>\n<codecs>pcmu;<!-- x -->opus</codecs>");
  EXPECT_THAT(result.errors, IsEmpty());
  EXPECT_EQ(result.config.listeners.back(), (Listener{Transport::tls, IpAddress::parse("192.0.2.1"), 5061}));
  EXPECT_THAT(result.config.codecs, ElementsAre(Codec::pcmu, Codec::opus));
}

TEST(Loader, TheRootHasAnyName) {
  EXPECT_TRUE(parse("<webrtc2sip><transport>ws;*;*</transport></webrtc2sip>", "c.xml").ok());
}

TEST(Loader, NestedElementsAreErrors) {
  const auto result =
      parse_entries("<group>\n<debug-level>INFO</debug-level></group>\n<transport>ws;*;1<b/>\n</transport>");
  ASSERT_THAT(lines_of(result.errors), ElementsAre(2, 4));
  EXPECT_THAT(result.errors[0].message, HasSubstr("\"group\""));
  EXPECT_THAT(result.errors[1].message, HasSubstr("<b> inside of <transport>"));
}

TEST(Loader, TextOutsideOfEntriesIsAnError) {
  const auto result = parse_entries("<debug-level>INFO</debug-level> udp;*;5060");
  ASSERT_THAT(result.errors, SizeIs(1));
  EXPECT_THAT(result.errors[0].message, HasSubstr("stands outside of any entry"));
}

TEST(Loader, EmptyEntriesAreErrors) {
  const auto result = parse_entries("<nameserver/>\n<transport> </transport>");
  EXPECT_THAT(result.errors, ElementsAre(Problem{2, "nameserver: is empty; write address"},
                                         Problem{3, "transport: is empty; write proto;ip|*;port|*[;breaker=client|auto|always]"}));
}

TEST(Loader, AttributesAreWarnedAbout) {
  const auto result = parse_entries("<debug-level value=\"INFO\">WARN</debug-level>");
  EXPECT_THAT(result.errors, IsEmpty());
  EXPECT_THAT(lines_of(result.warnings), ElementsAre(2));
}

TEST(Loader, ALaterScalarReplacesAndWarns) {
  const auto result = parse_entries("<debug-level>INFO</debug-level>\n<debug-level>FATAL</debug-level>");
  EXPECT_EQ(result.config.debug_level, LogLevel::fatal);
  EXPECT_THAT(result.warnings, ElementsAre(Problem{3, "debug-level: replaces the same entry on line 2"}));
}

TEST(Loader, BrokenXmlNamesTheLine) {
  const auto result =
      parse("<config>\n<transport>ws;*;1</transport>\n<codecs>opus</codec>\n</config>", "c.xml");
  ASSERT_THAT(lines_of(result.errors), ElementsAre(3));
  EXPECT_THAT(result.errors[0].message, HasSubstr("not well-formed XML"));
  for (const auto* bad : {"", "config", "<config>", "<!-- only -->"})
    EXPECT_FALSE(parse(bad, "c.xml").ok()) << bad;
}

TEST(Loader, OneConfigurationPerFile) {
  const auto result = parse("<a><transport>ws;*;1</transport></a>\n<b/>", "c.xml");
  EXPECT_THAT(lines_of(result.errors), ElementsAre(2));
}

TEST(Loader, AFileThatCannotBeReadIsAnErrorOfTheWholeFile) {
  const TemporaryFolder folder;
  const auto missing = load(folder.path_of("none.xml"));
  ASSERT_THAT(missing.errors, SizeIs(1));
  EXPECT_EQ(missing.describe(missing.errors[0]),
            folder.path_of("none.xml") + ": cannot be read: No such file or directory");
  EXPECT_FALSE(load(folder.path_of("")).ok());
}

TEST(Loader, NothingToListenOnIsAnError) {
  EXPECT_THAT(lines_of(parse("<config/>", "c.xml").errors), ElementsAre(0));
}

TEST(Loader, OneSidedListenersAreWarnedAbout) {
  const auto no_browser = parse("<config><transport>udp;*;1</transport></config>", "c.xml");
  ASSERT_THAT(no_browser.warnings, SizeIs(1));
  EXPECT_THAT(no_browser.warnings[0].message, HasSubstr("no browser can connect"));
  const auto no_network = parse("<config><transport>wss;*;1</transport></config>", "c.xml");
  ASSERT_THAT(no_network.warnings, SizeIs(1));
  EXPECT_THAT(no_network.warnings[0].message, HasSubstr("SIP network"));
}

}  // namespace
}  // namespace w2s::config
