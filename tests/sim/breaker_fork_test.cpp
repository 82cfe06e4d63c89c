// One INVITE for several browsers of a user, through the breaker: the registrar dropped our parameters, so the proxy
// forks (RFC 3261 16.7) and each branch that the breaker takes is a call of its own.
#include "breaker_world.hpp"
#include "proxy_world.hpp"

namespace w2s::test {
namespace {

const std::string elsewhere = "SIP;cause=200;text=\"Call completed elsewhere\"";

class BreakerFork : public testing::Test {
 protected:
  explicit BreakerFork(breaker::Options options = {}) : world({}, std::move(options)) {}
  void TearDown() override {
    world.advance(70s);
    EXPECT_EQ(world.core.calls(), 0U);
    EXPECT_EQ(world.core.call_records(), 0U);
    EXPECT_EQ(world.core.proxied(), 0U);
    EXPECT_EQ(world.core.transactions(), 0U);
    EXPECT_EQ(world.closed.size() * 2, world.opened.size());  // each call has two legs
  }

  // Alice registers over another WebSocket; her registrar keeps no URI parameters.
  void open_tab(const std::string& breaker = "yes") {
    const auto tab = static_cast<int>(flows.size());
    flows.push_back(world.open_flow(static_cast<std::uint16_t>(55210 + tab)));
    world.receive(register_request(1 + tab, replaced(browser_contact, "rtcweb-breaker=no", "rtcweb-breaker=" + breaker)),
                  flows.back());
    const auto forwarded = world.take_request("REGISTER");
    world.receive(reply(forwarded.message, 200, "srv", "<sip:alice@203.0.113.1:5060>;expires=600"), world.server());
    world.take_response(200, "REGISTER");
  }
  void invite(const std::string& extra = {}) {
    const auto sdp = phone_sdp("0 8 101");
    world.receive("INVITE sip:alice@198.51.100.7 SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bKf1\r\n"
                  "Max-Forwards: 70\r\nRecord-Route: <sip:198.51.100.7;lr>\r\nFrom: \"Bob\" <sip:bob@198.51.100.7>;tag=bob\r\n"
                  "To: <sip:alice@198.51.100.7>\r\nContact: <sip:bob@198.51.100.20:5070>\r\nCall-ID: net-1\r\nCSeq: 1 INVITE\r\n" +
                      extra + "Content-Type: application/sdp\r\nContent-Length: " + std::to_string(sdp.size()) + "\r\n\r\n" + sdp,
                  world.server());
    world.advance(0s);
  }
  // The INVITE as it rings in each tab.
  std::vector<Sent> call(const std::string& extra = {}) {
    invite(extra);
    std::vector<Sent> copies(flows.size(), Sent{Message::response(500, ""), {}});
    for (std::size_t i = 0; i < flows.size(); ++i) {
      auto copy = world.take_request("INVITE");
      for (std::size_t tab = 0; tab < flows.size(); ++tab) {
        if (flows[tab].flow == copy.target.flow) copies[tab] = copy;
      }
    }
    return copies;
  }
  void answer(const Sent& request, int status, const std::string& sdp = {}) {
    const auto& flow = world.flows.at(request.target.flow);
    world.receive(reply(request.message, status, "t" + std::to_string(flow.remote.port),
                        "<sips:alice@df7jal23ls0d.invalid;transport=wss>", sdp),
                  flow);
    world.advance(0s);
  }
  // A tab's end of being cancelled.
  Sent cancelled(const Sent& copy) {
    auto cancel = world.take_request("CANCEL");
    EXPECT_EQ(cancel.target.flow, copy.target.flow);
    answer(cancel, 200);
    answer(copy, 487);
    EXPECT_EQ(world.take_request("ACK").target.flow, copy.target.flow);
    return cancel;
  }
  void from_phone(const std::string& method, int cseq, const Message& ok, const std::string& extra = {}) {
    FromNetwork phone{"net-1", "<sip:bob@198.51.100.7>;tag=bob", "<sip:alice@198.51.100.7>;tag=" + ok.to()->tag(),
                      routes_of(ok) + extra, cseq};
    world.receive(phone.text(method, uri_of(contact_in(ok)).to_string(), method + ok.to()->tag()), world.server());
    world.advance(0s);
  }
  void phone_cancels() {
    FromNetwork caller;
    caller.extra = "Reason: SIP;cause=487\r\n";
    world.receive(caller.text("CANCEL", "sip:alice@198.51.100.7", "f1"), world.server());
    world.advance(0s);
    world.take_response(200, "CANCEL");
  }
  void phone_acknowledges_failure(const Message& failure) {
    FromNetwork caller;
    caller.to = std::string(*failure.get(HeaderId::to));
    world.receive(caller.text("ACK", "sip:alice@198.51.100.7", "f1"), world.server());
  }
  // The phone confirms the call and hangs up.
  void talk_and_end(const Message& ok, const Sent& copy) {
    from_phone("ACK", 1, ok);
    from_phone("BYE", 2, ok);
    world.take_response(200, "BYE");
    const auto bye = world.take_request("BYE");
    EXPECT_EQ(bye.target.flow, copy.target.flow);
    answer(bye, 200);
  }

