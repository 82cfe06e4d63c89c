#include <gtest/gtest.h>
#include <srtp2/srtp.h>

#include "srtp_packets.hpp"

// libsrtp as an independent judge: what we protect it must read, what it protects we must read.
namespace w2s::media {
namespace {

using Verdict = SrtpReceiver::Verdict;

class LibsrtpSession {
 public:
  LibsrtpSession(SrtpProfile profile, const SrtpKey& key, srtp_ssrc_type_t direction) {
    static const auto initialised = srtp_init();
    EXPECT_EQ(initialised, srtp_err_status_ok);
    Bytes master = key.key;
    master.insert(master.end(), key.salt.begin(), key.salt.end());
    srtp_policy_t policy{};
    for (auto* p : {&policy.rtp, &policy.rtcp}) {
      switch (profile) {
        case SrtpProfile::aead_aes_128_gcm: srtp_crypto_policy_set_aes_gcm_128_16_auth(p); break;
        case SrtpProfile::aead_aes_256_gcm: srtp_crypto_policy_set_aes_gcm_256_16_auth(p); break;
        case SrtpProfile::aes128_cm_sha1_80: srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(p); break;
      }
    }
    policy.ssrc.type = direction;
    policy.key = master.data();
    policy.window_size = 128;
    EXPECT_EQ(srtp_create(&session_, &policy), srtp_err_status_ok);
  }
  ~LibsrtpSession() { srtp_dealloc(session_); }
  LibsrtpSession(const LibsrtpSession&) = delete;
  LibsrtpSession& operator=(const LibsrtpSession&) = delete;

  Bytes protect_rtp(Bytes packet) { return with_room(srtp_protect, std::move(packet)); }
  Bytes protect_rtcp(Bytes packet) { return with_room(srtp_protect_rtcp, std::move(packet)); }
  Bytes unprotect_rtp(Bytes packet) { return with_room(srtp_unprotect, std::move(packet)); }
  Bytes unprotect_rtcp(Bytes packet) { return with_room(srtp_unprotect_rtcp, std::move(packet)); }

 private:
  // Empty when libsrtp refuses.
  Bytes with_room(srtp_err_status_t (*call)(srtp_t, void*, int*), Bytes packet) {
    auto length = static_cast<int>(packet.size());
    packet.resize(packet.size() + SRTP_MAX_TRAILER_LEN + 4);
    const auto status = call(session_, packet.data(), &length);
    packet.resize(status == srtp_err_status_ok ? static_cast<std::size_t>(length) : 0);
    return packet;
  }

  srtp_t session_ = nullptr;
};

class LibsrtpCrossCheck : public testing::TestWithParam<SrtpProfile> {
 protected:
  std::mt19937 random_{4711};
  SrtpKey key_ = random_key(random_, GetParam());
  SrtpSender sender_{GetParam(), key_};
  SrtpReceiver receiver_{GetParam(), key_};
  LibsrtpSession their_sender_{GetParam(), key_, ssrc_any_outbound};
  LibsrtpSession their_receiver_{GetParam(), key_, ssrc_any_inbound};

  // The sequence numbers of a stream that starts before a roll-over, with losses, in the order of arrival.
  std::vector<std::uint16_t> lossy_order(std::size_t count, std::size_t disorder) {
    std::vector<std::uint16_t> order;
    for (std::uint32_t n = 65000; order.size() < count; ++n)
      if (random_() % 10 != 0) order.push_back(static_cast<std::uint16_t>(n));
    for (std::size_t i = 0; i + disorder < order.size(); i += disorder)
      std::shuffle(order.begin() + static_cast<std::ptrdiff_t>(i),
                   order.begin() + static_cast<std::ptrdiff_t>(i + disorder), random_);
    return order;
  }
};

TEST_P(LibsrtpCrossCheck, BytesAreTheSame) {
  for (std::uint32_t n = 65000; n < 67000; ++n) {
    const auto packet = random_rtp(random_, n % 3, static_cast<std::uint16_t>(n));
    ASSERT_EQ(protect_rtp(sender_, packet), their_sender_.protect_rtp(packet)) << n;
  }
}

TEST_P(LibsrtpCrossCheck, TheyReadOursThroughLossReorderingAndRollOver) {
  for (const auto sequence : lossy_order(2000, 16)) {
    const auto packet = random_rtp(random_, 5, sequence);
    ASSERT_EQ(their_receiver_.unprotect_rtp(protect_rtp(sender_, packet)), packet) << sequence;
  }
}

TEST_P(LibsrtpCrossCheck, WeReadTheirsThroughLossReorderingAndRollOver) {
  for (const auto sequence : lossy_order(2000, 16)) {
    const auto packet = random_rtp(random_, 5, sequence);
    ASSERT_EQ(unprotect_rtp(receiver_, their_sender_.protect_rtp(packet)).packet, packet) << sequence;
  }
}

TEST_P(LibsrtpCrossCheck, ControlPacketsBothWays) {
  for (int n = 0; n < 500; ++n) {
    const auto packet = random_rtcp(random_, static_cast<std::uint32_t>(n % 3));
    ASSERT_EQ(their_receiver_.unprotect_rtcp(protect_rtcp(sender_, packet)), packet) << n;
    ASSERT_EQ(unprotect_rtcp(receiver_, their_sender_.protect_rtcp(packet)).packet, packet) << n;
  }
}

// Random arrivals, replays and damage: both receivers must say yes to the same packets.
TEST_P(LibsrtpCrossCheck, BothReceiversAgreeOnEveryPacket) {
  std::vector<Bytes> sent;
  for (std::uint32_t n = 65400; n < 65700; ++n)
    sent.push_back(protect_rtp(sender_, random_rtp(random_, 5, static_cast<std::uint16_t>(n))));
  int accepted = 0;
  int refused = 0;
  for (std::size_t step = 0; step < 3000; ++step) {
    const auto newest = std::min(sent.size() - 1, step / 8);
    auto packet = sent[newest - std::min<std::size_t>(newest, random_() % 120)];
    if (random_() % 8 == 0) packet[random_() % packet.size()] ^= 0x10;
    if (random_() % 16 == 0) packet.resize(random_() % packet.size());
    const auto theirs = their_receiver_.unprotect_rtp(packet);
    const auto ours = unprotect_rtp(receiver_, packet);
    ASSERT_EQ(ours.packet, theirs) << step << " " << ours.verdict;
    ++(theirs.empty() ? refused : accepted);
  }
  EXPECT_GT(accepted, 200);
  EXPECT_GT(refused, 200);
}

INSTANTIATE_TEST_SUITE_P(Profiles, LibsrtpCrossCheck, testing::ValuesIn(all_profiles),
                         [](const auto& p) { return std::string(profile_name(p.param)); });

}  // namespace
}  // namespace w2s::media
