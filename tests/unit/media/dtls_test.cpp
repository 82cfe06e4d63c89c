#include <algorithm>
#include <chrono>
#include <deque>
#include <fstream>
#include <iterator>
#include <thread>

#include <gtest/gtest.h>

#include "w2s/base/encoding.hpp"

#include "dtls_peer.hpp"
#include "media/dtls/association.hpp"

namespace w2s::media::dtls {
namespace {

using State = Association::State;

Bytes recorded(const std::string& file) {
  std::ifstream in(std::string(W2S_TEST_DATA) + "/dtls/" + file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool same(const SrtpKey& a, const SrtpKey& b) {
  return a.key == b.key && a.salt == b.salt;
}

// A gateway association and a peer, with whatever a test does to the datagrams between them.
struct DtlsTest : testing::Test {
  Context context;
  std::deque<Bytes> sent;  // by the association

  std::unique_ptr<Association> association(Role role, const std::string& fingerprint) {
    return std::make_unique<Association>(context, role, fingerprint, [this](ByteView datagram) {
      sent.emplace_back(datagram.begin(), datagram.end());
    });
  }
  // Carries datagrams both ways until neither side has anything to say.
  void exchange(Association& ours, test::DtlsPeer& peer) {
    for (;;) {
      const auto from_peer = peer.take_outgoing();
      const auto from_us = std::exchange(sent, {});
      if (from_peer.empty() && from_us.empty()) return;
      for (const auto& datagram : from_us) peer.on_datagram(datagram);
      for (const auto& datagram : from_peer) ours.on_datagram(datagram);
    }
  }
  // Feeds datagrams to a fresh passive association; true when it answered with its first flight, and that is
  // no alert.
  bool answers(const std::vector<Bytes>& hello) {
    sent.clear();
    auto ours = association(Role::passive, "sha-256 00");
    for (const auto& datagram : hello) ours->on_datagram(datagram);
    if (sent.empty()) return false;
    EXPECT_EQ(sent.front()[0], 22);
    EXPECT_EQ(sent.front()[13], 2) << "ServerHello, not HelloVerifyRequest";
    for (const auto& datagram : sent) EXPECT_LE(datagram.size(), 1200U);
    return true;
  }
};

TEST_F(DtlsTest, PassiveHandshakeGivesBothSidesTheSameKeys) {
  test::DtlsPeer peer;
  auto ours = association(Role::passive, peer.fingerprint());
  peer.start();
  exchange(*ours, peer);
  ASSERT_EQ(ours->state(), State::connected);
  ASSERT_TRUE(peer.connected());
  const auto keys = ours->take_keys();
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->profile, SrtpProfile::aead_aes_128_gcm) << "the server's order decides";
  EXPECT_TRUE(same(keys->ours, peer.keys().theirs));
  EXPECT_TRUE(same(keys->theirs, peer.keys().ours));
  EXPECT_FALSE(same(keys->ours, keys->theirs));
  EXPECT_FALSE(ours->take_keys()) << "once";
}

TEST_F(DtlsTest, ActiveHandshakeGivesBothSidesTheSameKeys) {
  test::DtlsPeer::Options options;
  options.client = false;
  options.profiles = "SRTP_AES128_CM_SHA1_80";
  test::DtlsPeer peer{options};
  auto ours = association(Role::active, peer.fingerprint());
  EXPECT_FALSE(sent.empty()) << "the ClientHello leaves at once";
  exchange(*ours, peer);
  ASSERT_EQ(ours->state(), State::connected);
  const auto keys = ours->take_keys();
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->profile, SrtpProfile::aes128_cm_sha1_80);
  EXPECT_TRUE(same(keys->ours, peer.keys().theirs));
  EXPECT_TRUE(same(keys->theirs, peer.keys().ours));
}

TEST_F(DtlsTest, NoDatagramIsLargerThanThePathCarries) {
  test::DtlsPeer peer;
  auto ours = association(Role::passive, peer.fingerprint());
  peer.start();
  for (const auto& datagram : peer.take_outgoing()) ours->on_datagram(datagram);
  ASSERT_FALSE(sent.empty());
  for (const auto& datagram : sent) EXPECT_LE(datagram.size(), static_cast<std::size_t>(DatagramIo::mtu));
}

TEST_F(DtlsTest, AWrongFingerprintGivesNoKeys) {
  test::DtlsPeer peer;
  const test::DtlsPeer somebody_else;
  auto ours = association(Role::passive, somebody_else.fingerprint());
  peer.start();
  exchange(*ours, peer);
  EXPECT_EQ(ours->state(), State::wrong_fingerprint);
  EXPECT_FALSE(ours->take_keys());
}

TEST_F(DtlsTest, FingerprintsAreComparedByTheStrongHashesOnly) {
  const Certificate certificate;
  const auto& sha256 = certificate.fingerprint();
  EXPECT_TRUE(matches(certificate.x509(), sha256));
  EXPECT_TRUE(matches(certificate.x509(), "SHA-256 " + to_lower(sha256.substr(8))));
  EXPECT_FALSE(matches(certificate.x509(), "sha-1 " + sha256.substr(8)));
  EXPECT_FALSE(matches(certificate.x509(), "sha-512 " + sha256.substr(8)));
  EXPECT_FALSE(matches(certificate.x509(), sha256.substr(0, sha256.size() - 1)));
  EXPECT_FALSE(matches(certificate.x509(), ""));
  EXPECT_FALSE(matches(certificate.x509(), "sha-256 "));
}

TEST_F(DtlsTest, NoCommonProfileIsSeenThoughTheHandshakeSucceeds) {
  test::DtlsPeer::Options options;
  options.profiles = "";
  test::DtlsPeer peer{options};
  auto ours = association(Role::passive, peer.fingerprint());
  peer.start();
  exchange(*ours, peer);
  EXPECT_TRUE(peer.connected());
  EXPECT_EQ(ours->state(), State::no_srtp_profile);
}

TEST_F(DtlsTest, NullCiphersAreRefusedAndTheHonestPeerStillConnects) {
  test::DtlsPeer::Options options;
  options.ciphers = "eNULL";
  test::DtlsPeer attacker{options};
  test::DtlsPeer peer;
  auto ours = association(Role::passive, peer.fingerprint());
  attacker.start();
  exchange(*ours, attacker);
  EXPECT_FALSE(attacker.connected());
  EXPECT_EQ(ours->state(), State::handshaking);
  EXPECT_FALSE(ours->trouble().empty());
  peer.start();
  exchange(*ours, peer);
  EXPECT_EQ(ours->state(), State::connected);
}

TEST_F(DtlsTest, APeerWithoutCertificateDoesNotConnect) {
  test::DtlsPeer::Options options;
  options.with_certificate = false;
  test::DtlsPeer peer{options};
  auto ours = association(Role::passive, peer.fingerprint());
  peer.start();
  exchange(*ours, peer);
  EXPECT_EQ(ours->state(), State::handshaking);
  EXPECT_FALSE(ours->take_keys());
}

TEST_F(DtlsTest, TheHellosOfRealBrowsersAreReassembled) {
  for (const std::string browser : {"chromium", "firefox"}) {
    const auto first = recorded(browser + "-clienthello-1.bin");
    const auto second = recorded(browser + "-clienthello-2.bin");
    ASSERT_FALSE(first.empty());
    ASSERT_FALSE(second.empty());
    EXPECT_FALSE(answers({first})) << browser;
    EXPECT_TRUE(answers({first, second})) << browser;
    EXPECT_TRUE(answers({second, first})) << browser << " swapped";
    EXPECT_TRUE(answers({first, first, second, second})) << browser << " duplicated";
  }
}

TEST_F(DtlsTest, ForgedRecordsBeforeAndDuringTheHandshakeDoNotEndIt) {
  test::DtlsPeer peer;
  auto ours = association(Role::passive, peer.fingerprint());
  const Bytes plain_alert =
      *from_hex("15fefd0000000000000009000202280000");  // fatal handshake_failure, two octets too many
  const std::vector<Bytes> forged = {
      *from_hex("15fefd000000000000000900020228"),
      plain_alert,
      Bytes(1500, 0x16),
      {},
      {0x16},
      *from_hex("16fefd0000000000000007ffff"),
      *from_hex("17fefd0001000000000007000401020304"),
  };
  const auto forge = [&] {
    for (const auto& datagram : forged) ours->on_datagram(datagram);
  };
  forge();
  peer.start();
  for (int round = 0; round < 8 && !peer.connected(); ++round) {
    for (const auto& datagram : peer.take_outgoing()) {
      ours->on_datagram(datagram);
      forge();
    }
    for (const auto& datagram : std::exchange(sent, {})) peer.on_datagram(datagram);
  }
  EXPECT_EQ(ours->state(), State::connected);
  forge();
  EXPECT_EQ(ours->state(), State::connected);
}

TEST_F(DtlsTest, AlertsThatAnybodyCouldSendAreRememberedForTheLog) {
  test::DtlsPeer peer;
  auto ours = association(Role::passive, peer.fingerprint());
  ours->on_datagram(*from_hex("15fefd00000000000000090002022a"));
  EXPECT_EQ(ours->trouble(), "peer's alert: bad certificate");
}

TEST_F(DtlsTest, ReorderedFlightsConnect) {
  test::DtlsPeer peer;
  auto ours = association(Role::passive, peer.fingerprint());
  peer.start();
  const auto deadline = Clock::now() + 10s;
  while (!(peer.connected() && ours->state() == State::connected) && Clock::now() < deadline) {
    auto from_peer = peer.take_outgoing();
    auto from_us = std::exchange(sent, {});
    std::ranges::reverse(from_peer);
    std::ranges::reverse(from_us);
    for (const auto& datagram : from_us) peer.on_datagram(datagram);
    for (const auto& datagram : from_peer) ours->on_datagram(datagram);
    if (!from_peer.empty() || !from_us.empty()) continue;
    std::this_thread::sleep_for(
        std::chrono::milliseconds(10));  // OpenSSL's retransmission timers read the clock
    peer.on_time();
    ours->on_time();
  }
  EXPECT_TRUE(peer.connected());
  EXPECT_EQ(ours->state(), State::connected);
}

// Every datagram of the handshake is lost once, in turn; retransmission brings it through.
TEST_F(DtlsTest, AnyLostDatagramIsMadeGood) {
  for (int lost = 0; lost < 6; ++lost) {
    sent.clear();
    test::DtlsPeer peer;
    auto ours = association(Role::passive, peer.fingerprint());
    int count = 0;
    peer.start();
    const auto deadline = Clock::now() + 10s;
    while (!(peer.connected() && ours->state() == State::connected) && Clock::now() < deadline) {
      const auto from_peer = peer.take_outgoing();
      const auto from_us = std::exchange(sent, {});
      for (const auto& datagram : from_us)
        if (count++ != lost) peer.on_datagram(datagram);
      for (const auto& datagram : from_peer)
        if (count++ != lost) ours->on_datagram(datagram);
      if (!from_peer.empty() || !from_us.empty()) continue;
      std::this_thread::sleep_for(
          std::chrono::milliseconds(5));  // OpenSSL's retransmission timers read the clock
      peer.on_time();
      if (const auto left = ours->next_timeout(); left && *left <= Duration::zero()) ours->on_time();
    }
    EXPECT_TRUE(peer.connected()) << "lost datagram " << lost;
    EXPECT_EQ(ours->state(), State::connected) << "lost datagram " << lost;
  }
}

TEST_F(DtlsTest, ASilentPeerIsAskedAgain) {
  auto ours = association(Role::active, "sha-256 00");
  ASSERT_EQ(sent.size(), 1U);
  ASSERT_TRUE(ours->next_timeout());
  EXPECT_GT(*ours->next_timeout(), Duration::zero());
  ours->on_time();
  EXPECT_EQ(sent.size(), 1U) << "early calls change nothing";
  std::this_thread::sleep_for(*ours->next_timeout() +
                              10ms);  // OpenSSL's retransmission timers read the clock
  ours->on_time();
  EXPECT_EQ(sent.size(), 2U);
}

TEST(Certificate, NoTwoAreTheSame) {
  const Certificate one;
  const Certificate two;
  EXPECT_NE(one.fingerprint(), two.fingerprint());
  EXPECT_NE(ASN1_INTEGER_cmp(X509_get0_serialNumber(one.x509()), X509_get0_serialNumber(two.x509())), 0);
  EXPECT_EQ(one.fingerprint().size(), 8 + 32 * 3 - 1U);
}

}  // namespace
}  // namespace w2s::media::dtls
