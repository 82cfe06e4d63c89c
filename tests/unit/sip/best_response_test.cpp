#include "w2s/sip/best_response.hpp"

#include <gtest/gtest.h>

namespace w2s::sip {
namespace {

int best_of(const std::vector<int>& statuses) {
  BestResponse best;
  for (const int status : statuses) best.add(Message::response(status, ""));
  const auto chosen = best.take();
  return chosen ? chosen->status() : 0;
}

TEST(BestResponse, FollowsRfc3261) {
  EXPECT_EQ(best_of({}), 0);
  EXPECT_EQ(best_of({500, 486}), 486);
  EXPECT_EQ(best_of({486, 302}), 302);
  EXPECT_EQ(best_of({302, 603}), 603);
  EXPECT_EQ(best_of({603, 600}), 603);
  EXPECT_EQ(best_of({486, 484}), 484);
  EXPECT_EQ(best_of({486, 401}), 401);
  EXPECT_EQ(best_of({408, 480, 486}), 486);
  EXPECT_EQ(best_of({486, 480}), 486);
  EXPECT_EQ(best_of({503, 500}), 503);
}

TEST(BestResponse, CarriesTheChallengesOfAllBranches) {
  BestResponse best;
  const auto challenge = [](int status, HeaderId id, const char* realm) {
    auto response = Message::response(status, "");
    response.append(id, std::string("Digest realm=\"") + realm + "\", nonce=\"n\"");
    return response;
  };
  best.add(challenge(407, HeaderId::proxy_authenticate, "one"));
  best.add(challenge(401, HeaderId::www_authenticate, "two"));
  best.add(challenge(486, HeaderId::www_authenticate, "no challenge"));
  const auto chosen = best.take();
  ASSERT_TRUE(chosen);
  EXPECT_EQ(chosen->status(), 407);
  EXPECT_EQ(chosen->get(HeaderId::proxy_authenticate), "Digest realm=\"one\", nonce=\"n\"");
  EXPECT_EQ(chosen->get(HeaderId::www_authenticate), "Digest realm=\"two\", nonce=\"n\"");
  EXPECT_EQ(chosen->count(HeaderId::www_authenticate), 1U);
  EXPECT_FALSE(best.take());
}

}  // namespace
}  // namespace w2s::sip