  SipWorld world;
  std::vector<sip::Target> flows;
};

class TwoBreakerTabs : public BreakerFork {
 protected:
  using BreakerFork::BreakerFork;
  void SetUp() override {
    open_tab();
    open_tab();
  }
};

TEST_F(TwoBreakerTabs, BothRingAndTheFirstAnswerWins) {
  const auto copies = call();
  for (const auto& copy : copies) {
    EXPECT_EQ(copy.message.request_uri(), "sips:alice@df7jal23ls0d.invalid;rtcweb-breaker=yes;transport=wss");
    EXPECT_THAT(copy.message.body(), HasSubstr("UDP/TLS/RTP/SAVPF"));
    EXPECT_EQ(copy.message.count(HeaderId::record_route), 0U);
  }
  EXPECT_NE(copies[0].message.call_id(), copies[1].message.call_id());
  std::set<std::string> tags;
  for (const auto& copy : copies) {
    answer(copy, 180);
    const auto ringing = world.take_response(180, "INVITE");
    EXPECT_EQ(ringing.target, world.server());
    EXPECT_EQ(ringing.message.count(HeaderId::via), 1U);
    tags.insert(ringing.message.to()->tag());
  }
  EXPECT_EQ(tags.size(), 2U);

  answer(copies[1], 200, browser_answer("0 101"));
  world.take_request("ACK");
  const auto ok = world.take_response(200, "INVITE").message;
  EXPECT_TRUE(tags.contains(ok.to()->tag()));
  EXPECT_THAT(ok.body(), HasSubstr("RTP/AVP 0 101"));
  EXPECT_EQ(ok.get(HeaderId::record_route), "<sip:198.51.100.7;lr>");  // none of ours
  EXPECT_TRUE(uri_of(contact_in(ok)).params.has("ws-flow"));
  EXPECT_EQ(cancelled(copies[0]).message.get(HeaderId::reason), elsewhere);
  EXPECT_EQ(world.closed.size(), 1U);
  EXPECT_EQ(world.core.calls(), 1U);
  EXPECT_TRUE(world.nothing_but_trying());  // the caller hears nothing of it
  talk_and_end(ok, copies[1]);
  EXPECT_EQ(world.closed.size(), 2U);
}

TEST_F(TwoBreakerTabs, RequestsInTheCallReachTheTabThatAnswered) {
  const auto copies = call();
  answer(copies[1], 180);
  answer(copies[0], 200, browser_answer("0 101"));
  world.take_request("ACK");
  const auto ok = world.take_response(200, "INVITE").message;
  cancelled(copies[1]);
  from_phone("ACK", 1, ok);
  from_phone("MESSAGE", 2, ok);
  const auto message = world.take_request("MESSAGE");
  EXPECT_EQ(message.target.flow, flows[0].flow);
  answer(message, 200);
  world.take_response(200, "MESSAGE");
  from_phone("BYE", 3, ok);
  answer(world.take_request("BYE"), 200);
}

TEST_F(TwoBreakerTabs, TheCallersCancelReachesBoth) {
  const auto copies = call();
  for (const auto& copy : copies) answer(copy, 180);
  phone_cancels();
  for (const auto& copy : copies) EXPECT_EQ(cancelled(copy).message.get(HeaderId::reason), "SIP;cause=487");
  phone_acknowledges_failure(world.take_response(487, "INVITE").message);
  EXPECT_EQ(world.closed.size(), 2U);
}

TEST_F(TwoBreakerTabs, ACancelBeforeAnythingRangEndsBothCalls) {
  world.open_media = false;
  invite();
  phone_cancels();
  world.advance(300ms);  // RFC 3261 9.1: not before a provisional response
  phone_acknowledges_failure(world.take_response(487, "INVITE").message);
  EXPECT_TRUE(world.nothing_but_trying());
  EXPECT_EQ(world.closed.size(), 2U);
}

TEST_F(TwoBreakerTabs, OneIsBusyAndTheOtherAnswers) {
  const auto copies = call();
  answer(copies[0], 486);
  world.take_request("ACK");
  EXPECT_TRUE(world.nothing_but_trying());
  answer(copies[1], 200, browser_answer("0 101"));
  world.take_request("ACK");
  talk_and_end(world.take_response(200, "INVITE").message, copies[1]);
  EXPECT_TRUE(world.nothing_but_trying());  // nobody is left to be cancelled
}

TEST_F(TwoBreakerTabs, OfTwoFailuresTheBestGoesBack) {
  const auto copies = call();
  answer(copies[1], 480);
  answer(copies[0], 486);
  phone_acknowledges_failure(world.take_response(486, "INVITE").message);
}

TEST_F(TwoBreakerTabs, ADeclineEndsTheOtherRinging) {
  const auto copies = call();
  answer(copies[1], 180);
  answer(copies[0], 603);
  world.take_request("ACK");
  cancelled(copies[1]);
  phone_acknowledges_failure(world.take_response(603, "INVITE").message);
}

// The browser's 200 and our CANCEL cross: that call is hung up here, and the caller hears of one answer only.
TEST_F(TwoBreakerTabs, AnAnswerThatCrossesTheCancelIsHungUp) {
  const auto copies = call();
  for (const auto& copy : copies) answer(copy, 180);
  answer(copies[0], 200, browser_answer("0 101"));
  EXPECT_EQ(world.take_request("CANCEL").target.flow, flows[1].flow);
  answer(copies[1], 200, browser_answer("0 101"));
  const auto bye = world.take_request("BYE");
  EXPECT_EQ(bye.target.flow, flows[1].flow);
  answer(bye, 200);
  for (int rings = 0; rings < 2; ++rings) world.take_response(180, "INVITE");
  const auto ok = world.take_response(200, "INVITE").message;
  for (int acks = 0; acks < 2; ++acks) world.take_request("ACK");
  EXPECT_TRUE(world.nothing_but_trying());
  talk_and_end(ok, copies[0]);
}

// Both answer before either branch has rung: each 200 reaches the phone (RFC 3261 16.7 step 5), which keeps one.
TEST_F(TwoBreakerTabs, TwoAnswersAtOnceReachThePhoneAndItEndsOne) {
  const auto copies = call();
  std::vector<Message> oks;
  for (const auto& copy : copies) {
    answer(copy, 200, browser_answer("0 101"));
    world.take_request("ACK");
    oks.push_back(world.take_response(200, "INVITE").message);
  }
  EXPECT_NE(oks[0].to()->tag(), oks[1].to()->tag());
  talk_and_end(oks[1], copies[1]);
  world.advance(1s);  // not acknowledged yet: repeated to the phone
  EXPECT_EQ(world.take_response(200, "INVITE").message.to()->tag(), oks[0].to()->tag());
  talk_and_end(oks[0], copies[0]);
}

TEST_F(TwoBreakerTabs, EachHasItsEarlyMedia) {
  const auto copies = call();
  for (const auto& copy : copies) {
    answer(copy, 183, browser_answer("0 101"));
    EXPECT_THAT(world.take_response(183, "INVITE").message.body(), HasSubstr("RTP/AVP 0 101"));
  }
  std::set<leg::MediaId> planned;
  for (const auto& plan : world.plans) planned.insert(plan.media);
  EXPECT_EQ(planned.size(), 2U);
  answer(copies[0], 200, browser_answer("0 101"));
  world.take_request("ACK");
  cancelled(copies[1]);
  talk_and_end(world.take_response(200, "INVITE").message, copies[0]);
}

TEST_F(TwoBreakerTabs, ATabThatDiesWhileItRingsCountsAsNotThere) {
  const auto copies = call();
  for (const auto& copy : copies) answer(copy, 180);
  for (int rings = 0; rings < 2; ++rings) world.take_response(180, "INVITE");
  world.close_flow(flows[0]);
  world.advance(0s);
  EXPECT_TRUE(world.nothing_but_trying());
  EXPECT_EQ(world.closed.size(), 1U);
  answer(copies[1], 486);
  world.take_request("ACK");
  phone_acknowledges_failure(world.take_response(486, "INVITE").message);
}

TEST_F(TwoBreakerTabs, MediaThatIsNotThereIsAnswered503) {
  world.open_media = false;
  invite();
  for (std::uint64_t call = 1; call <= 2; ++call) {
    leg::LegOpened failed;
    failed.media = leg::MediaId{call};
    failed.error = "no ports left";
    world.act([&](auto& core) { core.on_leg_opened(world.now, failed); });
    world.advance(0s);
  }
  const auto answered = world.take_response(503, "INVITE").message;  // ours, and not that of a server behind us
  EXPECT_THAT(std::string(*answered.get(HeaderId::warning)), HasSubstr("no ports left"));
  phone_acknowledges_failure(answered);
}

TEST_F(TwoBreakerTabs, AnUnknownExtensionIsRefusedOnce) {
  invite("Require: 100rel\r\n");
  const auto refused = world.take_response(420, "INVITE").message;
  EXPECT_EQ(refused.get(HeaderId::unsupported), "100rel");
  phone_acknowledges_failure(refused);
  EXPECT_TRUE(world.nothing_but_trying());
}

TEST_F(TwoBreakerTabs, TheGatewaysStopEndsTheRinging) {
  const auto copies = call();
  for (const auto& copy : copies) answer(copy, 180);
  world.act([&](auto& core) { core.end_all_calls(world.now, "the gateway stops"); });
  world.advance(0s);
  for (const auto& copy : copies) cancelled(copy);
  phone_acknowledges_failure(world.take_response(480, "INVITE").message);
  EXPECT_TRUE(world.core.settled());
}

// What the breaker hears of the caller is what came from the network.
TEST_F(TwoBreakerTabs, TheRegistrarIsStillBelieved) {
  const auto copies = call("P-Asserted-Identity: <sip:bob@198.51.100.7>\r\n");
  for (const auto& copy : copies) {
    EXPECT_THAT(copy.message.to_string(), HasSubstr("P-Asserted-Identity: <sip:bob@198.51.100.7>"));
    answer(copy, 486);
  }
  phone_acknowledges_failure(world.take_response(486, "INVITE").message);
}

class ReliableTabs : public TwoBreakerTabs {
 protected:
  ReliableTabs() : TwoBreakerTabs([] {
    breaker::Options options;
    options.reliable_provisionals = true;
    return options;
  }()) {}
};

TEST_F(ReliableTabs, EachRingingIsAcknowledgedByItself) {
  const auto copies = call("Require: 100rel\r\n");
  for (const auto& copy : copies) {
    answer(copy, 180);
    const auto ringing = world.take_response(180, "INVITE").message;
    EXPECT_TRUE(ringing.has_option(HeaderId::require, "100rel"));
    from_phone("PRACK", 2, ringing, "RAck: " + std::string(*ringing.get(HeaderId::rseq)) + " 1 INVITE\r\n");
    world.take_response(200, "PRACK");
  }
  world.advance(5s);
  EXPECT_TRUE(world.nothing_but_trying());
  answer(copies[1], 200, browser_answer("0 101"));
  world.take_request("ACK");
  cancelled(copies[0]);
  const auto ok = world.take_response(200, "INVITE").message;
  from_phone("ACK", 1, ok);
  from_phone("BYE", 3, ok);
  answer(world.take_request("BYE"), 200);
}

class OneCallOnly : public TwoBreakerTabs {
 protected:
  OneCallOnly() : TwoBreakerTabs([] {
    breaker::Options options;
    options.max_calls = 1;
    return options;
  }()) {}
};

TEST_F(OneCallOnly, TheTabThatIsOneTooManyFailsAlone) {
  invite();
  const auto copy = world.take_request("INVITE");
  EXPECT_TRUE(world.nothing_but_trying());
  answer(copy, 486);
  world.take_request("ACK");
  phone_acknowledges_failure(world.take_response(486, "INVITE").message);
}

TEST_F(BreakerFork, ATabWithoutTheBreakerRingsBesideOneWithIt) {
  open_tab("yes");
  open_tab("no");
  auto copies = call();
  EXPECT_THAT(copies[0].message.body(), HasSubstr("UDP/TLS/RTP/SAVPF"));
  EXPECT_EQ(copies[0].message.count(HeaderId::record_route), 0U);
  EXPECT_THAT(copies[1].message.body(), HasSubstr("RTP/AVP 0 8 101"));
  EXPECT_EQ(copies[1].message.count(HeaderId::record_route), 3U);
  for (const auto& copy : copies) answer(copy, 180);
  answer(copies[1], 200, phone_sdp());
  const auto ok = world.take_response(200, "INVITE").message;
  EXPECT_EQ(ok.to()->tag(), "t55211");
  EXPECT_EQ(ok.count(HeaderId::record_route), 3U);
  EXPECT_EQ(cancelled(copies[0]).message.get(HeaderId::reason), elsewhere);

  invite();  // absorbed: the same transaction
  EXPECT_EQ(world.core.calls(), 0U);
}

TEST_F(BreakerFork, ATabWithTheBreakerAnswersBeforeOneWithoutIt) {
  open_tab("no");
  open_tab("yes");
  const auto copies = call();
  for (const auto& copy : copies) answer(copy, 180);
  answer(copies[1], 200, browser_answer("0 101"));
  world.take_request("ACK");
  EXPECT_EQ(cancelled(copies[0]).message.get(HeaderId::reason), elsewhere);
  talk_and_end(world.take_response(200, "INVITE").message, copies[1]);
}

TEST_F(BreakerFork, AsManyTabsAsThereAreRing) {
  for (int tab = 0; tab < 5; ++tab) open_tab();
  const auto copies = call();
  std::set<std::string> call_ids;
  for (const auto& copy : copies) call_ids.insert(copy.message.call_id());
  EXPECT_EQ(call_ids.size(), 5U);
  for (const auto& copy : copies) answer(copy, 180);
  answer(copies[3], 200, browser_answer("0 101"));
  world.take_request("ACK");
  std::size_t told = 0;
  for (std::size_t tab = 0; tab < 5; ++tab) {
    if (tab == 3) continue;
    const auto cancel = world.take_request("CANCEL");
    told += cancel.message.get(HeaderId::reason) == elsewhere ? 1 : 0;
    answer(cancel, 200);
    for (const auto& copy : copies) {
      if (copy.target.flow == cancel.target.flow) answer(copy, 487);
    }
  }
  EXPECT_EQ(told, 4U);
  talk_and_end(world.take_response(200, "INVITE").message, copies[3]);
}

// Tabs and caller do anything in any order; afterwards nothing may be left of it.
TEST(BreakerForkStorm, WhateverHappensNothingStays) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(seed);
    SeededRng dice(seed);
    const auto roll = [&](std::size_t sides) { return static_cast<std::size_t>(dice.u32()) % sides; };
    breaker::Options options;
    options.reliable_provisionals = roll(2) == 0;
    SipWorld world({}, options);
    std::vector<sip::Target> flows;
    for (int tab = 0; tab < 3; ++tab) {
      flows.push_back(world.open_flow(static_cast<std::uint16_t>(55210 + tab)));
      const auto wish = roll(4) == 0 ? "rtcweb-breaker=no" : "rtcweb-breaker=yes";
      world.receive(register_request(1 + tab, replaced(browser_contact, "rtcweb-breaker=no", wish)), flows.back());
      const auto forwarded = world.take_request("REGISTER");
      world.receive(reply(forwarded.message, 200, "srv", "<sip:alice@203.0.113.1:5060>;expires=600"), world.server());
      world.take_response(200, "REGISTER");
    }
    const auto sdp = phone_sdp("0 8 101");
    auto invite = *sip::parse(FromNetwork{}.text("INVITE", "sip:alice@198.51.100.7", "f1"), sip::Framing::datagram).message;
    invite.append(HeaderId::contact, "<sip:bob@198.51.100.20:5070>");
    if (roll(2) == 0) invite.append(HeaderId::supported, "100rel");
    invite.set_body(sdp, "application/sdp");
    world.receive(invite, world.server());

