// Requests in a call that are neither offers nor BYE.
#include "breaker_world.hpp"

namespace w2s::test {
namespace {

TEST_F(CallFromBrowser, InfoBecomesRtpEvents) {
  answer();
  world.receive(from_browser("INFO", 2, "n1", gateway_tag, "Signal= 5\r\nDuration=120\r\n", "application/dtmf-relay"), flow);
  world.take_response(200, "INFO");
  ASSERT_EQ(world.dtmf.size(), 1U);
  EXPECT_EQ(world.dtmf[0].digit, '5');
  EXPECT_EQ(world.dtmf[0].duration_ms, 120U);
  EXPECT_EQ(world.dtmf[0].side, leg::Side::b);
}

TEST_F(CallFromBrowser, OtherInfoAndReferAreRelayedWithTheirAnswer) {
  answer();
  const std::string body = "<media_control><picture_fast_update/></media_control>";  // of a call without video
  world.receive(from_browser("INFO", 2, "n1", gateway_tag, body, "application/media_control+xml"), flow);
  const auto info = world.take_request("INFO");
  EXPECT_EQ(info.message.body(), body);
  EXPECT_TRUE(world.sent.empty());
  world.receive(reply(info.message, 415, "phone"), phone_source);
  world.take_response(415, "INFO");
  world.receive(from_browser("REFER", 3, "n2", gateway_tag, "", "", "Refer-To: <sip:carol@198.51.100.7>\r\n"), flow);
  const auto refer = world.take_request("REFER");
  EXPECT_EQ(refer.message.get(HeaderId::refer_to), "<sip:carol@198.51.100.7>");
  world.receive(reply(refer.message, 202, "phone"), phone_source);
  world.take_response(202, "REFER");
}

TEST_F(CallFromBrowser, InfoStaysInfoForAPhoneWithoutEvents) {
  answer(phone_sdp("0"));
  world.receive(from_browser("INFO", 2, "d1", gateway_tag, "Signal=7\r\nDuration=100\r\n", "application/dtmf-relay"), flow);
  const auto info = world.take_request("INFO");
  EXPECT_EQ(info.message.body(), "Signal=7\r\nDuration=100\r\n");
  world.receive(reply(info.message, 200, ""), phone_source);
  world.take_response(200, "INFO");
  EXPECT_TRUE(world.dtmf.empty());
}

TEST_F(CallFromBrowser, KeysOfRtpBecomeInfoOneAfterTheOther) {
  answer(phone_sdp("0"));
  const auto media = world.opened[0].media;
  for (const char digit : {'1', '#', 'D'}) {
    const leg::KeyPressed key{media, leg::Side::b, digit, 120};
    world.act([&](auto& core) { core.on_media_event(world.now, key); });
  }
  std::string told;
  for (int i = 0; i < 3; ++i) {
    const auto info = world.take_request("INFO");
    EXPECT_TRUE(world.nothing_but_trying()) << "the next waits for the answer to this one";
    EXPECT_EQ(info.message.get(HeaderId::content_type), "application/dtmf-relay");
    told += info.message.body();
    world.receive(reply(info.message, i == 1 ? 415 : 200, ""), phone_source);
  }
  EXPECT_EQ(told, "Signal=1\r\nDuration=120\r\nSignal=#\r\nDuration=120\r\nSignal=D\r\nDuration=120\r\n");
  EXPECT_TRUE(world.nothing_but_trying());
}

TEST_F(CallFromBrowser, NoInfoGoesToAPhoneWhoseAllowLeavesItOut) {
  start();
  invite = world.take_request("INVITE");
  auto accepted = reply(invite.message, 200, "phone", phone, phone_sdp("0"));
  accepted.append(HeaderId::allow, "INVITE, ACK, BYE, CANCEL");
  world.receive(accepted, world.server());
  world.take_request("ACK");
  world.take_response(200, "INVITE");
  const leg::KeyPressed key{world.opened[0].media, leg::Side::b, '1', 120};
  world.act([&](auto& core) { core.on_media_event(world.now, key); });
  EXPECT_TRUE(world.nothing_but_trying());
}

// RFC 3261 8.2.2.3.
TEST_F(CallFromBrowser, WhatARequestInTheCallRequiresMustBeKnownHere) {
  answer();
  int cseq = 2;
  for (const auto* method : {"INVITE", "UPDATE", "INFO", "MESSAGE", "OPTIONS", "REFER", "NOTIFY"}) {
    world.receive(from_browser(method, cseq, "q" + std::to_string(cseq), gateway_tag, "", "", "Require: timer, nothing-known, tdialog\r\n"), flow);
    EXPECT_EQ(world.take_response(420, method).message.get(HeaderId::unsupported), "nothing-known, tdialog") << method;
    ++cseq;
  }
  EXPECT_TRUE(world.nothing_but_trying());
  world.receive(from_browser("BYE", cseq, "q", gateway_tag, "", "", "Require: nothing-known\r\n"), flow);
  world.take_response(200, "BYE");  // who sends it is gone
  world.take_request("BYE");
}

TEST_F(CallFromBrowser, NorefersubIsAgreedOnByThePeers) {
  answer();
  world.receive(from_browser("REFER", 2, "r", gateway_tag, "", "", "Refer-To: <sip:carol@198.51.100.7>\r\nRefer-Sub: false\r\nRequire: norefersub\r\nSupported: norefersub, path\r\n"), flow);
  const auto refer = world.take_request("REFER").message;
  EXPECT_EQ(refer.get("Refer-Sub"), "false");
  EXPECT_EQ(refer.get(HeaderId::require), "norefersub");
  EXPECT_EQ(refer.get(HeaderId::supported), "norefersub");
}

}  // namespace
}  // namespace w2s::test
