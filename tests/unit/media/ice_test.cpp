#include <gtest/gtest.h>
#include <stun/usages/ice.h>

#include "w2s/base/encoding.hpp"

#include "media/ice/pair_list.hpp"
#include "media/ice/stun_responder.hpp"
#include "stun_client.hpp"

namespace w2s::media::ice {
namespace {

// RFC 5769 2.1: sample request with short-term credentials, USERNAME "evtj:h6vY".
const Bytes rfc5769_request = *from_hex(
    "000100582112a442b7e7a701bc34d686fa87dfae"
    "802200105354554e207465737420636c69656e74"
    "002400046e0001ff80290008932ff9b151263b36"
    "000600096576746a3a683676592020200008001"
    "49aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2"
    "80280004e57a3bcf");
const Credentials rfc5769_credentials{"evtj", Redacted<std::string>("VOkJxbRl1RmTxUk/WvJxBt")};
const Endpoint browser{*IpAddress::parse("192.0.2.1"), 32853};

struct IceTest : testing::Test {
  StunResponder responder;
  SeededRng rng{1};
  Credentials ours = Credentials::make(rng);
  std::array<std::uint8_t, StunResponder::max_reply> reply{};

  Check answer(ByteView datagram) { return responder.answer(datagram, browser, ours, reply); }
  test::StunCheck check() {
    return {.our_ufrag = "them", .their_ufrag = ours.ufrag, .their_pwd = ours.pwd.reveal()};
  }
};

TEST_F(IceTest, ReadsTheRequestOfRfc5769) {
  EXPECT_EQ(responder.asked_ufrag(rfc5769_request), "evtj");
  // That request claims to be controlled, which a lite agent refuses to believe; it is authentic
  // nevertheless.
  const auto check = responder.answer(rfc5769_request, browser, rfc5769_credentials, reply);
  EXPECT_EQ(check.verdict, Check::Verdict::refused);
  EXPECT_EQ(test::stun_error(ByteView(reply).first(check.reply_length)), 487);
}

TEST_F(IceTest, EveryChangedBitOfTheRfc5769RequestIsMetWithSilence) {
  for (std::size_t bit = 0; bit < 8 * rfc5769_request.size(); ++bit) {
    auto changed = rfc5769_request;
    changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ (1U << (bit % 8)));
    const auto check = responder.answer(changed, browser, rfc5769_credentials, reply);
    EXPECT_EQ(check.verdict, Check::Verdict::dropped) << "bit " << bit;
  }
}

TEST_F(IceTest, AnswersACheckWithTheSourceAddress) {
  const auto request = test::stun_check(check());
  EXPECT_EQ(responder.asked_ufrag(request), ours.ufrag);
  const auto result = answer(request);
  ASSERT_EQ(result.verdict, Check::Verdict::accepted);
  EXPECT_FALSE(result.use_candidate);
  EXPECT_EQ(test::stun_mapped_address(ByteView(reply).first(result.reply_length)), browser);
}

TEST_F(IceTest, AnswersIpv6Sources) {
  const Endpoint v6{*IpAddress::parse("2001:db8::17"), 4711};
  const auto request = test::stun_check(check());
  const auto result = responder.answer(request, v6, ours, reply);
  ASSERT_EQ(result.verdict, Check::Verdict::accepted);
  EXPECT_EQ(test::stun_mapped_address(ByteView(reply).first(result.reply_length)), v6);
}

TEST_F(IceTest, SeesUseCandidate) {
  auto nominating = check();
  nominating.use_candidate = true;
  EXPECT_TRUE(answer(test::stun_check(nominating)).use_candidate);
}

TEST_F(IceTest, AWrongPasswordOrUfragDrawsNothing) {
  auto wrong = check();
  wrong.their_pwd = "aaaaaaaaaaaaaaaaaaaaaaaa";
  EXPECT_EQ(answer(test::stun_check(wrong)).verdict, Check::Verdict::dropped);
  wrong = check();
  wrong.their_ufrag = "nobody";
  EXPECT_EQ(answer(test::stun_check(wrong)).verdict, Check::Verdict::dropped);
  EXPECT_EQ(answer(test::stun_check(wrong)).reply_length, 0U);
}

TEST_F(IceTest, ACheckWithoutIntegrityOrFingerprintDrawsNothing) {
  auto bare = check();
  bare.with_integrity = false;
  EXPECT_EQ(answer(test::stun_check(bare)).verdict, Check::Verdict::dropped);
  bare = check();
  bare.with_fingerprint = false;
  EXPECT_EQ(answer(test::stun_check(bare)).verdict, Check::Verdict::dropped);
}

TEST_F(IceTest, ResponsesIndicationsAndRubbishAreNoChecks) {
  auto request = test::stun_check(check());
  for (const int type_high : {0x01, 0x00}) {
    auto other = request;
    other[0] = static_cast<std::uint8_t>(type_high);
    other[1] = 0x11;  // indication, error response
    EXPECT_FALSE(responder.asked_ufrag(other));
    EXPECT_EQ(answer(other).verdict, Check::Verdict::dropped);
  }
  for (std::size_t length = 0; length < request.size(); ++length) {
    const auto cut = ByteView(request).first(length);
    EXPECT_FALSE(responder.asked_ufrag(cut)) << length;
    EXPECT_EQ(answer(cut).verdict, Check::Verdict::dropped) << length;
  }
}

TEST_F(IceTest, APeerThatClaimsToBeControlledGets487) {
  auto controlled = check();
  controlled.controlling = false;
  const auto result = answer(test::stun_check(controlled));
  ASSERT_EQ(result.verdict, Check::Verdict::refused);
  EXPECT_EQ(test::stun_error(ByteView(reply).first(result.reply_length)), 487);
}

TEST(Credentials, AreLongEnoughAndNeverTheSame) {
  SystemRng rng;
  const auto one = Credentials::make(rng);
  const auto two = Credentials::make(rng);
  EXPECT_GE(one.ufrag.size(), 4U);
  EXPECT_GE(one.pwd.reveal().size(), 22U);
  EXPECT_NE(one.ufrag, two.ufrag);
  EXPECT_NE(one.pwd, two.pwd);
}

struct PairListTest : testing::Test {
  PairList pairs;
  Time now{1h};
  const IpAddress local = *IpAddress::parse("192.0.2.10");
  Path path(std::uint16_t port) const { return {local, {browser.ip, port}}; }
  std::uint16_t selected_port() const {
    const auto* chosen = pairs.selected(now);
    return chosen == nullptr ? std::uint16_t{0} : chosen->remote.port;
  }
};

TEST_F(PairListTest, BeforeNominationTheNewestCheckWins) {
  EXPECT_EQ(selected_port(), 0);
  pairs.on_check(now, path(1), false);
  pairs.on_check(now, path(2), false);
  EXPECT_EQ(selected_port(), 2);
  pairs.on_check(now, path(1), false);
  EXPECT_EQ(selected_port(), 1);
}

TEST_F(PairListTest, TheNewestNominationWinsOverNewerChecks) {
  pairs.on_check(now, path(1), true);
  pairs.on_check(now, path(2), false);
  EXPECT_EQ(selected_port(), 1);
  pairs.on_check(now, path(2), true);
  pairs.on_check(now, path(1), false);
  EXPECT_EQ(selected_port(), 2);
}

TEST_F(PairListTest, ConsentEndsAfterThirtySecondsAndIsRestoredByACheck) {
  pairs.on_check(now, path(1), true);
  now += 29s;
  EXPECT_EQ(selected_port(), 1);
  now += 1s;
  EXPECT_EQ(selected_port(), 0);
  EXPECT_TRUE(pairs.contains(path(1).remote));
  pairs.on_check(now, path(1), false);
  EXPECT_EQ(selected_port(), 1);
}

TEST_F(PairListTest, AnotherPairTakesOverWhenTheNominatedOneIsGone) {
  pairs.on_check(now, path(1), true);
  now += 20s;
  pairs.on_check(now, path(2), false);
  now += 15s;
  EXPECT_EQ(selected_port(), 2);
}

TEST_F(PairListTest, AfterARestartTheOldPairsServeUntilANewOneIsNominated) {
  pairs.on_check(now, path(1), true);
  pairs.restart();
  EXPECT_EQ(selected_port(), 1);
  pairs.on_check(now, path(2), false);
  EXPECT_EQ(selected_port(), 1) << "checked, not nominated";
  pairs.on_check(now, path(3), true, PairList::Credentials::before_restart);
  EXPECT_EQ(selected_port(), 3) << "the old session goes on";
  EXPECT_FALSE(pairs.restart_concluded());
  pairs.on_check(now, path(2), true);
  EXPECT_TRUE(pairs.restart_concluded());
  EXPECT_EQ(selected_port(), 2);
  pairs.on_check(now, path(1), true, PairList::Credentials::before_restart);
  EXPECT_EQ(selected_port(), 2) << "what is late does not lead back";
  EXPECT_EQ(pairs.forget_old_session().size(), 2U);
  EXPECT_FALSE(pairs.contains(path(1).remote));
  EXPECT_TRUE(pairs.contains(path(2).remote));
}

TEST_F(PairListTest, APairMayServeBothSessions) {
  pairs.on_check(now, path(1), true);
  pairs.restart();
  pairs.on_check(now, path(1), false);
  EXPECT_FALSE(pairs.restart_concluded()) << "it was nominated in the session before";
  EXPECT_EQ(selected_port(), 1);
  pairs.on_check(now, path(1), true);
  EXPECT_TRUE(pairs.restart_concluded());
  EXPECT_TRUE(pairs.forget_old_session().empty());
  EXPECT_EQ(selected_port(), 1);
}

TEST_F(PairListTest, WithoutOldPairsANewOneServesBeforeItIsNominated) {
  pairs.restart();
  pairs.on_check(now, path(1), false);
  EXPECT_EQ(selected_port(), 1);
}

TEST_F(PairListTest, PairsAreBounded) {
  for (std::uint16_t port = 1; port <= 16; ++port) EXPECT_FALSE(pairs.on_check(now, path(port), false));
  const auto removed = pairs.on_check(now, path(17), false);
  ASSERT_TRUE(removed);
  EXPECT_EQ(removed->port, 1);
  EXPECT_FALSE(pairs.contains(path(1).remote));
  EXPECT_EQ(pairs.remotes().size(), 16U);
}

}  // namespace
}  // namespace w2s::media::ice
