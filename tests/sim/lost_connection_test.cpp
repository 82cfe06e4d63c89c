// A caller's TCP connection is gone before the answer (RFC 3261 18.2.2).
#include "breaker_world.hpp"
#include "proxy_world.hpp"

namespace w2s::test {
namespace {

class CallerOverTcp : public testing::TestWithParam<bool> {  // through the breaker or not
 protected:
  void SetUp() override {
    tab = world.open_flow(55210);
    const std::string breaker = GetParam() ? "rtcweb-breaker=yes" : "rtcweb-breaker=no";
    const auto stored = register_alice(world, tab, 1, replaced(browser_contact, "rtcweb-breaker=no", breaker));
    caller = world.open_flow(41000);
    caller.transport = sip::Transport::tcp;
    caller.remote.ip = *IpAddress::parse(SipWorld::server_address);
    world.flows[caller.flow] = caller;
    const auto sdp = phone_sdp("0 8 101");
    world.receive("INVITE " + uri_of(stored).to_string() + " SIP/2.0\r\nVia: SIP/2.0/TCP sbc.example.org:5070;branch=z9hG4bKt1\r\n"
                  "Max-Forwards: 70\r\nFrom: <sip:bob@198.51.100.7>;tag=bob\r\nTo: <sip:alice@198.51.100.7>\r\n"
                  "Contact: <sip:bob@198.51.100.20:5070;transport=tcp>\r\nCall-ID: net-1\r\nCSeq: 1 INVITE\r\n"
                  "Content-Type: application/sdp\r\nContent-Length: " + std::to_string(sdp.size()) + "\r\n\r\n" + sdp,
                  caller);
    invite = world.take_request("INVITE");
    answer(180);
    EXPECT_EQ(world.take_response(180, "INVITE").target.flow, caller.flow);
  }
  void answer(int status) {
    const auto sdp = status != 200 ? "" : GetParam() ? browser_answer("0 101") : phone_sdp();
    world.receive(reply(invite.message, status, "tab", "<sips:alice@df7jal23ls0d.invalid>", sdp), tab);
  }
  SipWorld world;
  sip::Target tab, caller;
  Sent invite{Message::response(500, ""), {}};
};

TEST_P(CallerOverTcp, TheAnswerGoesOverAnotherConnection) {
  world.close_flow(caller);
  EXPECT_TRUE(world.nothing_but_trying());  // it rings on
  answer(200);
  for (int times = 0; times < 2; ++times) {
    const auto ok = world.take_response(200, "INVITE");
    EXPECT_EQ(ok.target.flow, sip::FlowId::none);
    EXPECT_EQ(ok.target.transport, sip::Transport::tcp);
    EXPECT_EQ(ok.target.remote.to_string(), "198.51.100.7:5070");
    if (GetParam()) world.advance(500ms);  // not acknowledged: said again
    else answer(200);
  }
}

TEST_P(CallerOverTcp, WhereItMayNotBeSentTheRingingStops) {
  world.refused.insert(SipWorld::server_address);
  world.close_flow(caller);
  EXPECT_EQ(world.take_request("CANCEL").target.flow, tab.flow);
}

TEST_P(CallerOverTcp, WhereItCannotBeSentTheRingingStops) {
  world.close_flow(caller);
  answer(183);
  const auto progress = world.take_response(183, "INVITE");
  EXPECT_EQ(progress.target.remote.port, 5070);
  world.act([&](auto& core) { core.on_send_failed(world.now, progress.target); });
  EXPECT_EQ(world.take_request("CANCEL").target.flow, tab.flow);
}

INSTANTIATE_TEST_SUITE_P(Over, CallerOverTcp, testing::Bool(),
                         [](const auto& way) { return way.param ? "Breaker" : "Proxy"; });

}  // namespace
}  // namespace w2s::test
