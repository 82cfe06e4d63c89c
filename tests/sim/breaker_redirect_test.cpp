// 3xx on leg b: config entry redirects.
#include "two_legs.hpp"

namespace w2s::test {
namespace {

using sip::HeaderId;
using sip::Message;

breaker::Options follow() {
  breaker::Options options;
  options.follow_redirects = true;
  return options;
}

class Redirects : public testing::Test {
 protected:
  void redirect(const Message& invite, const std::string& contacts, const std::string& extra = {}) {
    call.b.respond(invite, 302, "Contact: " + contacts + "\r\n" + extra);
    call.world.take_request("ACK");
  }
  Message next_invite() { return call.world.take_request("INVITE").message; }

  TwoLegs call{follow()};
};

TEST(RedirectsPassed, ReachTheCallerWithTheirContacts) {
  TwoLegs call;
  call.b.respond(call.start(Caller::browser), 302, "Contact: <sip:carol@198.51.100.8>;q=0.5, <sip:dave@198.51.100.9>\r\n");
  const auto passed = call.world.take_response(302, "INVITE").message;
  EXPECT_THAT(passed.values(HeaderId::contact), testing::ElementsAre("<sip:carol@198.51.100.8>;q=0.5", "<sip:dave@198.51.100.9>"));
}

TEST_F(Redirects, AreFollowedInTheOrderOfQ) {
  const auto first = call.start(Caller::browser);
  redirect(first, "<sip:low@198.51.100.8>;q=0.2, <sip:high@198.51.100.9:5070>;q=0.9, <tel:+123>");
  call.world.take_response(181, "INVITE");
  const auto high = next_invite();
  EXPECT_EQ(high.request_uri(), "sip:high@198.51.100.9:5070");
  EXPECT_EQ(high.call_id(), first.call_id());
  EXPECT_EQ(high.from()->tag(), first.from()->tag());
  EXPECT_EQ(high.cseq()->number, 2U);
  EXPECT_EQ(high.body(), first.body());
  EXPECT_EQ(text_of(high, "Diversion"), "<sip:bob@198.51.100.7>;reason=unknown;counter=1");
  call.b.respond(high, 486);
  const auto low = next_invite();
  EXPECT_EQ(low.request_uri(), "sip:low@198.51.100.8");
  EXPECT_EQ(low.cseq()->number, 3U);
  EXPECT_TRUE(call.world.nothing_but_trying() || call.world.sent.size() == 1U);
  call.invite = low;
  call.world.sent.clear();
  call.answer();
  EXPECT_EQ(call.world.core.calls(), 1U);
}

TEST_F(Redirects, TheLastFailureIsTheCallersWhenNobodyTakesIt) {
  redirect(call.start(Caller::browser), "<sip:one@198.51.100.8>;q=0.9, <sip:two@198.51.100.9>;q=0.8");
  call.b.respond(next_invite(), 486);
  call.b.respond(next_invite(), 480);
  call.world.take_response(480, "INVITE");
  call.world.advance(60s);
  EXPECT_EQ(call.world.core.call_records(), 0U);
}

TEST_F(Redirects, ATargetThatMayNotBeSentToIsLeftOut) {
  call.world.refused.insert("198.51.100.8");  // allow-destination
  redirect(call.start(Caller::browser), "<sip:one@198.51.100.8>;q=0.9, <sip:two@198.51.100.9>;q=0.8");
  EXPECT_EQ(next_invite().request_uri(), "sip:two@198.51.100.9");
  TwoLegs other(follow());
  other.world.refused.insert("198.51.100.8");
  other.b.respond(other.start(Caller::browser), 302, "Contact: <sip:one@198.51.100.8>\r\n");
  other.world.take_response(403, "INVITE");
}

TEST_F(Redirects, ToTheOtherFamilyMoveTheMediaThere) {
  const auto first = call.start(Caller::browser);
  EXPECT_THAT(first.body(), testing::HasSubstr("c=IN IP4 203.0.113.1\r\n"));
  redirect(first, "<sip:carol@[2001:db8::9]>");
  EXPECT_EQ(call.world.opened.size(), 3U);
  EXPECT_THAT(next_invite().body(), testing::HasSubstr("c=IN IP6 2001:db8::1\r\n"));
}

TEST_F(Redirects, DoNotGoInCircles) {
  redirect(call.start(Caller::browser), "<sip:bob@198.51.100.7>, <sip:carol@198.51.100.8>");
  const auto carol = next_invite();
  EXPECT_EQ(carol.request_uri(), "sip:carol@198.51.100.8");
  redirect(carol, "<sip:bob@198.51.100.7>, <sip:carol@198.51.100.8>");
  call.world.take_response(302, "INVITE");
}

TEST_F(Redirects, EndAfterFiveTargets) {
  auto invite = call.start(Caller::browser);
  for (int i = 0; i < 5; ++i) {
    redirect(invite, "<sip:target" + std::to_string(i) + "@198.51.100.8>");
    invite = next_invite();
  }
  redirect(invite, "<sip:target9@198.51.100.8>");
  call.world.take_response(302, "INVITE");
}

TEST_F(Redirects, ADiversionThatWasSaidIsNotRepeatedAndStaysOnTop) {
  const auto first = call.start(Caller::browser, "Diversion: <sip:earlier@198.51.100.7>;reason=no-answer\r\n");
  redirect(first, "<sip:carol@198.51.100.8>", "Diversion: <sip:bob@198.51.100.7>;reason=unconditional\r\n");
  std::vector<std::string> diversions;
  const auto carol = next_invite();
  for (const auto& field : carol.fields()) {
    if (field.name == "Diversion") diversions.push_back(field.value);
  }
  EXPECT_THAT(diversions, testing::ElementsAre("<sip:bob@198.51.100.7>;reason=unconditional", "<sip:earlier@198.51.100.7>;reason=no-answer"));
}

TEST_F(Redirects, AGlobalFailureAndACancelEndTheSearch) {
  redirect(call.start(Caller::browser), "<sip:one@198.51.100.8>, <sip:two@198.51.100.9>");
  call.b.respond(next_invite(), 603);
  call.world.take_response(603, "INVITE");
  TwoLegs cancelled(follow());
  cancelled.b.respond(cancelled.start(Caller::browser), 302, "Contact: <sip:one@198.51.100.8>, <sip:two@198.51.100.9>\r\n");
  const auto one = cancelled.world.take_request("INVITE").message;
  cancelled.b.respond(one, 180);
  cancelled.a.send("CANCEL");
  cancelled.world.take_request("CANCEL");
  cancelled.b.respond(one, 487);
  cancelled.world.sent.clear();
  cancelled.world.advance(60s);
  EXPECT_EQ(cancelled.world.core.call_records(), 0U);
}

TEST(RedirectsPassed, ByABrowserGoToTheNetwork) {
  TwoLegs call(follow());
  call.b.respond(call.start(Caller::phone), 302, "Contact: <sip:carol@198.51.100.8>\r\n");
  EXPECT_EQ(call.world.take_response(302, "INVITE").message.first_value(HeaderId::contact), "<sip:carol@198.51.100.8>");
}

}  // namespace
}  // namespace w2s::test
