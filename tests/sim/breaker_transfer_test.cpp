// REFER carried out by the gateway (RFC 3515, 4488, 3892): the new INVITE, what becomes of it, and what is told.
#include "transfer_fixture.hpp"
#include "w2s/sip/digest.hpp"

namespace w2s::test {
namespace {

TEST(LocalTransfer, BlindFromEitherSideOfEitherCall) {
  for (const auto who : {Caller::browser, Caller::phone}) {
    for (const bool by_a : {true, false}) {
      SCOPED_TRACE(caller_name({who, 0}) + (by_a ? ", by the caller" : ", by the called"));
      TwoLegs fresh(with(ReferMode::local));
      auto& world = fresh.world;
      fresh.connect(who);
      auto& referrer = by_a ? fresh.a : fresh.b;
      auto& kept = by_a ? fresh.b : fresh.a;
      Ua third(world, world.server("198.51.100.30"), "<sip:carol@198.51.100.30:5080>");
      world.sent.clear();
      referrer.send("REFER", "Refer-To: \"Carol\" <sip:carol@198.51.100.30:5080;method=INVITE?Subject=x>\r\n"
                             "Referred-By: <sip:who@198.51.100.7>;cid=\"1@x\"\r\n");
      const auto accepted = world.take_response(202, "REFER").message;
      EXPECT_EQ(text_of(accepted, "Refer-Sub"), "(absent)");
      EXPECT_EQ(accepted.count(HeaderId::contact), 1U);

      const auto invite = world.take_request("INVITE").message;
      EXPECT_EQ(invite.request_uri(), "sip:carol@198.51.100.30:5080");
      EXPECT_EQ(text_of(invite, "To"), "\"Carol\" <sip:carol@198.51.100.30:5080>");
      const auto keeps_browser = (who == Caller::browser) != by_a;
      EXPECT_EQ(invite.from()->uri.user, "alice") << "whose credentials answer a challenge";
      EXPECT_EQ(sip::parse_name_addr(*invite.get(HeaderId::contact))->uri.user, keeps_browser ? "alice" : "bob");
      EXPECT_EQ(text_of(invite, "Referred-By"), "<sip:who@198.51.100.7>");
      EXPECT_EQ(text_of(invite, "Subject"), "(absent)");
      EXPECT_EQ(text_of(invite, "Replaces"), "(absent)");
      EXPECT_THAT(invite.body(), HasSubstr("RTP/AVP "));
      EXPECT_THAT(invite.body(), HasSubstr("a=sendrecv"));
      third.take_call(invite, "carol");
      ASSERT_EQ(world.opened.size(), 3U);
      EXPECT_EQ(world.opened[2].side, by_a ? leg::Side::a : leg::Side::b);
      EXPECT_EQ(world.opened[2].kind, leg::Kind::phone);
      EXPECT_NE(world.opened[2].number, leg::LegNumber::first);

      const auto tried = world.take_request("NOTIFY").message;
      EXPECT_EQ(text_of(tried, "Event"), "refer");
      EXPECT_EQ(text_of(tried, "Subscription-State"), "active;expires=180");
      EXPECT_EQ(tried.body(), "SIP/2.0 100 Trying\r\n");
      EXPECT_EQ(tried.count(HeaderId::contact), 1U);
      referrer.respond(tried, 200);
      third.respond(invite, 180);
      const auto rings = world.take_request("NOTIFY").message;
      EXPECT_EQ(rings.body(), "SIP/2.0 180 Ringing\r\n");
      referrer.respond(rings, 200);
      world.plans.clear();
      third.respond(invite, 200, {}, plain_sdp());
      EXPECT_EQ(world.take_request("ACK").message.call_id(), invite.call_id());
      const auto done = world.take_request("NOTIFY").message;
      EXPECT_EQ(text_of(done, "Subscription-State"), "terminated;reason=noresource");
      EXPECT_EQ(done.body(), "SIP/2.0 200 OK\r\n");
      referrer.respond(done, 200);
      EXPECT_TRUE(world.nothing_but_trying()) << "the kept peer need not know: " << world.sent.front().message;
      ASSERT_EQ(world.replaced.size(), 1U);
      EXPECT_EQ(world.replaced[0].side, world.opened[2].side);
      EXPECT_EQ(world.replaced[0].number, world.opened[2].number);
      ASSERT_EQ(world.plans.size(), 2U);

      referrer.send("INFO", {}, "x", "text/plain");
      world.take_response(481, "INFO");
      referrer.send("BYE");
      world.take_response(200, "BYE");
      EXPECT_TRUE(world.sent.empty());
      kept.send("MESSAGE", {}, "hi", "text/plain");
      third.respond(world.take_request("MESSAGE").message, 200);
      world.take_response(200, "MESSAGE");
      third.send("BYE");
      world.take_response(200, "BYE");
      EXPECT_EQ(world.take_request("BYE").message.call_id(), kept.call_id);
      EXPECT_EQ(world.core.calls(), 0U);
      world.advance(70s);
      EXPECT_EQ(world.core.call_records(), 0U);
    }
  }
}

TEST_F(Transfer, ThePeerThatWasHeldIsResumed) {
  call.connect(Caller::browser);
  hold(call.b, call.a, plain_sdp());
  const auto invite = refer(call.b);
  EXPECT_THAT(invite.body(), HasSubstr("a=sendrecv"));
  carol.respond(invite, 200, {}, plain_sdp());
  const auto resumed = call.world.take_request("INVITE").message;
  EXPECT_EQ(resumed.call_id(), call.a.call_id);
  EXPECT_THAT(resumed.body(), HasSubstr("a=sendrecv"));
  call.a.respond(resumed, 200, {}, echo(resumed.body(), "sendrecv"));
  EXPECT_EQ(call.world.plans.back().audio.peer_direction, leg::Direction::sendrecv);
  EXPECT_EQ(call.world.core.calls(), 1U);
}

TEST_F(Transfer, ABusyTargetLeavesTheCallAsItWas) {
  call.connect(Caller::browser);
  hold(call.b, call.a, plain_sdp());
  const auto invite = refer(call.b);
  EXPECT_EQ(told(call.b), active("100 Trying"));
  const auto plans = call.world.plans.size();
  carol.respond(invite, 486);
  call.world.take_request("ACK");
  EXPECT_EQ(told(call.b), last("486 Busy Here"));
  ASSERT_EQ(call.world.dropped.size(), 1U);
  EXPECT_EQ(call.world.dropped[0].number, call.world.opened[2].number);
  EXPECT_TRUE(call.world.replaced.empty());
  EXPECT_EQ(call.world.plans.size(), plans);
  EXPECT_TRUE(call.world.nothing_but_trying());
  // Still on hold, and the phone can take it back.
  call.b.send("INVITE", {}, next_offer(plain_sdp(), "sendrecv", 8), "application/sdp");
  const auto resumed = call.world.take_request("INVITE").message;
  EXPECT_THAT(resumed.body(), HasSubstr("a=sendrecv"));
  call.a.respond(resumed, 200, {}, echo(resumed.body(), "sendrecv"));
  call.world.take_response(200, "INVITE");
  call.b.send("ACK");
  // And try somebody else: RFC 3515 2.4.6, the second REFER has an id.
  call.world.sent.clear();
  refer(call.b, "sip:dave@198.51.100.31");
  EXPECT_EQ(text_of(call.world.take_request("NOTIFY").message, "Event"), "refer;id=" + std::to_string(call.b.cseq));
}

TEST_F(Transfer, WhatCannotBeReachedIsTold) {
  call.connect(Caller::browser);
  call.world.sent.clear();
  call.b.send("REFER", "Refer-To: <sip:carol@nowhere.invalid>\r\n");
  call.world.take_response(202, "REFER");
  EXPECT_EQ(call.world.sent.size(), 2U) << "the last word waits for nothing";
  EXPECT_EQ(told(call.b), active("100 Trying"));
  EXPECT_EQ(told(call.b), last("403 Forbidden"));
  EXPECT_TRUE(call.world.dropped.empty()) << "no leg was opened";
  refer(call.b);
  told(call.b);
  call.world.advance(32s);  // timer B
  EXPECT_EQ(told(call.b), last("408 Request Timeout"));
  EXPECT_EQ(call.world.core.calls(), 1U);
}

TEST_F(Transfer, TheSecond200OfAForkIsAckedAndHungUp) {
  call.connect(Caller::browser);
  const auto invite = refer(call.b);
  carol.respond(invite, 200, {}, plain_sdp());
  EXPECT_EQ(call.world.take_request("ACK").message.to()->tag(), "carol");
  auto other = carol;
  other.local_tag = "other";
  other.respond(invite, 200, {}, plain_sdp());
  EXPECT_EQ(call.world.take_request("ACK").message.to()->tag(), "other");
  const auto bye = call.world.take_request("BYE").message;
  EXPECT_EQ(bye.to()->tag(), "other");
  EXPECT_THAT(text_of(bye, "Reason"), HasSubstr("Call completed elsewhere"));
  carol.respond(invite, 200, {}, plain_sdp());  // repeated
  EXPECT_EQ(call.world.take_request("ACK").message.to()->tag(), "carol");
  EXPECT_EQ(call.world.core.calls(), 1U);
}

TEST_F(Transfer, AnotherCodecReachesTheKeptPeer) {
  call.connect(Caller::browser);
  const auto invite = refer(call.b);
  for (const auto* codec : {"opus", "PCMA", "G722"}) EXPECT_THAT(invite.body(), HasSubstr(codec)) << "all that alice can do";
  auto pcma = plain_sdp();
  pcma.replace(pcma.find("RTP/AVP 0"), 9, "RTP/AVP 8");
  carol.respond(invite, 200, {}, pcma);
  const auto told_alice = call.world.take_request("INVITE").message;
  EXPECT_EQ(told_alice.call_id(), call.a.call_id);
  EXPECT_THAT(told_alice.body(), HasSubstr("PCMA"));
  EXPECT_THAT(told_alice.body(), Not(HasSubstr("PCMU")));
}

TEST_F(Transfer, ACodecThatTheNewPeerMaySendAsWellReachesTheKeptPeer) {
  call.connect(Caller::browser);  // bob has accepted PCMU alone
  const auto invite = refer(call.b);
  auto both = plain_sdp();
  both.replace(both.find("RTP/AVP 0"), 9, "RTP/AVP 0 8");
  carol.respond(invite, 200, {}, both);
  const auto told_alice = call.world.take_request("INVITE").message;
  EXPECT_EQ(told_alice.call_id(), call.a.call_id);
  EXPECT_THAT(told_alice.body(), HasSubstr("PCMU"));
  EXPECT_THAT(told_alice.body(), HasSubstr("PCMA"));
}

TEST_F(Transfer, WithoutACommonCodecNothingChanges) {
  call.connect(Caller::phone);  // bob has offered PCMU alone
  const auto invite = refer(call.b);
  told(call.b);
  auto g729 = plain_sdp();
  g729.replace(g729.find("RTP/AVP 0"), 9, "RTP/AVP 18");
  carol.respond(invite, 200, {}, g729);
  call.world.take_request("ACK");
  EXPECT_EQ(call.world.take_request("BYE").message.call_id(), invite.call_id());
  EXPECT_EQ(told(call.b), last("488 Not Acceptable Here"));
  EXPECT_EQ(call.world.core.calls(), 1U);
  EXPECT_TRUE(call.world.replaced.empty());
}

TEST_F(Transfer, AChallengeIsAnsweredForTheBrowser) {
  auto options = with(ReferMode::local);
  options.accounts = {{"alice", "home", Redacted<std::string>(sip::make_ha1(HashAlgorithm::md5, "alice", "home", "secret")), SipWorld::server_address}};
  for (const auto who : {Caller::browser, Caller::phone}) {
    TwoLegs with_account(options);
    auto& world = with_account.world;
    with_account.connect(who);
    auto& phone = who == Caller::browser ? with_account.b : with_account.a;
    world.sent.clear();
    phone.send("REFER", "Refer-To: <sip:carol@198.51.100.7>\r\n");
    const auto first = world.take_request("INVITE").message;
    auto server = with_account.phone();
    server.take_call(first, "server");
    server.respond(first, 407, "Proxy-Authenticate: Digest realm=\"home\", nonce=\"n\", algorithm=MD5, qop=\"auth\"\r\n");
    const auto second = world.take_request("INVITE").message;
    EXPECT_THAT(text_of(second, "Proxy-Authorization"), HasSubstr("username=\"alice\""));
    EXPECT_EQ(second.call_id(), first.call_id());
    EXPECT_EQ(second.from()->tag(), first.from()->tag());
    EXPECT_EQ(second.cseq()->number, 2U);
    EXPECT_EQ(second.body(), first.body());
    server.respond(second, 200, {}, plain_sdp());
    EXPECT_EQ(world.replaced.size(), 1U);
    EXPECT_EQ(world.opened.size(), 3U);
  }
}

TEST_F(Transfer, AChallengeThatNobodyCanAnswerIsAFailure) {
  call.connect(Caller::browser);
  const auto invite = refer(call.b);
  told(call.b);
  carol.respond(invite, 401, "WWW-Authenticate: Digest realm=\"home\", nonce=\"n\", algorithm=MD5, qop=\"auth\"\r\n");
  EXPECT_EQ(told(call.b), last("401 Unauthorized"));
  EXPECT_EQ(call.world.core.calls(), 1U);
}

TEST_F(Transfer, NotifiesFollowEachOther) {
  call.connect(Caller::browser);
  const auto invite = refer(call.b);
  const auto first = call.world.take_request("NOTIFY").message;
  carol.respond(invite, 180);
  carol.respond(invite, 183);
  EXPECT_TRUE(nothing_for(call.b)) << "the next one waits for the answer to the first";
  call.b.respond(first, 200);
  EXPECT_EQ(told(call.b), active("183 Session Progress")) << "the newest";
  carol.respond(invite, 183);
  EXPECT_TRUE(nothing_for(call.b)) << "no news";
}

TEST_F(Transfer, WithoutSubscriptionNobodyIsTold) {
  call.connect(Caller::browser);
  call.world.sent.clear();
  call.b.send("REFER", "Refer-To: <sip:carol@198.51.100.30:5080>\r\nRefer-Sub: False\r\nSupported: norefersub\r\n");
  EXPECT_EQ(text_of(call.world.take_response(202, "REFER").message, "Refer-Sub"), "false");
  const auto invite = call.world.take_request("INVITE").message;
  carol.take_call(invite, "carol");
  carol.respond(invite, 200, {}, plain_sdp());
  call.world.take_request("ACK");
  EXPECT_TRUE(call.world.sent.empty());
  EXPECT_EQ(call.world.replaced.size(), 1U);
}

TEST_F(Transfer, BadRefersAreRefusedAndChangeNothing) {
  call.connect(Caller::browser);
  call.world.sent.clear();
  const std::pair<const char*, int> refers[] = {
      {"", 400},
      {"Refer-To: <sip:a@b.example>, <sip:c@d.example>\r\n", 400},
      {"Refer-To: <sip:carol@>\r\n", 400},
      {"Refer-To: <tel:+4930123>\r\n", 416},
      {"Refer-To: <sip:carol@198.51.100.30;method=BYE>\r\n", 501},
      {"Refer-To: <sip:carol@198.51.100.30?Replaces=no-tags>\r\n", 400},
      {"Refer-To: <sip:carol@198.51.100.30>\r\nReferred-By: <<\r\n", 400},
      {"Refer-To: <sip:carol@203.0.113.1;ws-flow=unknown>\r\n", 404},
      {"Refer-To: <sip:carol@203.0.113.1>\r\n", 404},
      {"Refer-To: <sip:carol@198.51.100.30>\r\nRequire: multiple-refer\r\n", 420},
  };
  for (const auto& [headers, status] : refers) {
    SCOPED_TRACE(headers);
    call.b.send("REFER", headers);
    call.world.take_response(status, "REFER");
    EXPECT_TRUE(call.world.sent.empty());
  }
  refer(call.b);
  call.b.send("REFER", "Refer-To: <sip:dave@198.51.100.31>\r\n");
  call.world.take_response(491, "REFER");
  call.a.send("REFER", "Refer-To: <sip:dave@198.51.100.31>\r\n");
  call.world.take_response(491, "REFER");
}

}  // namespace
}  // namespace w2s::test
