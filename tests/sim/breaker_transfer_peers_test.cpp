// REFER carried out by the gateway: who leaves meanwhile, or stays (RFC 5589).
#include "transfer_fixture.hpp"

namespace w2s::test {
namespace {

TEST_F(Transfer, NobodyRingsForEver) {
  call.connect(Caller::browser);
  const auto invite = refer(call.b);
  told(call.b);
  carol.respond(invite, 180);
  told(call.b);
  call.world.advance(179s);
  EXPECT_TRUE(call.world.sent.empty());
  call.world.advance(1s);
  EXPECT_EQ(call.world.take_request("CANCEL").message.call_id(), invite.call_id());
  EXPECT_EQ(told(call.b), last("408 Request Timeout"));
  // Its answer has crossed the CANCEL.
  carol.respond(invite, 200, {}, plain_sdp());
  EXPECT_EQ(call.world.take_request("ACK").message.call_id(), invite.call_id());
  EXPECT_EQ(call.world.take_request("BYE").message.call_id(), invite.call_id());
  EXPECT_EQ(call.world.core.calls(), 1U);
  EXPECT_TRUE(call.world.replaced.empty());
}

// Most phones send BYE right after the 202.
TEST_F(Transfer, GoesOnWhenTheReferrerHangsUp) {
  call.connect(Caller::browser);
  const auto invite = refer(call.b);
  call.b.send("BYE");
  call.world.take_response(200, "BYE");
  told(call.b, 481);  // its subscription is gone with it
  carol.respond(invite, 180);
  EXPECT_TRUE(call.world.sent.empty());
  // What the kept peer wants meanwhile is answered here, and the new peer hears of it.
  call.a.send("INVITE", {}, next_offer(web_sdp(), "sendonly", 3), "application/sdp");
  EXPECT_THAT(call.world.take_response(200, "INVITE").message.body(), HasSubstr("a=recvonly"));
  call.a.send("ACK");
  call.a.send("INFO", {}, "x", "text/plain");
  call.world.take_response(480, "INFO");
  call.world.act([&](auto& core) {
    core.on_media_event(call.world.now, leg::LegFailed{call.world.opened[0].media, leg::Side::b, leg::Failure::media_timeout, ""});
  });
  call.world.sent.clear();
  carol.respond(invite, 200, {}, plain_sdp());
  call.world.take_request("ACK");
  const auto held = call.world.take_request("INVITE").message;
  EXPECT_EQ(held.call_id(), invite.call_id());
  EXPECT_THAT(held.body(), HasSubstr("a=sendonly"));
  EXPECT_TRUE(nothing_for(call.b));
  EXPECT_EQ(call.world.core.calls(), 1U);
}

TEST_F(Transfer, AnOfferThatIsUnderWayToAReferrerThatLeavesIsAnswered) {
  call.connect(Caller::browser);
  const auto invite = refer(call.b);
  told(call.b);
  call.a.send("INVITE", {}, next_offer(web_sdp(), "sendonly", 3), "application/sdp");
  const auto carried = call.world.take_request("INVITE").message;
  call.b.send("BYE");
  call.world.take_response(200, "BYE");
  call.b.respond(carried, 481);
  EXPECT_THAT(call.world.take_response(200, "INVITE").message.body(), HasSubstr("a=recvonly"));
  call.a.send("ACK");
  EXPECT_EQ(call.world.core.calls(), 1U);
  call.world.sent.clear();
  carol.respond(invite, 200, {}, plain_sdp());
  call.world.take_request("ACK");
  EXPECT_THAT(call.world.take_request("INVITE").message.body(), HasSubstr("a=sendonly")) << "to carol";
}

TEST_F(Transfer, AnOfferThatIsUnderWayWhenTheTargetAnswersGoesToIt) {
  call.connect(Caller::browser);
  const auto invite = refer(call.b);
  told(call.b);
  call.a.send("INVITE", {}, next_offer(web_sdp(), "sendonly", 3), "application/sdp");
  const auto carried = call.world.take_request("INVITE").message;
  EXPECT_EQ(carried.call_id(), call.b.call_id);
  call.world.sent.clear();
  carol.respond(invite, 200, {}, plain_sdp());
  const auto again = call.world.take_request("INVITE").message;
  EXPECT_EQ(again.call_id(), invite.call_id());
  EXPECT_THAT(again.body(), HasSubstr("a=sendonly"));
  call.b.respond(carried, 481);  // of the leg before
  carol.respond(again, 200, {}, echo(again.body(), "recvonly"));
  EXPECT_THAT(call.world.take_response(200, "INVITE").message.body(), HasSubstr("a=recvonly"));
  EXPECT_EQ(call.world.core.calls(), 1U);
}

TEST_F(Transfer, ThatFailsAfterTheReferrerHasLeftEndsTheCall) {
  call.connect(Caller::browser);
  const auto invite = refer(call.b);
  told(call.b);
  call.b.send("BYE");
  call.world.take_response(200, "BYE");
  carol.respond(invite, 486);
  const auto bye = call.world.take_request("BYE").message;
  EXPECT_EQ(bye.call_id(), call.a.call_id);
  EXPECT_THAT(text_of(bye, "Reason"), HasSubstr("SIP;cause=486"));
  EXPECT_EQ(told(call.b), last("486 Busy Here"));
  EXPECT_EQ(call.world.core.calls(), 0U);
  call.a.respond(bye, 200);
  call.world.advance(70s);
  EXPECT_EQ(call.world.core.call_records(), 0U);
}

TEST_F(Transfer, AReferrerThatStaysIsHungUp) {
  call.connect(Caller::browser);
  const auto invite = refer(call.b);
  told(call.b);
  carol.respond(invite, 200, {}, plain_sdp());
  EXPECT_EQ(told(call.b), last("200 OK"));
  call.world.take_request("ACK");
  call.world.advance(4s);
  EXPECT_TRUE(call.world.sent.empty());
  call.world.advance(1s);
  const auto bye = call.world.take_request("BYE").message;
  EXPECT_EQ(bye.call_id(), call.b.call_id);
  EXPECT_THAT(text_of(bye, "Reason"), HasSubstr("Q.850;cause=16"));
  call.b.respond(bye, 200);
  EXPECT_EQ(call.world.core.calls(), 1U);
}

TEST_F(Transfer, IsGivenUpWhenTheKeptPeerHangsUp) {
  call.connect(Caller::browser);
  const auto invite = refer(call.b);
  told(call.b);
  carol.respond(invite, 180);
  told(call.b);
  call.a.send("BYE");
  call.world.take_response(200, "BYE");
  EXPECT_EQ(call.world.take_request("CANCEL").message.call_id(), invite.call_id());
  EXPECT_EQ(told(call.b), last("487 Request Terminated"));
  const auto bye = call.world.take_request("BYE").message;
  EXPECT_EQ(bye.call_id(), call.b.call_id);
  call.b.respond(bye, 200);
  carol.respond(invite, 487);
  call.world.advance(70s);
  EXPECT_EQ(call.world.core.call_records(), 0U);
  EXPECT_EQ(call.world.closed.size(), 1U);
}

TEST_F(Transfer, GoesOnWithoutTheReferrersWebSocket) {
  call.connect(Caller::browser);
  const auto invite = refer(call.a);
  told(call.a);
  carol.respond(invite, 180);
  call.world.close_flow(call.flow);
  call.world.advance(90s);  // more than websocket-grace
  EXPECT_EQ(call.world.core.calls(), 1U);
  EXPECT_TRUE(nothing_for(call.b));
  const auto media = call.world.opened[0].media;
  const auto fails = [&](leg::LegNumber number) {
    call.world.act([&](auto& core) {
      core.on_media_event(call.world.now, leg::LegFailed{media, leg::Side::a, leg::Failure::ice_consent_lost, "", number});
    });
  };
  fails(leg::LegNumber::first);
  EXPECT_EQ(call.world.core.calls(), 1U);
  carol.respond(invite, 200, {}, plain_sdp());
  call.world.take_request("ACK");
  EXPECT_TRUE(nothing_for(call.b));
  fails(leg::LegNumber::first);  // the leg before, which had not heard yet that it is replaced
  EXPECT_EQ(call.world.core.calls(), 1U);
  fails(call.world.opened[2].number);
  EXPECT_EQ(call.world.core.calls(), 0U);
}

// The browser closed its page after its REFER: its media fails first.
TEST_F(Transfer, GoesOnWithoutTheReferrersMedia) {
  call.connect(Caller::browser);
  const auto invite = refer(call.a);
  told(call.a);
  call.world.act([&](auto& core) {
    core.on_media_event(call.world.now, leg::LegFailed{call.world.opened[0].media, leg::Side::a, leg::Failure::ice_consent_lost, ""});
  });
  const auto bye = call.world.take_request("BYE").message;
  EXPECT_EQ(bye.call_id(), call.a.call_id);
  call.a.respond(bye, 481);
  EXPECT_EQ(call.world.core.calls(), 1U);
  carol.respond(invite, 200, {}, plain_sdp());
  EXPECT_EQ(call.world.replaced.size(), 1U);
  call.b.send("BYE");
  EXPECT_EQ(call.world.take_request("BYE").message.call_id(), invite.call_id());
}

TEST_F(Transfer, CanBeDoneAgain) {
  call.connect(Caller::browser);
  auto invite = refer(call.b);
  carol.respond(invite, 200, {}, plain_sdp());
  call.b.send("BYE");
  call.world.advance(40s);
  auto dave = call.phone("198.51.100.31");
  auto first = carol;
  invite = refer(first, "sip:dave@198.51.100.31");
  dave.take_call(invite, "dave");
  dave.respond(invite, 200, {}, plain_sdp());
  first.send("BYE");
  call.world.sent.clear();
  call.a.send("BYE");
  EXPECT_EQ(call.world.take_request("BYE").message.call_id(), invite.call_id());
}

}  // namespace
}  // namespace w2s::test
