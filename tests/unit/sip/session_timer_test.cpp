#include "w2s/sip/session_timer.hpp"

#include <gtest/gtest.h>

namespace w2s::sip {
namespace {

using std::chrono::seconds;

Message update(const std::string& session_expires = {}, bool supported = true) {
  auto request = Message::request("UPDATE", "sip:a.example");
  if (supported) request.append(HeaderId::supported, "replaces, timer");
  if (!session_expires.empty()) request.append(HeaderId::session_expires, session_expires);
  return request;
}
Message ok(const std::string& session_expires = {}) {
  auto response = Message::response(200, "OK");
  if (!session_expires.empty()) response.append(HeaderId::session_expires, session_expires);
  return response;
}
std::string text(const Message& message, HeaderId id) { return std::string(message.get(id).value_or("-")); }

TEST(SessionExpiresHeader, IsReadLiberallyAndRefusedWhenWrong) {
  EXPECT_EQ(*parse_session_expires(" 90 ;refresher = UAS;x=1"), (SessionExpires{seconds{90}, Refresher::uas}));
  EXPECT_EQ(*parse_session_expires("1800"), (SessionExpires{seconds{1800}, Refresher::unset}));
  for (const auto* wrong : {"", "x", "90;refresher=me", "90 uac", "4294967296"}) {
    EXPECT_FALSE(parse_session_expires(wrong)) << wrong;
  }
}

TEST(SessionTimer, AUacThatRefreshesDoesSoAtHalfTimeAndGivesUpBeforeTheEnd) {
  SessionTimer timer{{seconds{1800}, seconds{90}}};
  auto invite = Message::request("INVITE", "sip:a.example");
  timer.ask(invite);
  EXPECT_EQ(text(invite, HeaderId::session_expires), "1800");
  EXPECT_EQ(text(invite, HeaderId::min_se), "90");
  EXPECT_TRUE(invite.has_option(HeaderId::supported, "timer"));
  const Time start{};
  timer.on_success(start, ok("600;refresher=uac"));
  EXPECT_EQ(timer.refresh_at(), start + 300s);
  EXPECT_FALSE(timer.must_refresh(start + 299s));
  EXPECT_TRUE(timer.must_refresh(start + 300s));
  timer.refreshing();
  EXPECT_FALSE(timer.refresh_at());
  EXPECT_EQ(timer.expires_at(), start + 600s - 32s);
  auto again = Message::request("UPDATE", "sip:a.example");
  timer.ask(again);
  EXPECT_EQ(text(again, HeaderId::session_expires), "600;refresher=uac");
  timer.on_success(start + 301s, ok("600;refresher=uac"));
  EXPECT_EQ(timer.refresh_at(), start + 601s);
}

TEST(SessionTimer, APeerThatRefreshesIsWaitedForUntilAThirdBeforeTheEnd) {
  SessionTimer timer;
  timer.on_success(Time{}, ok("90;refresher=uas"));
  EXPECT_EQ(timer.expires_at(), Time{} + 60s);
  EXPECT_FALSE(timer.must_refresh(Time{} + 89s));
  EXPECT_TRUE(timer.expired(Time{} + 60s));
  auto again = Message::request("INVITE", "sip:a.example");
  timer.ask(again);
  EXPECT_EQ(text(again, HeaderId::session_expires), "90;refresher=uas");
}

TEST(SessionTimer, A2xxWithoutItMeansNoExpiration) {
  SessionTimer timer;
  timer.on_success(Time{}, ok("90;refresher=uac"));
  timer.on_success(Time{} + 1s, ok());
  EXPECT_FALSE(timer.running());
  EXPECT_FALSE(timer.expires_at());
}

TEST(SessionTimer, A422IsFollowedOnce) {
  SessionTimer timer;
  auto refusal = Message::response(422, "Session Interval Too Small");
  EXPECT_FALSE(timer.on_too_small(refusal)) << "no Min-SE";
  refusal.append(HeaderId::min_se, "3600");
  EXPECT_TRUE(timer.on_too_small(refusal));
  auto invite = Message::request("INVITE", "sip:a.example");
  timer.ask(invite);
  EXPECT_EQ(text(invite, HeaderId::session_expires), "3600");
  EXPECT_EQ(text(invite, HeaderId::min_se), "3600");
  EXPECT_FALSE(timer.on_too_small(refusal));
}

TEST(SessionTimer, TooShortIs422OnlyForAPeerThatKnowsTimers) {
  const SessionTimer timer{{seconds{1800}, seconds{120}}};
  EXPECT_EQ(timer.refuses(update("90")), seconds{120});
  EXPECT_FALSE(timer.refuses(update("120")));
  EXPECT_FALSE(timer.refuses(update("90", false)));
}

TEST(SessionTimer, AUasChoosesTheRefresherByTable2) {
  const auto accepted = [](const Message& request, seconds ours = seconds{1800}) {
    SessionTimer timer{{ours, seconds{90}}};
    auto response = ok();
    timer.accept(Time{}, request, response);
    return text(response, HeaderId::session_expires) + " " + text(response, HeaderId::require);
  };
  EXPECT_EQ(accepted(update("300")), "300;refresher=uac timer");
  EXPECT_EQ(accepted(update("300;refresher=uas")), "300;refresher=uas -");
  EXPECT_EQ(accepted(update("300", false)), "300;refresher=uas -");
  EXPECT_EQ(accepted(update()), "1800;refresher=uac timer");
  EXPECT_EQ(accepted(update({}, false)), "- -");
  EXPECT_EQ(accepted(update("7200")), "1800;refresher=uac timer");
  EXPECT_EQ(accepted(update("7200"), seconds{0}), "7200;refresher=uac timer");
  EXPECT_EQ(accepted(update(), seconds{0}), "- -");
  auto with_floor = update("7200");
  with_floor.append(HeaderId::min_se, "3600");
  EXPECT_EQ(accepted(with_floor), "3600;refresher=uac timer");
}

TEST(SessionTimer, NothingIsAskedForWithInterval0) {
  const SessionTimer timer{{seconds{0}, seconds{90}}};
  auto invite = Message::request("INVITE", "sip:a.example");
  timer.ask(invite);
  EXPECT_EQ(text(invite, HeaderId::session_expires), "-");
  EXPECT_TRUE(invite.has_option(HeaderId::supported, "timer"));
}

TEST(SessionTimer, AFailedRefreshIsTriedAgainUntilTheEnd) {
  SessionTimer timer;
  timer.on_success(Time{}, ok("90;refresher=uac"));
  timer.refreshing();
  timer.refresh_failed(Time{} + 46s);
  EXPECT_EQ(timer.refresh_at(), Time{} + 56s);
}

}  // namespace
}  // namespace w2s::sip
