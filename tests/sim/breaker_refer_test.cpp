// REFER, NOTIFY and Replaces across the breaker (RFC 3515, RFC 3891).
#include "two_legs.hpp"
#include "w2s/base/encoding.hpp"
#include "w2s/sip/replaces.hpp"

namespace w2s::test {
namespace {

using sip::HeaderId;
using sip::Message;

std::string refer_to(const std::string& uri, const Ua& referrer) {
  return "Refer-To: <" + uri + "?Replaces=" +
         percent_encode(referrer.call_id + ";to-tag=" + referrer.remote_tag + ";from-tag=" + referrer.local_tag) + ">\r\n";
}
sip::NameAddr referred(const Message& refer) { return *sip::parse_name_addr(*refer.get(HeaderId::refer_to)); }

TEST(Refer, IsRelayedWithItsAnswerAndItsNotifies) {
  for (const auto who : {Caller::browser, Caller::phone}) {
    TwoLegs call;
    call.connect(who);
    call.a.send("MESSAGE", {}, "so that the legs' CSeqs differ", "text/plain");
    call.world.take_request("MESSAGE");
    call.world.sent.clear();
    call.a.send("REFER", "Refer-To: <sip:carol@198.51.100.7>\r\nReferred-By: <sip:alice@198.51.100.7>\r\n");
    const auto received = call.a.cseq;
    const auto refer = call.world.take_request("REFER").message;
    EXPECT_EQ(text_of(refer, "Refer-To"), "<sip:carol@198.51.100.7>");
    EXPECT_EQ(text_of(refer, "Referred-By"), "<sip:alice@198.51.100.7>");
    call.b.respond(refer, 202);
    call.world.take_response(202, "REFER");
    const auto sent = std::to_string(refer.cseq()->number);
    call.b.send("NOTIFY", "Event: refer;id=" + sent + ";x=y\r\nSubscription-State: active;expires=60\r\n", "SIP/2.0 100 Trying\r\n", "message/sipfrag;version=2.0");
    const auto notify = call.world.take_request("NOTIFY").message;
    EXPECT_EQ(text_of(notify, "Event"), "refer;id=" + std::to_string(received) + ";x=y");
    EXPECT_EQ(text_of(notify, "Subscription-State"), "active;expires=60");
    EXPECT_EQ(text_of(notify, "Content-Type"), "message/sipfrag;version=2.0");
    EXPECT_EQ(notify.body(), "SIP/2.0 100 Trying\r\n");
    call.a.respond(notify, 200);
    call.world.take_response(200, "NOTIFY");
    call.b.send("NOTIFY", "Event: refer\r\nSubscription-State: terminated;reason=noresource\r\n", "SIP/2.0 200 OK\r\n", "message/sipfrag");
    EXPECT_EQ(text_of(call.world.take_request("NOTIFY").message, "Event"), "refer");
  }
}

TEST(Refer, TheLinesOfASipfragEndWithCrlf) {
  TwoLegs call;
  call.connect(Caller::browser);
  for (const auto* body : {"SIP/2.0 200 OK\n", "SIP/2.0 200 OK\r\n"}) {
    call.b.send("NOTIFY", "Event: refer\r\nSubscription-State: active\r\n", body, "message/sipfrag;version=2.0");
    EXPECT_EQ(call.world.take_request("NOTIFY").message.body(), "SIP/2.0 200 OK\r\n");
  }
  call.b.send("NOTIFY", "Event: refer\r\nSubscription-State: active\r\n", "text\n", "text/plain");
  EXPECT_EQ(call.world.take_request("NOTIFY").message.body(), "text\n");
}

TEST(Refer, TheNotifyOfAnotherReferKeepsItsId) {
  TwoLegs call;
  call.connect(Caller::browser);
  call.b.send("NOTIFY", "Event: refer;id=99\r\nSubscription-State: active\r\n", "SIP/2.0 100 Trying\r\n", "message/sipfrag");
  EXPECT_EQ(text_of(call.world.take_request("NOTIFY").message, "Event"), "refer;id=99");
}

// Alice in a browser talks to bob and to carol, both phones, and connects them.
class AttendedTransfer : public testing::Test {
 protected:
  AttendedTransfer() {
    call.connect(Caller::browser);
    to_carol.call("second-a", "<sip:alice@198.51.100.7>", "sip:carol@198.51.100.7", web_sdp());
    carols_invite = call.connect(to_carol, carol, "carol", plain_sdp());
  }
  TwoLegs call;
  Ua to_carol = call.browser();
  Ua carol{call.world, call.world.server(), "<sip:carol@198.51.100.30:5080>"};
  Message carols_invite = Message::response(500, "");
};

TEST_F(AttendedTransfer, NamesCarolsOwnDialogToBob) {
  call.a.send("REFER", refer_to("sip:carol@198.51.100.7", to_carol));
  const auto uri = referred(call.world.take_request("REFER").message).uri;
  EXPECT_EQ(uri.user, "carol");
  EXPECT_EQ(uri.host, "198.51.100.7");  // as alice wrote it
  const auto replaces = sip::replaces_of(uri);
  ASSERT_TRUE(replaces);
  EXPECT_EQ(replaces->call_id, carols_invite.call_id());
  EXPECT_EQ(replaces->to_tag, "carol");
  EXPECT_EQ(replaces->from_tag, carols_invite.from()->tag());
}

TEST_F(AttendedTransfer, OurOwnAddressBecomesCarols) {
  call.a.send("REFER", refer_to(to_carol.target, to_carol));  // SIP.js refers to the remote target it knows
  const auto uri = referred(call.world.take_request("REFER").message).uri;
  EXPECT_EQ(uri.user, "carol");
  EXPECT_EQ(uri.host, "198.51.100.30");
  EXPECT_EQ(uri.port, 5080);
  EXPECT_TRUE(sip::replaces_of(uri));
}

TEST_F(AttendedTransfer, OthersDialogsAreNamedAsTheyAre) {
  auto foreign = to_carol;
  foreign.call_id = "not-ours";
  call.a.send("REFER", refer_to("sip:carol@198.51.100.7", foreign));
  EXPECT_EQ(sip::replaces_of(referred(call.world.take_request("REFER").message).uri)->call_id, "not-ours");
  auto guessed = to_carol;
  guessed.local_tag = "guessed";  // our tag alone is not the dialog
  call.a.send("REFER", refer_to("sip:carol@198.51.100.7", guessed));
  const auto replaces = sip::replaces_of(referred(call.world.take_request("REFER").message).uri);
  EXPECT_EQ(replaces->call_id, "second-a");
}

// JsSIP takes the tags from the INVITE, whoever sent it.
TEST_F(AttendedTransfer, OfACallThatJsSipReceivedIsUnderstood) {
  auto dave = call.phone();
  dave.call("from-dave", "<sip:dave@198.51.100.7>", call.registered, plain_sdp());
  auto alice = call.browser();
  call.connect(dave, alice, "alices-tag", web_answer());
  auto swapped = alice;
  std::swap(swapped.local_tag, swapped.remote_tag);
  call.a.send("REFER", refer_to("sip:dave@198.51.100.7", swapped));
  const auto replaces = sip::replaces_of(referred(call.world.take_request("REFER").message).uri);
  ASSERT_TRUE(replaces);
  EXPECT_EQ(replaces->call_id, "from-dave");
  EXPECT_EQ(replaces->to_tag, dave.local_tag);
  EXPECT_EQ(replaces->from_tag, dave.remote_tag);
  // Another browser cannot make use of it.
  const auto flow = call.world.open_flow(55300);
  call.register_browser("bob", flow);
  Ua bob(call.world, flow, "<sip:bob@bob.invalid;transport=ws>");
  bob.call("bobs", "<sip:bob@198.51.100.7>", "sip:erin@198.51.100.7", web_sdp());
  auto erin = call.phone();
  call.connect(bob, erin, "erin", plain_sdp());
  bob.send("REFER", refer_to("sip:dave@198.51.100.7", swapped));
  EXPECT_EQ(sip::replaces_of(referred(call.world.take_request("REFER").message).uri)->to_tag, swapped.remote_tag);
}

TEST(ReplacesInvite, ToABrowserNamesTheBrowsersOwnDialog) {
  TwoLegs call;
  call.connect(Caller::phone);
  auto third = call.phone();
  const auto named = call.a.call_id + ";to-tag=" + call.a.remote_tag + ";from-tag=" + call.a.local_tag;
  third.call("third", "<sip:carol@198.51.100.7>", call.registered, plain_sdp(), "Replaces: " + named + ";early-only\r\nRequire: replaces\r\nSupported: replaces\r\n");
  const auto invite = call.world.take_request("INVITE").message;
  const auto replaces = sip::parse_replaces(text_of(invite, "Replaces"));
  ASSERT_TRUE(replaces);
  EXPECT_EQ(replaces->call_id, call.invite.call_id());
  EXPECT_EQ(replaces->to_tag, call.b.local_tag);
  EXPECT_EQ(replaces->from_tag, call.invite.from()->tag());
  EXPECT_TRUE(replaces->others.has("early-only"));
  EXPECT_TRUE(invite.has_option(HeaderId::require, "replaces"));
  EXPECT_TRUE(invite.has_option(HeaderId::supported, "replaces"));
}

TEST(ReplacesInvite, OfABrowserForAForeignDialogGoesOnUnchanged) {
  TwoLegs call;
  const auto invite = call.start(Caller::browser, "Replaces: foreign;to-tag=1;from-tag=2\r\n");
  EXPECT_EQ(text_of(invite, "Replaces"), "foreign;to-tag=1;from-tag=2");
}

// The whole way with both ends here: bob, the transferee, is a browser and so is carol; a server stands in between.
TEST(ReplacesInvite, FindsItsWayThroughTwoCallsOfThisGateway) {
  TwoLegs call;
  call.connect(Caller::phone);  // the server's dialog with alice's browser; as "a" it is carol's far end
  const auto named = call.a.call_id + ";to-tag=" + call.a.remote_tag + ";from-tag=" + call.a.local_tag;
  // A REFER for another browser call names that dialog; then that browser's INVITE carries what it was told.
  const auto flow = call.world.open_flow(55300);
  const auto bobs_uri = call.register_browser("bob", flow);
  auto server = call.phone();
  server.call("to-bob", "<sip:transferor@198.51.100.7>", bobs_uri, plain_sdp());
  Ua bob(call.world, flow, "<sip:bob@bob.invalid;transport=ws>");
  call.connect(server, bob, "bob", web_answer());
  server.send("REFER", "Refer-To: <sip:alice@198.51.100.7?Replaces=" + percent_encode(named) + ">\r\n");
  const auto told = sip::replaces_of(referred(call.world.take_request("REFER").message).uri);
  ASSERT_TRUE(told);
  Ua bobs_call(call.world, flow, "<sip:bob@bob.invalid;transport=ws>");
  bobs_call.call("bob-new", "<sip:bob@198.51.100.7>", "sip:alice@198.51.100.7", web_sdp(), "Replaces: " + told->to_string() + "\r\n");
  const auto outside = call.world.take_request("INVITE").message;
  auto back = call.phone();
  back.call("back", "<sip:bob@198.51.100.7>", call.registered, plain_sdp(), "Replaces: " + text_of(outside, "Replaces") + "\r\n");
  const auto replaces = sip::parse_replaces(text_of(call.world.take_request("INVITE").message, "Replaces"));
  ASSERT_TRUE(replaces);
  EXPECT_EQ(replaces->call_id, call.invite.call_id());
  EXPECT_EQ(replaces->to_tag, call.b.local_tag);
  EXPECT_EQ(replaces->from_tag, call.invite.from()->tag());
}

}  // namespace
}  // namespace w2s::test
