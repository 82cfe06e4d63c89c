// RFC 3891 section 6.1 and the Replaces inside a Refer-To (RFC 3261 19.1.1).
#include "w2s/sip/replaces.hpp"

#include <gtest/gtest.h>

namespace w2s::sip {
namespace {

TEST(Replaces, ReadsTheExamplesOfTheRfc) {
  const auto replaces = parse_replaces("98732@sip.example.com;from-tag=r33th4x0r;to-tag=ff87ff");
  ASSERT_TRUE(replaces);
  EXPECT_EQ(replaces->call_id, "98732@sip.example.com");
  EXPECT_EQ(replaces->to_tag, "ff87ff");
  EXPECT_EQ(replaces->from_tag, "r33th4x0r");
  const auto early = parse_replaces("12adf2f34456gs5 ; to-tag=12345 ; from-tag=54321 ; early-only");
  ASSERT_TRUE(early);
  EXPECT_TRUE(early->others.has("early-only"));
  EXPECT_EQ(early->to_string(), "12adf2f34456gs5;to-tag=12345;from-tag=54321;early-only");
}

TEST(Replaces, NeedsACallIdAndBothTags) {
  for (const auto* bad : {"", ";to-tag=1;from-tag=2", "abc", "abc;to-tag=1", "abc;from-tag=1", "abc;to-tag;from-tag=2", "a b;to-tag=1;from-tag=2",
                          "abc;to-tag=1;from-tag=2;=", "a,b;to-tag=1;from-tag=2"}) {
    EXPECT_FALSE(parse_replaces(bad)) << bad;
  }
}

TEST(Replaces, IsFoundAndExchangedAmongTheHeadersOfAUri) {
  auto uri = *parse_uri("sip:bob@example.org?Subject=a%26b&replaces=abc%40h%3Bto-tag%3D1%3Bfrom-tag%3D2&Require=replaces");
  const auto found = replaces_of(uri);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->call_id, "abc@h");
  set_replaces(uri, {"x;y=\"", "3", "4", {}});
  EXPECT_EQ(uri.headers, "Subject=a%26b&replaces=x%3By%3D%22%3Bto-tag%3D3%3Bfrom-tag%3D4&Require=replaces");
  EXPECT_FALSE(replaces_of(*parse_uri("sip:bob@example.org?Require=replaces")));
  EXPECT_FALSE(replaces_of(*parse_uri("sip:bob@example.org?Replaces=abc")));
  EXPECT_TRUE(names_replaces(*parse_uri("sip:bob@example.org?Replaces=abc"))) << "one that cannot be read";
  EXPECT_FALSE(names_replaces(*parse_uri("sip:bob@example.org?Require=replaces")));
  auto bare = *parse_uri("sip:bob@example.org");
  set_replaces(bare, {"abc", "1", "2", {}});
  EXPECT_EQ(replaces_of(bare)->call_id, "abc");
}

}  // namespace
}  // namespace w2s::sip