    for (int step = 0; step < 40; ++step) {
      switch (roll(8)) {
        case 0: world.advance(std::chrono::milliseconds(roll(2000))); break;
        case 1: world.receive(invite, world.server()); break;
        case 2:
          if (step > 10) world.receive(FromNetwork{}.text("CANCEL", "sip:alice@198.51.100.7", "f1"), world.server());
          break;
        case 3: {
          const auto& tab = flows[roll(flows.size())];
          if (roll(8) == 0 && world.flows.contains(tab.flow)) world.close_flow(tab);
          break;
        }
        default: {
          if (world.sent.empty()) break;
          const auto [message, target] = world.sent[roll(world.sent.size())];
          if (message.is_request() && !message.is("ACK") && world.flows.contains(target.flow)) {
            static constexpr int statuses[] = {100, 180, 183, 200, 200, 486, 487, 603};
            const int status = message.is("INVITE") ? statuses[roll(std::size(statuses))] : 200;
            const bool described = status == 183 || status == 200;
            const auto answer = message.body().find("SAVPF") != std::string::npos ? browser_answer("0 101") : phone_sdp();
            world.receive(reply(message, status, "t" + std::to_string(static_cast<std::uint64_t>(target.flow)),
                                "<sips:alice@df7jal23ls0d.invalid>", described && message.is("INVITE") ? answer : ""),
                          world.flows.at(target.flow));
          } else if (message.is_response() && message.status() == 200 && message.cseq()->method == "INVITE") {
            FromNetwork phone{"net-1", "<sip:bob@198.51.100.7>;tag=bob", std::string(*message.get(HeaderId::to)),
                              routes_of(message), 1};
            const auto uri = uri_of(contact_in(message)).to_string();
            world.receive(phone.text("ACK", uri, "k" + message.to()->tag()), world.server());
            phone.cseq = 2;
            if (roll(2) == 0) world.receive(phone.text("BYE", uri, "b" + message.to()->tag()), world.server());
          }
        }
      }
      if (roll(2) == 0) world.advance(0s);
    }
    for (const auto& tab : flows) {
      if (world.flows.contains(tab.flow)) world.close_flow(tab);
    }
    world.act([&](auto& core) { core.end_all_calls(world.now, "end"); });
    world.advance(400s);
    EXPECT_EQ(world.core.calls(), 0U);
    EXPECT_EQ(world.core.call_records(), 0U);
    EXPECT_EQ(world.core.proxied(), 0U);
    EXPECT_EQ(world.core.transactions(), 0U);
    EXPECT_EQ(world.closed.size() * 2, world.opened.size());
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace w2s::test
