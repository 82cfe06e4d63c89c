#include "w2s/sip/digest.hpp"

#include <gtest/gtest.h>

#include "sip/digest_response.hpp"

namespace w2s::sip {
namespace {

Message challenged(std::initializer_list<std::string> www, std::initializer_list<std::string> proxy = {}) {
  auto response = Message::response(401, "Unauthorized");
  for (const auto& value : www) response.append(HeaderId::www_authenticate, value);
  for (const auto& value : proxy) response.append(HeaderId::proxy_authenticate, value);
  return response;
}

Challenge challenge(const std::string& value) {
  const auto all = parse_challenges(challenged({value}));
  EXPECT_EQ(all.size(), 1U) << value;
  return all.empty() ? Challenge{} : all.front();
}

DigestClient client(const std::string& ha1, const std::string& username = "bob") {
  return DigestClient({username, Redacted<std::string>(ha1), {}});
}

// RFC 2617 3.5.
TEST(DigestResponse, Rfc2617Example) {
  const auto ha1 = make_ha1(HashAlgorithm::md5, "Mufasa", "testrealm@host.com", "Circle Of Life");
  EXPECT_EQ(ha1, "939e7578ed9e3c518a452acee763bce9");
  EXPECT_EQ(digest_response({HashAlgorithm::md5, ha1, "dcd98b7102dd2f0e8b11d0f600bfb0c093", "GET",
                             "/dir/index.html", true, "00000001", "0a4f113b"}),
            "6629fae49393a05397450978507c4ef1");
}

// RFC 2069 2.4 as its erratum 749 corrects it: the same input without qop.
TEST(DigestResponse, Rfc2069Example) {
  const auto ha1 = make_ha1(HashAlgorithm::md5, "Mufasa", "testrealm@host.com", "CircleOfLife");
  EXPECT_EQ(digest_response({HashAlgorithm::md5,
                             ha1,
                             "dcd98b7102dd2f0e8b11d0f600bfb0c093",
                             "GET",
                             "/dir/index.html",
                             false,
                             {},
                             {}}),
            "1949323746fe6a43ef61f9606e7febea");
}

// RFC 7616 3.9.1.
TEST(DigestResponse, Rfc7616Examples) {
  const auto response = [](HashAlgorithm algorithm) {
    const auto ha1 = make_ha1(algorithm, "Mufasa", "http-auth@example.org", "Circle of Life");
    return digest_response({algorithm, ha1, "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "GET",
                            "/dir/index.html", true, "00000001",
                            "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"});
  };
  EXPECT_EQ(response(HashAlgorithm::md5), "8ca523f5e9506fed4657c9700eebdbec");
  EXPECT_EQ(response(HashAlgorithm::sha256),
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
}

TEST(DigestChallenge, ReadsEveryParameter) {
  const auto c = challenge(
      "Digest realm=\"a, \\\"b\\\"\", qop=\"auth-int, auth\", nonce=\"n\\\\1\", opaque=\"o=1,2\", "
      "algorithm=sha-256, stale=TRUE, charset=UTF-8");
  EXPECT_FALSE(c.proxy);
  EXPECT_EQ(c.realm, "a, \"b\"");
  EXPECT_EQ(c.nonce, "n\\\\1");
  EXPECT_EQ(c.opaque, "o=1,2");
  EXPECT_EQ(c.algorithm, HashAlgorithm::sha256);
  EXPECT_EQ(c.algorithm_token, "sha-256");
  EXPECT_TRUE(c.qop_given);
  EXPECT_TRUE(c.qop_auth);
  EXPECT_TRUE(c.stale);
}

TEST(DigestChallenge, DefaultsAreThoseOfRfc2069) {
  const auto c = challenge("digest REALM = \"r\" ,Nonce=abc");
  EXPECT_EQ(c.realm, "r");
  EXPECT_EQ(c.nonce, "abc");
  EXPECT_EQ(c.algorithm, HashAlgorithm::md5);
  EXPECT_EQ(c.algorithm_token, "");
  EXPECT_FALSE(c.qop_given);
  EXPECT_FALSE(c.stale);
}

TEST(DigestChallenge, SeveralSchemesInOneFieldAndSeveralFieldsKeepTheirOrder) {
  const auto all =
      parse_challenges(challenged({"Basic realm=\"one\", Digest realm=\"two\", nonce=\"n2\", Negotiate "
                                   "YWJj==, Digest realm=\"three\",nonce=\"n3\"",
                                   "NewScheme a=1"},
                                  {"Digest realm=\"four\", nonce=\"n4\", algorithm=SHA-512-256"}));
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].realm, "two");
  EXPECT_EQ(all[1].nonce, "n3");
  EXPECT_EQ(all[2].realm, "four");
  EXPECT_TRUE(all[2].proxy);
  EXPECT_EQ(all[2].algorithm, HashAlgorithm::sha512_256);
}

TEST(DigestChallenge, BrokenOnesAreLeftOut) {
  for (const auto* bad :
       {"", "Digest", "Digest realm=\"r\"", "Digest nonce=\"n\"", "Digest realm=\"r, nonce=\"n",
        "Digest realm=\"r\", nonce=a\"b", "Digest realm=\"r\", nonce=a\\", "realm=\"r\", nonce=\"n\"",
        "Digest =", ",,,", "\"Digest\" realm=\"r\", nonce=\"n\"", "Digest realm=\"r\\"})
    EXPECT_TRUE(parse_challenges(challenged({bad})).empty()) << bad;
}

TEST(DigestChallenge, ThoseBeforeASyntaxErrorStand) {
  const auto all =
      parse_challenges(challenged({"Digest realm=\"r\", nonce=\"n\", Digest realm=\"unfinished"}));
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].realm, "r");
}

