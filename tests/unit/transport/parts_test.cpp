#include <gtest/gtest.h>

#include "transport/answer_budget.hpp"
#include "transport/flow_deadlines.hpp"
#include "transport/send_queue.hpp"
#include "transport/utf8.hpp"
#include "transport/upgrade.hpp"

namespace w2s::transport {
namespace {

const Time start = Time() + 1000s;

TEST(FlowDeadlines, EachPhaseHasItsLimit) {
  const Options options;
  FlowDeadlines deadlines(options, false);
  deadlines.connecting(start);
  EXPECT_EQ(deadlines.next_time(), start + options.connect_limit);
  EXPECT_EQ(deadlines.expired(start + options.connect_limit - 1ns), "");
  EXPECT_EQ(deadlines.expired(start + options.connect_limit), "no connection in time");
  deadlines.connecting(start, true);
  EXPECT_EQ(deadlines.next_time(), start + 1s);
  deadlines.handshaking(start);
  EXPECT_EQ(deadlines.next_time(), start + options.handshake_deadline);
  deadlines.opened(start);
  EXPECT_EQ(deadlines.next_time(), start + options.idle_timeout);
}

TEST(FlowDeadlines, WhoeverConnectedMustSpeakSoon) {
  const Options options;
  FlowDeadlines deadlines(options, true);
  deadlines.opened(start);
  EXPECT_EQ(deadlines.next_time(), start + options.first_message_deadline);
  deadlines.message(start + 1s, false);  // what we send does not count
  EXPECT_EQ(deadlines.next_time(), start + options.first_message_deadline);
  deadlines.message(start + 2s, true);
  EXPECT_EQ(deadlines.next_time(), start + 2s + options.idle_timeout);
}

TEST(FlowDeadlines, AMessageMustBeWholeSoonThoughTheFlowIsHeld) {
  const Options options;
  FlowDeadlines deadlines(options, true);
  deadlines.opened(start);
  deadlines.message(start, true);
  deadlines.hold(true, start);
  EXPECT_EQ(deadlines.next_time(), std::nullopt);
  deadlines.partial(start + 1s);
  deadlines.partial(start + 10s);  // more bytes of it buy no time
  EXPECT_EQ(deadlines.expired(start + 1s + options.body_deadline), "a message came too slowly");
  deadlines.nothing_partial();
  EXPECT_EQ(deadlines.next_time(), std::nullopt);
  deadlines.hold(false, start + 500s);
  EXPECT_EQ(deadlines.next_time(), start + 500s + options.idle_timeout);
}

TEST(FlowDeadlines, AMessageMustBeReadSoonThoughThePeerSpeaks) {
  const Options options;
  FlowDeadlines deadlines(options, true);
  deadlines.opened(start);
  deadlines.hold(true, start);
  deadlines.message(start, true);
  deadlines.sending(start + 1s);
  deadlines.sending(start + 10s);  // a few bytes of it were read
  deadlines.message(start + 11s, true);
  EXPECT_EQ(deadlines.expired(start + 1s + options.body_deadline - 1ns), "");
  EXPECT_FALSE(deadlines.unread(start + 1s + options.body_deadline - 1ns));
  EXPECT_EQ(deadlines.expired(start + 1s + options.body_deadline), "it does not read");
  EXPECT_TRUE(deadlines.unread(start + 1s + options.body_deadline));
  deadlines.message_left();
  EXPECT_EQ(deadlines.next_time(), std::nullopt);
  deadlines.sending(start + 12s);
  EXPECT_EQ(deadlines.next_time(), start + 12s + options.body_deadline);
}

TEST(SendQueue, CountsBytesAndCutsNoMessage) {
  SendQueue queue(10 + 2 * SendQueue::overhead);
  EXPECT_TRUE(queue.push("12345"));
  EXPECT_TRUE(queue.push("6789"));
  EXPECT_FALSE(queue.overflowed());
  EXPECT_FALSE(queue.push("ab"));
  EXPECT_TRUE(queue.overflowed());
  EXPECT_FALSE(queue.consume(3));
  EXPECT_EQ(as_text(queue.unsent()), "45");
  EXPECT_TRUE(queue.consume(2));
  EXPECT_EQ(as_text(queue.unsent()), "6789");
  EXPECT_TRUE(queue.push("abcdef"));
  EXPECT_TRUE(queue.consume(4));
  EXPECT_TRUE(queue.consume(6));
  EXPECT_TRUE(queue.empty());
}

TEST(SendQueue, TheSmallestMessagesFillItToo) {
  SendQueue queue(10 * SendQueue::overhead);
  for (int i = 0; i < 9; ++i) EXPECT_TRUE(queue.push("x"));
  EXPECT_FALSE(queue.push("x"));
}

TEST(SendQueue, GivesBackWhatHasNotLeftWhole) {
  SendQueue queue(9 + 3 * SendQueue::overhead);
  for (const auto* message : {"123", "456", "789"}) EXPECT_TRUE(queue.push(message));
  EXPECT_TRUE(queue.consume(3));
  EXPECT_FALSE(queue.consume(1));
  EXPECT_EQ(queue.take_all(), (std::list<std::string>{"456", "789"}));
  EXPECT_TRUE(queue.empty());
  EXPECT_TRUE(queue.push("1234567890"));
  EXPECT_EQ(as_text(queue.unsent()), "1234567890");
}

TEST(AnswerBudget, IsPerSourceAndRefills) {
  AnswerBudget budget(2);
  const auto a = IpAddress::v4(1), b = IpAddress::v4(2);
  EXPECT_TRUE(budget.take(a, start));
  EXPECT_TRUE(budget.take(a, start));
  EXPECT_FALSE(budget.take(a, start));
  EXPECT_TRUE(budget.take(b, start));
  EXPECT_TRUE(budget.take(a, start + 5s));
}

TEST(Utf8, FollowsRfc3629) {
  for (const auto* good :
       {"", "a", "\xc3\xa9", "\xe2\x82\xac", "\xed\x9f\xbf", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf"})
    EXPECT_TRUE(is_utf8(good)) << good;
  for (const auto* bad :
       {"\x80", "\xc3", "\xc0\xaf", "\xc1\xbf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf0\x80\x80\xaf",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xe2\x82", "a\xe9 b"})
    EXPECT_FALSE(is_utf8(bad)) << bad;
}

TEST(HttpResponse, OfARefusalIsAWholeHttpResponseWithOneSentence) {
  EXPECT_EQ(http_response({426, "No."}),
            "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            "Connection: Upgrade, close\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: "
            "4\r\n\r\nNo.\n");
  EXPECT_EQ(http_response({403, "No."}).substr(0, 24), "HTTP/1.1 403 Forbidden\r\n");
}

}  // namespace
}  // namespace w2s::transport
