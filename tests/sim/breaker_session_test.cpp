// Session timers (RFC 4028): each leg has its own.
#include "breaker_world.hpp"

namespace w2s::test {
namespace {

class Sessions : public CallFromBrowser {
 protected:
  explicit Sessions(breaker::Options options = {}) : CallFromBrowser(std::move(options)) {}
  // The call is answered; either peer's extra headers are those of its INVITE or 200.
  void connect(const std::string& browser_headers, const std::string& phone_session_expires, const std::string& phone_allow = "INVITE, ACK, BYE, UPDATE") {
    start(browser_offer(), browser_headers);
    invite = world.take_request("INVITE");
    auto ok = reply(invite.message, 200, "phone", phone, phone_sdp());
    if (!phone_session_expires.empty()) {
      ok.append(HeaderId::session_expires, phone_session_expires);
      ok.append(HeaderId::require, "timer");
    }
    ok.append(HeaderId::allow, phone_allow);
    world.receive(ok, world.server());
    world.take_request("ACK");
    answered = world.take_response(200, "INVITE");
    gateway_tag = answered.message.to()->tag();
    world.receive(from_browser("ACK", 1, "k1", gateway_tag), flow);
  }
};

TEST_F(Sessions, ThePhoneIsAskedForATimerAndRefreshedByUpdate) {
  connect("", "300;refresher=uac");
  EXPECT_EQ(invite.message.get(HeaderId::session_expires), "1800");
  EXPECT_EQ(invite.message.get(HeaderId::min_se), "90");
  EXPECT_FALSE(answered.message.get(HeaderId::session_expires)) << "the browser knows no timers";
  world.advance(149s);
  EXPECT_TRUE(world.sent.empty());
  world.advance(1s);
  const auto refresh = world.take_request("UPDATE");
  EXPECT_TRUE(refresh.message.body().empty());
  EXPECT_EQ(refresh.message.get(HeaderId::session_expires), "300;refresher=uac");
  auto ok = reply(refresh.message, 200, "", phone);
  ok.append(HeaderId::session_expires, "300;refresher=uac");
  world.receive(ok, phone_source);
  world.advance(149s);
  EXPECT_TRUE(world.sent.empty()) << "nothing crosses to the browser";
  world.advance(1s);
  world.take_request("UPDATE");
}

TEST_F(Sessions, APhoneWithoutUpdateIsRefreshedByAReinviteThatChangesNothing) {
  connect("", "300;refresher=uac", "INVITE, ACK, BYE");
  world.advance(150s);
  const auto refresh = world.take_request("INVITE");
  EXPECT_EQ(refresh.message.body(), invite.message.body()) << "o= version too";
  auto ok = reply(refresh.message, 200, "", phone, phone_sdp());
  ok.append(HeaderId::session_expires, "300;refresher=uac");
  world.receive(ok, phone_source);
  world.take_request("ACK");
  EXPECT_TRUE(world.sent.empty());
  EXPECT_EQ(world.core.calls(), 1U);
}

TEST_F(Sessions, ARefreshThatIsNotAnsweredEndsTheCallBeforeTheTimeIsUp) {
  connect("", "90;refresher=uac");
  world.advance(45s);
  world.receive(reply(world.take_request("UPDATE").message, 500, ""), phone_source);
  world.advance(10s);
  world.receive(reply(world.take_request("UPDATE").message, 500, ""), phone_source);
  world.advance(5s);
  EXPECT_THAT(std::string(*world.take_request("BYE").message.get(HeaderId::reason)), HasSubstr("session expired"));
  world.take_request("BYE");
}

TEST_F(Sessions, APhoneThatPromisedToRefreshAndDoesNotIsHungUp) {
  connect("", "90;refresher=uas");
  world.advance(59s);
  EXPECT_TRUE(world.sent.empty());
  auto refresh = from_phone("UPDATE", 1, "", "", "Supported: timer\r\nSession-Expires: 90;refresher=uac\r\n");
  world.receive(refresh, phone_source);
  EXPECT_EQ(world.take_response(200, "UPDATE").message.get(HeaderId::session_expires), "90;refresher=uac");
  EXPECT_TRUE(world.sent.empty()) << "a refresh is local to its leg";
  world.advance(59s);
  EXPECT_TRUE(world.sent.empty());
  world.advance(1s);
  world.take_request("BYE");
  world.take_request("BYE");
}

TEST_F(Sessions, JsSipRefreshesWhatItAskedFor) {
  connect("Supported: timer\r\nSession-Expires: 90\r\nAllow: INVITE, ACK, BYE, UPDATE\r\n", "");
  EXPECT_EQ(answered.message.get(HeaderId::session_expires), "90;refresher=uac");
  EXPECT_TRUE(answered.message.has_option(HeaderId::require, "timer"));
  world.advance(45s);
  EXPECT_TRUE(world.sent.empty());
  world.receive(from_browser("UPDATE", 2, "u2", gateway_tag, "", "", "Supported: timer\r\nSession-Expires: 90;refresher=uac\r\n"), flow);
  world.take_response(200, "UPDATE");
  world.advance(59s);
  EXPECT_TRUE(world.sent.empty());
}

TEST_F(Sessions, AReinviteOfOursKeepsTheTimer) {
  connect("", "300;refresher=uas");
  world.receive(from_browser("INVITE", 2, "h1", gateway_tag, offer(3, "sendonly")), flow);
  EXPECT_EQ(world.take_request("INVITE").message.get(HeaderId::session_expires), "300;refresher=uas");
}

TEST_F(Sessions, TooShortAnIntervalIs422) {
  start(browser_offer(), "Supported: timer\r\nSession-Expires: 60\r\n");
  EXPECT_EQ(world.take_response(422, "INVITE").message.get(HeaderId::min_se), "90");
  EXPECT_EQ(world.core.calls(), 0U);
}

TEST_F(Sessions, A422OfThePhoneIsFollowedOnce) {
  start();
  invite = world.take_request("INVITE");
  auto refused = reply(invite.message, 422, "phone");
  refused.append(HeaderId::min_se, "7200");
  world.receive(refused, world.server());
  world.take_request("ACK");
  const auto second = world.take_request("INVITE");
  EXPECT_EQ(second.message.get(HeaderId::session_expires), "7200");
  EXPECT_EQ(second.message.get(HeaderId::min_se), "7200");
  EXPECT_EQ(second.message.cseq()->number, 2U);
  EXPECT_EQ(second.message.call_id(), invite.message.call_id());
  auto again = reply(second.message, 422, "phone");
  again.append(HeaderId::min_se, "9000");
  world.receive(again, world.server());
  world.take_response(422, "INVITE");
}

class NoTimerOfOurs : public Sessions {
 protected:
  NoTimerOfOurs() : Sessions([] {
    breaker::Options options;
    options.session.interval = 0s;
    return options;
  }()) {}
};

TEST_F(NoTimerOfOurs, NothingIsAskedButThePeersIsHonoured) {
  connect("Supported: timer\r\nSession-Expires: 90\r\n", "");
  EXPECT_FALSE(invite.message.get(HeaderId::session_expires));
  EXPECT_TRUE(invite.message.has_option(HeaderId::supported, "timer"));
  EXPECT_EQ(answered.message.get(HeaderId::session_expires), "90;refresher=uac");
}

}  // namespace
}  // namespace w2s::test
