#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "config_text.hpp"

namespace w2s::config {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(BreakerEntry, IsOneOfThreeWords) {
  EXPECT_EQ(parse_entries("").config.breaker, BreakerMode::client);
  EXPECT_EQ(parse_entries("<breaker>client</breaker>").config.breaker, BreakerMode::client);
  EXPECT_EQ(parse_entries("<breaker>AUTO</breaker>").config.breaker, BreakerMode::automatic);
  EXPECT_EQ(parse_entries("<breaker>always</breaker>").config.breaker, BreakerMode::always);
  for (const auto* bad : {"yes", "no", "auto;always", ""}) EXPECT_FALSE(parse_entries("<breaker>" + std::string{bad} + "</breaker>").ok()) << bad;
}

TEST(BreakerEntry, AWebSocketListenerMayHaveItsOwn) {
  const auto with = [](const std::string& transport) { return parse_entries("<transport>" + transport + "</transport>"); };
  const auto result = with("wss;*;443;breaker=always");
  EXPECT_THAT(result.errors, IsEmpty());
  EXPECT_EQ(result.config.listeners.back().breaker, BreakerMode::always);
  EXPECT_EQ(with("ws;127.0.0.1;80; Breaker = auto").config.listeners.back().breaker, BreakerMode::automatic);
  EXPECT_EQ(with("ws;*;80").config.listeners.back().breaker, std::nullopt);

  const std::pair<const char*, const char*> bad[] = {{"wss;*;443;always", "breaker=client|auto|always"},
                                                     {"wss;*;443;breaker", "breaker=client|auto|always"},
                                                     {"wss;*;443;breaker=yes", "client, auto or always"},
                                                     {"udp;*;5061;breaker=auto", "only ws and wss"},
                                                     {"ws;*;*;breaker=auto", "port must be named"},
                                                     {"ws;*;80;breaker=auto;x", "5 fields"}};
  for (const auto& [text, why] : bad) {
    const auto refused = with(text);
    ASSERT_THAT(refused.errors, SizeIs(1)) << text;
    EXPECT_THAT(refused.errors[0].message, HasSubstr(why));
    EXPECT_THAT(refused.config.listeners, SizeIs(2));
  }
}

TEST(ReferEntry, IsOneOfThreeWords) {
  EXPECT_EQ(parse_entries("").config.refer, ReferMode::relay);
  EXPECT_EQ(parse_entries("<refer>relay</refer>").config.refer, ReferMode::relay);
  EXPECT_EQ(parse_entries("<refer>Local</refer>").config.refer, ReferMode::local);
  EXPECT_EQ(parse_entries("<refer>auto</refer>").config.refer, ReferMode::automatic);
  EXPECT_FALSE(parse_entries("<refer></refer>").ok());
  for (const auto* bad : {"yes", "always", "relay;local"}) {
    const auto refused = parse_entries("<refer>" + std::string{bad} + "</refer>");
    ASSERT_THAT(refused.errors, SizeIs(1)) << bad;
    EXPECT_THAT(refused.errors[0].message, HasSubstr("relay, local or auto")) << bad;
  }
}

}  // namespace
}  // namespace w2s::config