TEST(DigestClient, AnswersWhatItsHa1CanAnswer) {
  const std::string digits32(32, 'a'), digits64(64, 'a');
  const auto md5 = challenge("Digest realm=\"r\", nonce=\"n\"");
  const auto sha256 = challenge("Digest realm=\"r\", nonce=\"n\", algorithm=SHA-256");
  const auto sha512_256 = challenge("Digest realm=\"r\", nonce=\"n\", algorithm=SHA-512-256");
  const auto session = challenge("Digest realm=\"r\", nonce=\"n\", algorithm=MD5-sess");
  const auto integrity = challenge("Digest realm=\"r\", nonce=\"n\", qop=\"auth-int\"");
  EXPECT_TRUE(client(digits32).can_answer(md5));
  EXPECT_FALSE(client(digits64).can_answer(md5));
  EXPECT_FALSE(client(digits32).can_answer(sha256));
  EXPECT_TRUE(client(digits64).can_answer(sha256));
  EXPECT_TRUE(client(digits64).can_answer(sha512_256));
  EXPECT_FALSE(client(digits32).can_answer(session));
  EXPECT_FALSE(client(digits32).can_answer(integrity));
  EXPECT_FALSE(client(std::string(32, 'x')).can_answer(md5));
  EXPECT_FALSE(client("").can_answer(md5));
}

TEST(DigestClient, CountsTheUsesOfANonce) {
  SeededRng rng(1);
  auto bob = client("0123456789abcdef0123456789ABCDEF");
  auto c = challenge("Digest realm=\"r\", nonce=\"n1\", qop=\"auth\"");
  EXPECT_NE(bob.answer(c, "REGISTER", "sip:example.com", rng).find("nc=00000001"), std::string::npos);
  EXPECT_NE(bob.answer(c, "REGISTER", "sip:example.com", rng).find("nc=00000002"), std::string::npos);
  c.nonce = "n2";
  EXPECT_NE(bob.answer(c, "REGISTER", "sip:example.com", rng).find("nc=00000001"), std::string::npos);
}

// The response must be the one over the nc and cnonce that the answer itself names.
TEST(DigestClient, WritesAnAnswerThatVerifies) {
  SeededRng rng(1);
  const auto ha1 = make_ha1(HashAlgorithm::sha256, "bob", "r", "secret");
  auto bob = client(ha1);
  const auto c = challenge("Digest realm=\"r\", nonce=\"n1\", qop=\"auth\", algorithm=SHA-256, opaque=\"o\"");
  const auto text = bob.answer(c, "INVITE", "sip:carol@example.com", rng);
  const auto at = text.find("cnonce=\"") + 8;
  const auto cnonce = text.substr(at, text.find('"', at) - at);
  EXPECT_EQ(cnonce.size(), 22U);
  const auto response = digest_response(
      {HashAlgorithm::sha256, ha1, "n1", "INVITE", "sip:carol@example.com", true, "00000001", cnonce});
  EXPECT_EQ(text,
            "Digest username=\"bob\", realm=\"r\", nonce=\"n1\", uri=\"sip:carol@example.com\", response=\"" +
                response + "\", algorithm=SHA-256, cnonce=\"" + cnonce +
                "\", qop=auth, nc=00000001, opaque=\"o\"");
}

TEST(DigestClient, WithoutQopTheAnswerHasTheFormOfRfc2069) {
  SeededRng rng(1);
  const auto ha1 = make_ha1(HashAlgorithm::md5, "bob", "r", "secret");
  const auto response =
      digest_response({HashAlgorithm::md5, ha1, "n1", "BYE", "sip:c@example.com", false, {}, {}});
  EXPECT_EQ(
      client(ha1).answer(challenge("Digest realm=\"r\", nonce=\"n1\""), "BYE", "sip:c@example.com", rng),
      "Digest username=\"bob\", realm=\"r\", nonce=\"n1\", uri=\"sip:c@example.com\", response=\"" +
          response + "\"");
}

TEST(DigestClient, AUsernameCannotLeaveItsQuotes) {
  SeededRng rng(1);
  const auto text =
      client(std::string(32, 'a'), "b\"o\\b\r\nX-Evil: 1")
          .answer(challenge("Digest realm=\"q\\\"r\", nonce=\"n1\""), "BYE", "sip:c@example.com", rng);
  EXPECT_EQ(text.substr(0, 53), "Digest username=\"b\\\"o\\\\bX-Evil: 1\", realm=\"q\\\"r\", non");
  EXPECT_EQ(text.find_first_of("\r\n"), std::string::npos);
}

}  // namespace
}  // namespace w2s::sip
