#include "transport/web_socket_framer.hpp"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "ws_client.hpp"

namespace w2s::transport {
namespace {

using test::WsClient;
using Kind = WebSocketFramer::Item::Kind;

constexpr std::size_t longest = 100'000;

// "KIND payload" or "KIND code payload" of each item.
std::vector<std::string> items_of(WebSocketFramer& framer, std::string_view bytes, std::size_t piece) {
  static constexpr const char* names[] = {"message", "ping", "pong", "close", "broken"};
  std::vector<std::string> texts;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    for (const auto& item : framer.feed(as_bytes(bytes.substr(0, piece)))) {
      auto text = std::string(names[static_cast<int>(item.kind)]) + ' ';
      if (item.kind == Kind::close || item.kind == Kind::broken)
        text += std::to_string(static_cast<int>(item.code)) + ' ';
      texts.push_back(text + (item.kind == Kind::broken ? "" : item.payload));
    }
  }
  return texts;
}
std::vector<std::string> items_of(std::string_view bytes) {
  WebSocketFramer framer(longest);
  return items_of(framer, bytes, bytes.size());
}
std::string close_with(std::string_view payload) {
  return WsClient::frame(0x88, payload);
}

TEST(WebSocketFramer, FramesOfEveryLengthComeInPiecesOfEverySize) {
  const std::string medium(300, 'm'), large(70'000, 'l');
  const auto bytes = WsClient::frame(0x81, "text") + WsClient::frame(0x82, medium) +
                     WsClient::frame(0x02, "frag") + WsClient::frame(0x89, "between") +
                     WsClient::frame(0x00, "") + WsClient::frame(0x80, "ments") + WsClient::frame(0x8a, "") +
                     WsClient::frame(0x82, large) + WsClient::frame(0x81, "");
  for (const std::size_t piece : {1, 2, 3, 5, 1000, 1'000'000}) {
    WebSocketFramer framer(longest);
    EXPECT_EQ(items_of(framer, bytes, piece),
              (std::vector<std::string>{"message text", "message " + medium, "ping between",
                                        "message fragments", "pong ", "message " + large, "message "}))
        << piece;
    EXPECT_FALSE(framer.in_message());
  }
}

TEST(WebSocketFramer, AMessageIsUnderWayFromItsFirstByteToItsLast) {
  WebSocketFramer framer(longest);
  const auto first = WsClient::frame(0x01, "a"), last = WsClient::frame(0x80, "b");
  EXPECT_FALSE(framer.in_message());
  for (const char byte : first + WsClient::frame(0x89, "ping") + last.substr(0, last.size() - 1)) {
    (void)framer.feed(as_bytes({&byte, 1}));
    EXPECT_TRUE(framer.in_message());
  }
  EXPECT_EQ(items_of(framer, last.substr(last.size() - 1), 1), std::vector<std::string>{"message ab"});
  EXPECT_FALSE(framer.in_message());
}

TEST(WebSocketFramer, ALengthHasOneForm) {
  const std::string key = "\x11\x22\x33\x44";
  using namespace std::string_literals;
  for (const auto& head : {"\x81\xfe\0\x7d"s, "\x81\xff\0\0\0\0\0\0\xff\xff"s, "\x81\xff\x80\0\0\0\0\1\0\0"s})
    EXPECT_EQ(items_of(head + key), std::vector<std::string>{"broken 1002 "});
  EXPECT_EQ(items_of("\x81\xfe\0\x7e"s + key), std::vector<std::string>{});
  EXPECT_EQ(items_of("\x81\xff\0\0\0\0\0\1\0\0"s + key), std::vector<std::string>{});
}

TEST(WebSocketFramer, AMessageHasALimitWhateverItsFrames) {
  WebSocketFramer framer(10);
  EXPECT_EQ(items_of(framer, WsClient::frame(0x81, "0123456789"), 99),
            std::vector<std::string>{"message 0123456789"});
  EXPECT_EQ(items_of(framer,
                     WsClient::frame(0x01, "012345") + WsClient::frame(0x89, "long enough") +
                         WsClient::announce(test::Opcode::continuation, 5),
                     99),
            (std::vector<std::string>{"ping long enough", "broken 1009 "}));
}

TEST(WebSocketFramer, TextIsCheckedAsAWhole) {
  EXPECT_EQ(items_of(WsClient::frame(0x01, "\xc3") + WsClient::frame(0x80, "\xa9")),
            std::vector<std::string>{"message \xc3\xa9"});
  EXPECT_EQ(items_of(WsClient::frame(0x01, "\xc3") + WsClient::frame(0x80, "x")),
            std::vector<std::string>{"broken 1007 "});
  EXPECT_EQ(items_of(WsClient::frame(0x82, "\xff")), std::vector<std::string>{"message \xff"});
}

TEST(WebSocketFramer, ACloseHasACodeThatMayBeSentOrNone) {
  using namespace std::string_literals;
  EXPECT_EQ(items_of(close_with("")), std::vector<std::string>{"close 1005 "});
  for (const auto& good : {"\x03\xe8"s, "\x03\xf6"s, "\x0b\xb8"s, "\x13\x87"s})
    EXPECT_THAT(items_of(close_with(good + "why")), testing::ElementsAre(testing::EndsWith("why")));
  for (const auto& bad : {"\x03"s, "\0\0"s, "\x03\xe7"s, "\x03\xec"s, "\x03\xed"s, "\x03\xee"s, "\x03\xf7"s,
                          "\x0b\xb7"s, "\x13\x88"s})
    EXPECT_EQ(items_of(close_with(bad)), std::vector<std::string>{"broken 1002 "});
  EXPECT_EQ(items_of(close_with("\x03\xe8\xff")), std::vector<std::string>{"broken 1007 "});
}

TEST(WebSocketFramer, NothingCountsAfterTheEnd) {
  const auto more = WsClient::frame(0x81, "more");
  EXPECT_EQ(items_of(close_with("\x03\xe8") + more), std::vector<std::string>{"close 1000 "});
  EXPECT_EQ(items_of(WsClient::frame(0x83, "") + more), std::vector<std::string>{"broken 1002 "});
}

TEST(WebSocketFramer, OurFramesAreNotMaskedAndTheirLengthsAreTheShortest) {
  using namespace std::string_literals;
  EXPECT_EQ(web_socket_frame(Opcode::text, "abc"),
            "\x81\x03"
            "abc");
  EXPECT_EQ(web_socket_frame(Opcode::ping, ""), "\x89\0"s);
  const std::string medium(126, 'x'), large(65'536, 'y');
  EXPECT_EQ(web_socket_frame(Opcode::binary, medium), "\x82\x7e\0\x7e"s + medium);
  EXPECT_EQ(web_socket_frame(Opcode::text, large), "\x81\x7f\0\0\0\0\0\1\0\0"s + large);
  EXPECT_EQ(close_frame(CloseCode::going_away), "\x88\x02\x03\xe9"s);
  EXPECT_EQ(close_frame(CloseCode::no_status), "\x88\0"s);
}

}  // namespace
}  // namespace w2s::transport
