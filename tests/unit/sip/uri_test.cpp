#include "w2s/sip/uri.hpp"

#include <gtest/gtest.h>

#include "w2s/sip/error.hpp"
#include "w2s/sip/target.hpp"

namespace w2s::sip {
namespace {

TEST(Uri, IsReadIntoItsParts) {
  const auto uri =
      *parse_uri("sip:alice:secret@[2001:db8::1]:5070;transport=ws;lr?Subject=x&Priority=urgent");
  EXPECT_EQ(uri.scheme, "sip");
  EXPECT_EQ(uri.user, "alice");
  EXPECT_EQ(uri.password, "secret");
  EXPECT_EQ(uri.host, "[2001:db8::1]");
  EXPECT_EQ(uri.port, 5070);
  EXPECT_EQ(uri.params.get("TRANSPORT"), "ws");
  EXPECT_TRUE(uri.params.has("lr"));
  EXPECT_EQ(uri.headers, "Subject=x&Priority=urgent");
  EXPECT_EQ(uri.to_string(), "sip:alice:secret@[2001:db8::1]:5070;transport=ws;lr?Subject=x&Priority=urgent");
}

TEST(Uri, LeavesTheUserPartAsWritten) {
  EXPECT_EQ(parse_uri("sip:user;par=u%40example.net@example.com")->user, "user;par=u%40example.net");
  EXPECT_EQ(parse_uri("sip:sips%3Auser%40example.com@example.net")->host, "example.net");
  EXPECT_EQ(parse_uri("sip:what?ever@example.com")->user, "what?ever");
  EXPECT_EQ(parse_uri("sip:a@b;to=c@d")->params.get("to"), "c@d");
}

TEST(Uri, KeepsOtherSchemesOpaque) {
  const auto uri = *parse_uri("tel:+1-201-555-0123;phone-context=example.com");
  EXPECT_FALSE(uri.is_sip());
  EXPECT_EQ(uri.other, "+1-201-555-0123;phone-context=example.com");
  EXPECT_EQ(uri.to_string(), "tel:+1-201-555-0123;phone-context=example.com");
  EXPECT_TRUE(parse_uri("SIPS:a@b")->is_sips());
  EXPECT_FALSE(parse_uri("sip:a@b")->is_sips());
}

TEST(Uri, RefusesWhatIsNone) {
  for (const auto* bad : {"",
                          "sip:",
                          "sip",
                          "alice@example.com",
                          "sip:@host",
                          "sip:a@",
                          "sip:a@b:",
                          "sip:a@b:65536",
                          "sip:a@b:x",
                          "sip:a b@c",
                          "<sip:a@b>",
                          "sip:a@b>",
                          "sip:a@b;",
                          "sip:a@b;;lr",
                          "sip:a@b?",
                          "sip:2001:db8::10",
                          "sip:[2001:db8:::1]",
                          "sip:[::1",
                          "sip:a@b@c",
                          "1sip:a@b",
                          "sip:a@b;x=\"y\"",
                          "sip:a@b\r\n"})
    EXPECT_FALSE(parse_uri(bad)) << bad;
}

TEST(Uri, AddressOfRecordIsComparable) {
  EXPECT_EQ(parse_uri("sip:%61lice:pw@EXAMPLE.com:5060;transport=tcp")->address_of_record(),
            "alice@example.com");
  EXPECT_EQ(parse_uri("sip:Example.com")->address_of_record(), "example.com");
  EXPECT_EQ(parse_uri("TEL:+1")->address_of_record(), "tel:+1");
}

// The examples of RFC 3261 19.1.4.
TEST(Uri, EquivalenceFollowsTheRfc) {
  const auto same = [](const char* a, const char* b) { return equivalent(*parse_uri(a), *parse_uri(b)); };
  EXPECT_TRUE(same("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"));
  EXPECT_TRUE(same("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"));
  EXPECT_TRUE(same("sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on"));
  EXPECT_TRUE(same("sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
                   "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com"));
  EXPECT_TRUE(same("sip:alice@atlanta.com?subject=project%20x&priority=urgent",
                   "sip:alice@atlanta.com?priority=urgent&subject=project%20x"));
  EXPECT_FALSE(same("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"));
  EXPECT_FALSE(same("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"));
  EXPECT_FALSE(same("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"));
  EXPECT_FALSE(same("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"));
  EXPECT_FALSE(same("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"));
  EXPECT_FALSE(same("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"));
  EXPECT_FALSE(same("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"));
  EXPECT_FALSE(same("sip:a@b", "sips:a@b"));
  EXPECT_FALSE(same("sip:a%40b@c", "sip:a@c"));
}

TEST(NameAddr, ReadsBothForms) {
  const auto bracketed =
      *parse_name_addr(R"("A. G. \"Bell\"" <sip:bell@example.com;lr> ; tag = a48s;x="a;b")");
  EXPECT_EQ(bracketed.display_name, R"("A. G. \"Bell\"")");
  EXPECT_TRUE(bracketed.uri.params.has("lr"));
  EXPECT_EQ(bracketed.tag(), "a48s");
  EXPECT_EQ(bracketed.params.unquoted("x"), "a;b");
  EXPECT_EQ(bracketed.to_string(), R"("A. G. \"Bell\"" <sip:bell@example.com;lr>;tag=a48s;x="a;b")");

  const auto bare = *parse_name_addr("sip:bell@example.com;tag=1");
  EXPECT_EQ(bare.tag(), "1");
  EXPECT_TRUE(bare.uri.params.empty());
  EXPECT_EQ(bare.to_string(), "<sip:bell@example.com>;tag=1");
  EXPECT_TRUE(parse_name_addr("*")->star);
  EXPECT_EQ(parse_name_addr("Jörg (home), Bonn <sip:j@example.com>")->display_name, "Jörg (home), Bonn");
}

TEST(NameAddr, RefusesWhatIsNone) {
  for (const auto* bad :
       {"", "\"A <sip:a@b>", "\"A\" sip:a@b", "<sip:a@b", "<>", "<sip:a@b>x", "<sip:a@b>;;", "<sip:a@b>;",
        "<sip:a@b>;=x", "<sip:a@b>;x=\"y", "sip:a@b?x=y", "<sip:a@b>, <sip:c@d>", "< sip:a@b >", "alice"})
    EXPECT_FALSE(parse_name_addr(bad)) << bad;
}

TEST(Params, AreEditedInPlace) {
  auto params = parse_uri("sip:a;one=1;flag;two=2")->params;
  params.set("FLAG", "now");
  params.set("three", std::nullopt);
  params.erase("One");
  std::string out;
  params.append_to(out);
  EXPECT_EQ(out, ";flag=now;two=2;three");
  EXPECT_FALSE(params.get("one"));
  EXPECT_EQ(params.get("three"), "");
}

TEST(Target, TransportsHaveTheirTokens) {
  Transport transport = Transport::udp;
  EXPECT_TRUE(parse_transport("Wss", transport));
  EXPECT_EQ(transport, Transport::wss);
  EXPECT_EQ(via_token(Transport::tls), "TLS");
  EXPECT_EQ(uri_token(Transport::ws), "ws");
  EXPECT_FALSE(parse_transport("sctp", transport));
}

}  // namespace
}  // namespace w2s::sip
