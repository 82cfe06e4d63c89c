// Who answers the challenges of leg b: impi and ha1, an account, or the browser itself.
#include "two_legs.hpp"
#include "w2s/sip/digest.hpp"

namespace w2s::test {
namespace {

using sip::HeaderId;
using sip::Message;
using testing::HasSubstr;

std::string challenge(const std::string& realm = "home", const std::string& qop = "auth", const std::string& nonce = "n1") {
  return "Digest realm=\"" + realm + "\", nonce=\"" + nonce + "\", algorithm=MD5, qop=\"" + qop + "\"";
}
std::string www(const std::string& value) { return "WWW-Authenticate: " + value + "\r\n"; }
std::string proxy(const std::string& value) { return "Proxy-Authenticate: " + value + "\r\n"; }

// What a browser with a password would send, for the method and URI that it sees itself.
std::string browsers_answer(const Message& refused, const std::string& method, const std::string& uri) {
  SeededRng rng{7};
  sip::DigestClient client({"alice", Redacted<std::string>(sip::make_ha1(HashAlgorithm::md5, "alice", "home", "secret")), "home"});
  return client.answer(sip::parse_challenges(refused).at(0), method, uri, rng);
}

// One of the comma-separated parts of a digest, without quotes.
std::string part(const std::string& digest, const std::string& name) {
  const auto at = digest.find(" " + name + "=\"") == std::string::npos ? digest.find("," + name + "=\"") : digest.find(" " + name + "=\"");
  if (at == std::string::npos) return {};
  const auto from = digest.find('"', at) + 1;
  return digest.substr(from, digest.find('"', from) - from);
}

TEST(BrowsersOwnDigest, IsValidOnLegBWhichKeepsItsNames) {
  TwoLegs call;
  const auto first = call.start(Caller::browser);
  call.b.respond(first, 407, proxy(challenge()));
  const auto refused = call.world.take_response(407, "INVITE").message;
  EXPECT_EQ(text_of(refused, "Proxy-Authenticate"), challenge());
  const auto digest = browsers_answer(refused, "INVITE", "sip:bob@198.51.100.7");
  call.a.call_again("Proxy-Authorization: " + digest + "\r\n");
  const auto second = call.world.take_request("INVITE").message;
  EXPECT_EQ(text_of(second, "Proxy-Authorization"), digest);
  EXPECT_EQ(second.request_uri(), part(digest, "uri"));
  EXPECT_EQ(second.call_id(), first.call_id());
  EXPECT_EQ(second.from()->tag(), first.from()->tag());
  EXPECT_EQ(second.cseq()->number, 2U);
  EXPECT_TRUE(second.to()->tag().empty());

  // A second server behind the first one asks too: the same names again.
  call.b.respond(second, 401, www(challenge("inner")));
  call.world.take_response(401, "INVITE");
  call.a.call_again("Proxy-Authorization: " + digest + "\r\nAuthorization: Digest x=\"y\"\r\n");
  const auto third = call.world.take_request("INVITE").message;
  EXPECT_EQ(third.call_id(), first.call_id());
  EXPECT_EQ(third.cseq()->number, 3U);
  EXPECT_EQ(text_of(third, "Authorization"), "Digest x=\"y\"");

  // RFC 3261 22.1: the ACK carries them too.
  call.world.sent.clear();  // the ACKs of the refusals
  call.b.respond(third, 200, {}, plain_sdp());
  EXPECT_EQ(text_of(call.world.take_request("ACK").message, "Proxy-Authorization"), digest);
}

TEST(BrowsersOwnDigest, ComesTooLateAfterTwoMinutes) {
  TwoLegs call;
  const auto first = call.start(Caller::browser);
  call.b.respond(first, 401, www(challenge()));
  call.world.take_response(401, "INVITE");
  call.world.advance(121s);
  call.a.call_again("Authorization: Digest x=\"y\"\r\n");
  EXPECT_NE(call.world.take_request("INVITE").message.call_id(), first.call_id());
}

TEST(BrowsersOwnDigest, AnotherCallDoesNotInheritTheNames) {
  TwoLegs call;
  const auto first = call.start(Caller::browser);
  call.b.respond(first, 401, www(challenge()));
  call.world.take_response(401, "INVITE");
  auto stranger = call.browser();
  stranger.call("leg-x", "<sip:alice@198.51.100.7>", "sip:bob@198.51.100.7", web_sdp());
  EXPECT_NE(call.world.take_request("INVITE").message.call_id(), first.call_id());
}

TEST(BrowsersOwnDigest, IsNotAskedToCoverTheBody) {
  TwoLegs call;
  call.b.respond(call.start(Caller::browser), 401, www("Digest realm=\"a \\\"b\\\"\", nonce=\"n\", opaque=\"o\", algorithm=MD5, qop=\"auth-int,auth\""));
  const auto refused = call.world.take_response(401, "INVITE").message;
  EXPECT_THAT(text_of(refused, "WWW-Authenticate"), testing::Not(HasSubstr("auth-int")));
  const auto left = sip::parse_challenges(refused).at(0);
  EXPECT_EQ(left.realm, "a \"b\"");
  EXPECT_EQ(left.nonce, "n");
  EXPECT_EQ(left.opaque, "o");
  EXPECT_TRUE(left.qop_auth);
  TwoLegs impossible;
  impossible.b.respond(impossible.start(Caller::browser), 401, www(challenge("home", "auth-int")));
  EXPECT_THAT(text_of(impossible.world.take_response(403, "INVITE").message, "Warning"), HasSubstr("qop=auth"));
}

TEST(BrowsersOwnDigest, AnswersRequestsInTheCall) {
  TwoLegs call;
  call.connect(Caller::browser);
  call.a.send("MESSAGE", {}, "hi", "text/plain");
  call.b.respond(call.world.take_request("MESSAGE").message, 407, proxy(challenge()));
  EXPECT_EQ(text_of(call.world.take_response(407, "MESSAGE").message, "Proxy-Authenticate"), challenge());
  call.a.send("MESSAGE", "Proxy-Authorization: Digest x=\"y\"\r\n", "hi", "text/plain");
  EXPECT_EQ(text_of(call.world.take_request("MESSAGE").message, "Proxy-Authorization"), "Digest x=\"y\"");
}

TEST(BrowsersOwnDigest, AnswersAReInvite) {
  TwoLegs call;
  call.connect(Caller::browser);
  auto held = web_sdp();
  held.replace(held.find("a=sendrecv"), 10, "a=sendonly");
  held.replace(held.find(" 2 IN"), 5, " 3 IN");
  call.a.send("INVITE", "Subject: hold\r\n", held, "application/sdp");
  const auto refused = call.world.take_request("INVITE").message;
  EXPECT_EQ(text_of(refused, "Subject"), "hold");
  call.b.respond(refused, 407, proxy(challenge()));
  EXPECT_EQ(text_of(call.world.take_response(407, "INVITE").message, "Proxy-Authenticate"), challenge());
  call.world.sent.clear();
  call.a.send("INVITE", "Proxy-Authorization: Digest x=\"y\"\r\n", held, "application/sdp");
  const auto again = call.world.take_request("INVITE").message;
  EXPECT_EQ(text_of(again, "Proxy-Authorization"), "Digest x=\"y\"");
  auto answer = plain_sdp() + "a=recvonly\r\n";
  answer.replace(answer.find(" 1 IN"), 5, " 2 IN");
  call.b.respond(again, 200, "X-Ticket: 4711\r\n", answer);
  EXPECT_EQ(text_of(call.world.take_response(200, "INVITE").message, "X-Ticket"), "4711");
}

class ChallengedBye : public testing::Test {
 protected:
  ChallengedBye() {
    call.b.respond(call.start(Caller::browser), 401, www(challenge()));
    call.world.take_response(401, "INVITE");
    call.a.call_again("Authorization: Digest x=\"y\"\r\n");
    call.invite = call.world.take_request("INVITE").message;
    call.answer();
    while (!call.world.nothing_but_trying()) call.world.sent.clear();
  }
  TwoLegs call;
};

TEST_F(ChallengedBye, IsAnsweredByTheBrowser) {
  const auto closed = call.world.closed.size();
  call.a.send("BYE");
  const auto first = call.world.take_request("BYE").message;
  EXPECT_TRUE(call.world.sent.empty());  // the browser waits for what it meets
  EXPECT_EQ(call.world.closed.size(), closed + 1);
  call.b.respond(first, 401, www(challenge("home", "auth", "n2")));
  EXPECT_EQ(text_of(call.world.take_response(401, "BYE").message, "WWW-Authenticate"), challenge("home", "auth", "n2"));
  call.a.send("BYE", "Authorization: Digest z=\"y\"\r\n");
  const auto second = call.world.take_request("BYE").message;
  EXPECT_EQ(text_of(second, "Authorization"), "Digest z=\"y\"");
  EXPECT_GT(second.cseq()->number, first.cseq()->number);
  call.b.respond(second, 200);
  call.world.take_response(200, "BYE");
  call.world.advance(40s);
  EXPECT_EQ(call.world.core.call_records(), 0U);
}

TEST_F(ChallengedBye, EndsTheCallWhenNobodyAnswersIt) {
  call.a.send("BYE");
  call.b.respond(call.world.take_request("BYE").message, 401, www(challenge()));
  call.world.take_response(401, "BYE");
  EXPECT_EQ(call.world.core.call_records(), 1U);
  call.world.advance(40s);
  EXPECT_EQ(call.world.core.call_records(), 0U);
}

TEST_F(ChallengedBye, OfAServerThatIsGoneIsAnsweredAtLast) {
  call.a.send("BYE");
  call.world.take_request("BYE");
  call.world.advance(9s);
  call.world.take_response(200, "BYE");
  call.world.advance(40s);
  EXPECT_EQ(call.world.core.call_records(), 0U);
}

breaker::Options with_account(const std::string& user = "alice", const std::string& server = SipWorld::server_address) {
  breaker::Options options;
  options.accounts.push_back({user, "home", Redacted<std::string>(sip::make_ha1(HashAlgorithm::md5, user, "home", "secret")), server});
  return options;
}

TEST(Account, AnswersForTheBrowserThatItsServerRegistered) {
  TwoLegs call(with_account());
  const auto first = call.start(Caller::browser);
  call.b.respond(first, 401, www(challenge()));
  const auto second = call.world.take_request("ACK").message.is("ACK") ? call.world.take_request("INVITE").message : first;
  const auto digest = text_of(second, "Authorization");
  EXPECT_EQ(part(digest, "username"), "alice");
  EXPECT_EQ(part(digest, "realm"), "home");
  EXPECT_EQ(second.call_id(), first.call_id());
  EXPECT_TRUE(call.world.nothing_but_trying());
  call.invite = second;
  call.answer();
  // What the gateway itself has to say in the call is answered too: this BYE no browser asked for.
  call.world.act([&](auto& core) { core.end_all_calls(call.world.now, "the gateway stops"); });
  for (int leg = 0; leg < 2; ++leg) {
    const auto bye = call.world.take_request("BYE").message;
    if (bye.call_id() == first.call_id()) call.b.respond(bye, 401, www(challenge()));
  }
}

TEST(Account, AnswersTheChallengeOfABye) {
  TwoLegs call(with_account());
  call.start(Caller::browser);
  call.answer("Record-Route: <sip:198.51.100.7;lr>\r\n");  // else the BYE goes to the phone, which is told nothing
  call.a.send("BYE");
  call.world.take_response(200, "BYE");
  call.b.respond(call.world.take_request("BYE").message, 401, www(challenge()));
  EXPECT_EQ(part(text_of(call.world.take_request("BYE").message, "Authorization"), "username"), "alice");
}

TEST(Account, WithAWrongPasswordIsToldOnce) {
  TwoLegs call(with_account());
  call.b.respond(call.start(Caller::browser), 401, www(challenge()));
  call.b.respond(call.world.take_request("INVITE").message, 401, www(challenge("home", "auth", "n2")));
  EXPECT_THAT(text_of(call.world.take_response(403, "INVITE").message, "Warning"), HasSubstr("home"));
}

// An account is no open relay: in each of these the challenge goes to the browser.
TEST(Account, IsNotForOthers) {
  const auto passed_on = [](TwoLegs& call, const std::string& realm, const char* server = SipWorld::server_address) {
    call.b.respond(call.start(Caller::browser, {}, server), 401, www(challenge(realm)));
    return text_of(call.world.take_response(401, "INVITE").message, "WWW-Authenticate") == challenge(realm);
  };
  TwoLegs other_user(with_account("bob"));
  EXPECT_TRUE(passed_on(other_user, "home"));
  TwoLegs other_realm(with_account());
  EXPECT_TRUE(passed_on(other_realm, "elsewhere"));
  TwoLegs other_server(with_account("alice", "198.51.100.8"));
  EXPECT_TRUE(passed_on(other_server, "home"));
  TwoLegs by_name(with_account("alice", "sip.example.org"));
  EXPECT_TRUE(passed_on(by_name, "home"));
}

TEST(Account, IsNotForABrowserThatTheServerDoesNotKnow) {
  TwoLegs call(with_account());
  const auto flow = call.world.open_flow(55999);
  Ua impostor(call.world, flow, "<sip:alice@impostor.invalid;transport=ws>");
  impostor.call("impostor", "<sip:alice@198.51.100.7>", "sip:bob@198.51.100.7", web_sdp());
  auto server = call.phone();
  const auto invite = call.world.take_request("INVITE").message;
  server.take_call(invite, "x");
  server.respond(invite, 401, www(challenge()));
  EXPECT_EQ(call.world.take_response(401, "INVITE").target.flow, flow.flow);
}

}  // namespace
}  // namespace w2s::test
