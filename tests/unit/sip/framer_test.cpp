#include "w2s/sip/framer.hpp"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "w2s/sip/error.hpp"

namespace w2s::sip {
namespace {

using Kind = StreamFramer::Item::Kind;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string message_with(std::string_view extra, std::string_view body) {
  std::string out =
      "MESSAGE sip:b SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\nFrom: <sip:a>;tag=1\r\nTo: <sip:b>\r\n"
      "Call-ID: 1\r\nCSeq: 1 MESSAGE\r\n";
  return out.append(extra).append("\r\n").append(body);
}

const std::string kMessage = message_with("Content-Length: 5\r\n", "hello");

std::vector<Kind> kinds(const std::vector<StreamFramer::Item>& items) {
  std::vector<Kind> out;
  for (const auto& item : items) out.push_back(item.kind);
  return out;
}

TEST(Framer, CutsMessagesWhereverTheStreamIsCut) {
  const auto stream = kMessage + "\r\n\r\n" + kMessage + kMessage;
  for (const std::size_t step :
       {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{50}, stream.size()}) {
    StreamFramer framer;
    int messages = 0;
    for (std::size_t at = 0; at < stream.size(); at += step)
      for (const auto& item : framer.feed(std::string_view(stream).substr(at, step))) {
        if (item.kind != Kind::message) continue;
        ++messages;
        EXPECT_EQ(item.outcome.message->body(), "hello");
      }
    EXPECT_EQ(messages, 3) << step;
    EXPECT_FALSE(framer.in_message()) << step;
  }
}

TEST(Framer, KnowsWhenAMessageIsUnderWay) {
  StreamFramer framer;
  EXPECT_THAT(framer.feed(kMessage.substr(0, 10)), IsEmpty());
  EXPECT_TRUE(framer.in_message());
  EXPECT_THAT(framer.feed(kMessage.substr(10, kMessage.size() - 15)), IsEmpty());
  EXPECT_TRUE(framer.in_message()) << "the head is there, the body is not";
  EXPECT_THAT(kinds(framer.feed("hello")), ElementsAre(Kind::message));
  EXPECT_FALSE(framer.in_message());
}

TEST(Framer, TellsPingsFromPongs) {
  StreamFramer framer;
  EXPECT_THAT(kinds(framer.feed("\r\n\r\n")), ElementsAre(Kind::ping));
  EXPECT_THAT(kinds(framer.feed("\r\n\r\n\r\n\r\n\r\n\r\n")), ElementsAre(Kind::ping))
      << "a flood gets one answer";
  EXPECT_THAT(kinds(framer.feed("\r\n")), ElementsAre(Kind::pong_received));
  EXPECT_THAT(kinds(framer.feed(kMessage)), ElementsAre(Kind::message));
  EXPECT_THAT(kinds(framer.feed("\r\n")), ElementsAre(Kind::pong_received));
  EXPECT_THAT(kinds(framer.feed("\r\n")), ElementsAre(Kind::ping)) << "a ping in two segments";
  EXPECT_FALSE(framer.in_message());
}

TEST(Framer, ABadMessageInGoodFramingDoesNotEndTheStream) {
  StreamFramer framer;
  const auto bad = message_with("To: <sip:c>\r\nl: 0\r\n", "");
  const auto items = framer.feed(bad + kMessage);
  ASSERT_THAT(kinds(items), ElementsAre(Kind::message, Kind::message));
  EXPECT_EQ(items[0].outcome.failure->error, Errc::duplicate_header);
  EXPECT_TRUE(items[0].outcome.failure->answerable);
  EXPECT_TRUE(items[1].outcome.message);
}

// threats.md T2: nothing behind a doubtful length is ever read as a request.
TEST(Framer, LostFramingEndsTheStream) {
  for (const auto* extra :
       {"Content-Length: -1\r\n", "Content-Length: +5\r\n", "Content-Length: 0x10\r\n", "Content-Length:\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n", "Content-Length : 5\r\nl: 6\r\n",
        "Content-Length: 4294967301\r\n", "Content-Type: text/plain\r\n", "l: 5\r\nX: a\nb\r\n",
        "l: 5\r\nX: a\rb\r\n", "l: 5\r\nno colon\r\n", "Content-Length: 5, 5\r\n"}) {
    StreamFramer framer;
    const auto items = framer.feed(message_with(extra, "hello") + kMessage);
    ASSERT_THAT(kinds(items), ElementsAre(Kind::broken)) << extra;
    EXPECT_TRUE(items[0].outcome.failure->answerable) << extra;
    EXPECT_THAT(framer.feed(kMessage), IsEmpty()) << extra;
    EXPECT_FALSE(framer.in_message());
  }
}

TEST(Framer, HoldsNoMoreThanItsLimits) {
  StreamFramer junk;
  EXPECT_THAT(kinds(junk.feed(std::string(9 * 1024, 'x'))), ElementsAre(Kind::broken))
      << "an endless first line";

  StreamFramer slow;
  std::vector<Kind> seen;
  for (int i = 0; i < 30 && seen.empty(); ++i)
    seen =
        kinds(slow.feed((i == 0 ? "OPTIONS sip:a SIP/2.0\r\nX: " : "X: ") + std::string(4000, 'a') + "\r\n"));
  EXPECT_THAT(seen, ElementsAre(Kind::broken)) << "an endless head";

  StreamFramer large;
  const auto items = large.feed(message_with("Content-Length: 262144\r\n", ""));
  ASSERT_THAT(kinds(items), ElementsAre(Kind::broken)) << "refused at the announcement";
  EXPECT_EQ(status_for(items[0].outcome.failure->error), 513);
}

TEST(Framer, AHeadWithoutLengthAndTypeHasNoBody) {
  StreamFramer framer;
  EXPECT_THAT(kinds(framer.feed(message_with("", "") + kMessage)), ElementsAre(Kind::message, Kind::message));
}

}  // namespace
}  // namespace w2s::sip
