#include "w2s/sip/message.hpp"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

namespace w2s::sip {
namespace {

using ::testing::ElementsAre;

Message parsed(std::string_view text) {
  const auto outcome = parse(text, Framing::datagram);
  if (outcome.failure) throw std::runtime_error(outcome.failure->error.message());
  return *outcome.message;
}

constexpr std::string_view kInvite =
    "INVITE sip:bob@example.com SIP/2.0\r\n"
    "v: SIP/2.0/TCP c.example;branch=z9hG4bK3 , SIP/2.0/UDP b.example;branch=z9hG4bK2\r\n"
    "X-Odd :\t b,\"y te\"  for ; byte\r\n"
    "Via: SIP/2.0/WSS a.invalid;branch=z9hG4bK1\r\n"
    "From: \"Alice\" <sip:alice@example.com>;tag=a1\r\n"
    "To: sip:bob@example.com\r\n"
    "i: call-1\r\n"
    "CSEQ: 7 INVITE\r\n"
    "Record-Route: <sip:p1;lr>,<sip:p2;lr>\r\n"
    "Supported: timer,, REPLACES\r\n"
    "m: \"Doe, J\" <sip:j,d@example.com>;q=1, <sip:k@example.com>\r\n"
    "Content-Type: application/sdp\r\n"
    "l: 3\r\n"
    "\r\n"
    "v=0";

TEST(HeaderNames, AreFoundInAnyFormAndCase) {
  EXPECT_EQ(header_id("vIA"), HeaderId::via);
  EXPECT_EQ(header_id("K"), HeaderId::supported);
  EXPECT_EQ(header_id("WWW-AUTHENTICATE"), HeaderId::www_authenticate);
  EXPECT_EQ(header_id("z"), HeaderId::other);
  EXPECT_EQ(header_id("Vi"), HeaderId::other);
  EXPECT_EQ(header_id(""), HeaderId::other);
  for (auto i = static_cast<int>(HeaderId::accept); i <= static_cast<int>(HeaderId::www_authenticate); ++i) {
    const auto id = static_cast<HeaderId>(i);
    EXPECT_EQ(header_id(header_name(id)), id) << header_name(id);
  }
}

TEST(Message, UntouchedHeadersLeaveByteForByte) {
  EXPECT_EQ(parsed(kInvite).to_string(), kInvite);
}

TEST(Message, ValuesRunAcrossFields) {
  const auto invite = parsed(kInvite);
  EXPECT_THAT(invite.values(HeaderId::via),
              ElementsAre("SIP/2.0/TCP c.example;branch=z9hG4bK3", "SIP/2.0/UDP b.example;branch=z9hG4bK2",
                          "SIP/2.0/WSS a.invalid;branch=z9hG4bK1"));
  EXPECT_THAT(invite.values(HeaderId::contact),
              ElementsAre("\"Doe, J\" <sip:j,d@example.com>;q=1", "<sip:k@example.com>"));
  EXPECT_THAT(invite.values(HeaderId::supported), ElementsAre("timer", "REPLACES"));
  EXPECT_EQ(invite.get("x-odd"), "b,\"y te\"  for ; byte");
  EXPECT_TRUE(invite.has_option(HeaderId::supported, "replaces"));
  EXPECT_FALSE(invite.has_option(HeaderId::supported, "100rel"));
}

TEST(Message, TypedViewsReadTheHeaders) {
  const auto invite = parsed(kInvite);
  EXPECT_TRUE(invite.is("INVITE"));
  EXPECT_FALSE(invite.is("invite"));
  EXPECT_EQ(invite.top_via()->branch(), "z9hG4bK3");
  EXPECT_EQ(invite.from()->tag(), "a1");
  EXPECT_EQ(invite.cseq(), (CSeq{7, "INVITE"}));
  EXPECT_EQ(invite.call_id(), "call-1");
  EXPECT_EQ(invite.contacts()->at(1).uri.user, "k");
  EXPECT_EQ(invite.name_addrs(HeaderId::record_route)->size(), 2U);
  EXPECT_EQ(Message::request("OPTIONS", "sip:a").from().error(), Errc::missing_header);
}

TEST(Message, EditsTouchSingleValues) {
  auto invite = parsed(kInvite);
  invite.pop_value(HeaderId::via);
  invite.replace_value(HeaderId::via, 1, "SIP/2.0/TCP g.example");
  invite.prepend(HeaderId::via, "SIP/2.0/UDP new.example;branch=z9hG4bK4");
  invite.replace_value(HeaderId::contact, 1, "<sip:gw>");
  invite.pop_value(HeaderId::record_route);
  invite.remove("x-odd");
  EXPECT_EQ(invite.to_string(),
            "INVITE sip:bob@example.com SIP/2.0\r\n"
            "Via: SIP/2.0/UDP new.example;branch=z9hG4bK4\r\n"
            "v: SIP/2.0/UDP b.example;branch=z9hG4bK2\r\n"
            "Via: SIP/2.0/TCP g.example\r\n"
            "From: \"Alice\" <sip:alice@example.com>;tag=a1\r\n"
            "To: sip:bob@example.com\r\n"
            "i: call-1\r\n"
            "CSEQ: 7 INVITE\r\n"
            "Record-Route: <sip:p2;lr>\r\n"
            "Supported: timer,, REPLACES\r\n"
            "m: \"Doe, J\" <sip:j,d@example.com>;q=1, <sip:gw>\r\n"
            "Content-Type: application/sdp\r\n"
            "l: 3\r\n"
            "\r\n"
            "v=0");
}

TEST(Message, PoppingTheLastValueDropsTheField) {
  auto invite = parsed(kInvite);
  for (std::size_t left = 3; left > 0; --left) {
    EXPECT_EQ(invite.values(HeaderId::via).size(), left);
    invite.pop_value(HeaderId::via);
  }
  EXPECT_EQ(invite.count(HeaderId::via), 0U);
  EXPECT_FALSE(invite.first_value(HeaderId::via));
}

TEST(Message, SetAndSetValuesKeepThePositionOfTheFirst) {
  auto invite = parsed(kInvite);
  invite.set_values(HeaderId::via, {"one", "two"});
  invite.set(HeaderId::to, "<sip:c@example.com>");
  EXPECT_EQ(invite.fields()[0].value, "one");
  EXPECT_EQ(invite.fields()[1].value, "two");
  EXPECT_EQ(invite.fields()[2].name, "X-Odd");
  EXPECT_EQ(invite.count(HeaderId::via), 2U);
  invite.set_values(HeaderId::path, {"<sip:p>"});
  EXPECT_EQ(invite.fields().back().value, "<sip:p>");
}

TEST(Message, ContentLengthFollowsTheBody) {
  auto invite = parsed(kInvite);
  invite.set_body("hello", "text/plain");
  EXPECT_EQ(invite.get(HeaderId::content_length), "5");
  EXPECT_EQ(invite.get(HeaderId::content_type), "text/plain");
  invite.set_body("", "");
  EXPECT_FALSE(invite.get(HeaderId::content_type));
  EXPECT_TRUE(invite.to_string().ends_with("l: 0\r\n\r\n"));
  EXPECT_EQ(Message::response(200, "OK").to_string(), "SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n");
}

TEST(Response, CopiesWhatTheRfcSays) {
  const auto response = make_response(parsed(kInvite), 486, "b1");
  EXPECT_EQ(response.to_string(),
            "SIP/2.0 486 Busy Here\r\n"
            "v: SIP/2.0/TCP c.example;branch=z9hG4bK3 , SIP/2.0/UDP b.example;branch=z9hG4bK2\r\n"
            "Via: SIP/2.0/WSS a.invalid;branch=z9hG4bK1\r\n"
            "From: \"Alice\" <sip:alice@example.com>;tag=a1\r\n"
            "To: sip:bob@example.com;tag=b1\r\n"
            "i: call-1\r\n"
            "CSEQ: 7 INVITE\r\n"
            "Content-Length: 0\r\n\r\n");
  EXPECT_EQ(make_response(parsed(kInvite), 180, "b1").count(HeaderId::record_route), 1U);
  EXPECT_EQ(make_response(parsed(kInvite), 100, "b1").count(HeaderId::record_route), 0U);
  EXPECT_EQ(make_response(parsed(kInvite), 100, "b1").to()->tag(), "");
}

TEST(Response, KeepsATagAndATimestamp) {
  auto request = parsed(kInvite);
  request.set(HeaderId::to, "<sip:bob@example.com>;tag=theirs");
  request.append("Timestamp", "54.2");
  EXPECT_EQ(make_response(request, 200, "ours").to()->tag(), "theirs");
  EXPECT_EQ(make_response(request, 100, "").get("timestamp"), "54.2");
  EXPECT_FALSE(make_response(request, 200, "").get("timestamp"));
  EXPECT_EQ(make_response(request, 488, "x", "No Codec").reason(), "No Codec");
}

TEST(Response, ReasonPhrasesAreKnownOrOfTheirClass) {
  EXPECT_EQ(default_reason(100), "Trying");
  EXPECT_EQ(default_reason(491), "Request Pending");
  EXPECT_EQ(default_reason(608), "Rejected");
  EXPECT_EQ(default_reason(499), "Bad Request");
  EXPECT_EQ(default_reason(699), "Global Failure");
}

}  // namespace
}  // namespace w2s::sip
