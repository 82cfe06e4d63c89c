#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "config_text.hpp"

namespace w2s::config {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

const std::string ha1 = "0123456789abcdef0123456789ABCDEF";
const std::string proxy = "<outbound-proxy>udp;192.0.2.1;5060</outbound-proxy>";
std::string account(const std::string& value) { return "<account>" + value + "</account>"; }

TEST(AccountEntry, NamesAUserARealmAndMaybeAServer) {
  const auto result = parse_entries(proxy + account("alice;example.org;" + ha1) + account("bob; My PBX ;" + ha1 + ";SIP.example.org") +
                                    account("carol;x;" + ha1 + ha1 + ";[2001:db8::1]"));
  EXPECT_THAT(result.errors, IsEmpty());
  ASSERT_THAT(result.config.accounts, SizeIs(3));
  EXPECT_EQ(result.config.accounts[0], (Account{"alice", "example.org", Redacted<std::string>{"0123456789abcdef0123456789abcdef"}, ""}));
  EXPECT_EQ(result.config.accounts[1].realm, "My PBX");
  EXPECT_EQ(result.config.accounts[1].server, "sip.example.org");
}

TEST(AccountEntry, IsRefusedWithoutTellingItsHa1) {
  const std::pair<std::string, const char*> bad[] = {{"alice;example.org", "2 fields"},
                                                     {"alice;;" + ha1, "must be named"},
                                                     {";example.org;" + ha1, "must be named"},
                                                     {"alice;example.org;" + ha1 + "0", "hex digits"},
                                                     {"alice;example.org;my password", "hex digits"},
                                                     {"alice;example.org;" + ha1 + ";a b", "neither a host name"},
                                                     {"alice;example.org;" + ha1 + ";h;x", "5 fields"}};
  for (const auto& [text, why] : bad) {
    const auto result = parse_entries(proxy + account(text));
    ASSERT_THAT(result.errors, SizeIs(1)) << text;
    EXPECT_THAT(result.errors[0].message, HasSubstr(why));
    EXPECT_THAT(result.errors[0].message, Not(HasSubstr("0123456789")));
    EXPECT_THAT(result.errors[0].message, Not(HasSubstr("my password")));
  }
  const auto twice = parse_entries(proxy + account("alice;example.org;" + ha1) + account("alice;example.org;" + ha1));
  ASSERT_THAT(twice.errors, SizeIs(1));
  EXPECT_THAT(twice.errors[0].message, HasSubstr("already"));
}

TEST(AccountEntry, NeedsAServerToTellItsDigestTo) {
  EXPECT_THAT(parse_entries(account("alice;example.org;" + ha1 + ";sip.example.org")).errors, IsEmpty());
  const auto result = parse_entries("\n" + account("alice;example.org;" + ha1));
  ASSERT_THAT(result.errors, SizeIs(1));
  EXPECT_THAT(result.errors[0].message, HasSubstr("fourth field"));
  EXPECT_EQ(result.errors[0].line, 3U);
}

TEST(RedirectsEntry, IsPassOrFollow) {
  EXPECT_FALSE(parse_entries("").config.follow_redirects);
  EXPECT_FALSE(parse_entries("<redirects>pass</redirects>").config.follow_redirects);
  EXPECT_TRUE(parse_entries("<redirects>Follow</redirects>").config.follow_redirects);
  EXPECT_FALSE(parse_entries("<redirects>yes</redirects>").ok());
}

}  // namespace
}  // namespace w2s::config
