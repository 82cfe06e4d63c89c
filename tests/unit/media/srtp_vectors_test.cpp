#include <gtest/gtest.h>

#include "media/srtp/hmac_sha1.hpp"
#include "media/srtp/packet_cipher.hpp"
#include "media/srtp/packet_index.hpp"
#include "srtp_packets.hpp"

// The published test vectors: RFC 3711 appendix B, RFC 7714 16 and 17, RFC 2202 for HMAC-SHA1.
namespace w2s::media {
namespace {

constexpr auto key_128 = "000102030405060708090a0b0c0d0e0f";
constexpr auto key_256 = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
constexpr auto quid_pro_quo = "517569642070726f2071756f";
constexpr auto rtp_packet =
    "8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070 61727465 "
    "73207472"
    "6573";
constexpr auto rtcp_packet =
    "81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef deadbeef "
    "deadbeef"
    "deadbeef";

SessionKeys session_keys(std::string_view key, std::string_view salt) {
  SessionKeys keys;
  const auto k = bytes_of_hex(key);
  const auto s = bytes_of_hex(salt);
  std::copy(k.begin(), k.end(), keys.encryption.begin());
  std::copy(s.begin(), s.end(), keys.salt.begin());
  return keys;
}

Bytes derived(std::string_view key, std::string_view salt, KeyLabel label, std::size_t size) {
  Bytes out(size);
  derive_key({bytes_of_hex(key), bytes_of_hex(salt)}, label, out);
  return out;
}

TEST(SrtpVectors, Rfc3711B2Keystream) {
  const auto cipher =
      make_packet_cipher(SrtpProfile::aes128_cm_sha1_80,
                         session_keys("2B7E151628AED2A6ABF7158809CF4F3C", "F0F1F2F3F4F5F6F7F8F9FAFBFCFD"),
                         SrtpUse::rtp, CipherDirection::seal);
  Bytes zeros(1044512);
  std::array<std::uint8_t, 10> tag;
  ASSERT_TRUE(cipher->seal({zeros, 0, 0, 0, 0}, tag.data()));
  EXPECT_EQ(
      hex(ByteView(zeros).first(48)),
      "e03ead0935c95e80e166b16dd92b4eb4d23513162b02d0f72a43a2fe4a5f97ab41e95b3bb0a2e8dd477901e4fca894c0");
  EXPECT_EQ(
      hex(ByteView(zeros).last(48)),
      "ec8cdf7398607cb0f2d21675ea9ea1e4362b7c3c6773516318a077d7fc5073ae6a2cc3787889374fbeb4c81b17ba6c44");
}

TEST(SrtpVectors, Rfc3711B3KeyDerivation) {
  constexpr auto key = "E1F97A0D3E018BE0D64FA32C06DE4139";
  constexpr auto salt = "0EC675AD498AFEEBB6960B3AABE6";
  EXPECT_EQ(derived(key, salt, KeyLabel::rtp_encryption, 16),
            bytes_of_hex("C61E7A93744F39EE10734AFE3FF7A087"));
  EXPECT_EQ(derived(key, salt, KeyLabel::rtp_salt, 14), bytes_of_hex("30CBBC08863D8C85D49DB34A9AE1"));
  EXPECT_EQ(derived(key, salt, KeyLabel::rtp_authentication, 94),
            bytes_of_hex("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA48F0A0ACF3C34E2359E6CDBCE"
                         "E049646C43D9327AD175578EF72270986371C10C9A369AC2F94A8C5FBCDDDC25"
                         "6D6E919A48B610EF17C2041E474035766B68642C59BBFC2F34DB60DBDFB2"));
}

TEST(SrtpVectors, Rfc2202HmacSha1) {
  // Case 1 and 2; the four last bytes of each message go in as the word that SRTP appends.
  EXPECT_EQ(hex(HmacSha1(Bytes(20, 0x0b))(as_bytes("Hi T"), 0x68657265)),
            "b617318655057264e28bc0b6fb378c8ef146be00");
  EXPECT_EQ(hex(HmacSha1(as_bytes("Jefe"))(as_bytes("what do ya want for noth"), 0x696e673f)),
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
}

struct RtpVector {
  SrtpProfile profile;
  const char* key;
  const char* sealed;
};

TEST(SrtpVectors, Rfc7714Section16Rtp) {
  const RtpVector vectors[] = {
      {SrtpProfile::aead_aes_128_gcm, key_128,
       "8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a 51c7d19b "
       "36de3adf"
       "8833899d 7f27beb1 6a9152cf 765ee439 0cce"},
      {SrtpProfile::aead_aes_256_gcm, key_256,
       "8040f17b 8041f8d3 5501a0b2 32b1de78 a822fe12 ef9f78fa 332e33aa b1801238 9a58e2f3 b50b2a02 76ffae0f "
       "1ba63799"
       "b87b7aa3 db36dfff d6b0f9bb 7878d7a7 6c13"},
  };
  for (const auto& v : vectors) {
    const auto keys = session_keys(v.key, quid_pro_quo);
    const auto plain = bytes_of_hex(rtp_packet);
    auto packet = plain;
    packet.resize(plain.size() + 16);
    const auto body = MutableByteView(packet).first(plain.size());
    const CipherInput input{body, 12, 0x5501a0b2, 0xf17b, 0};

    ASSERT_TRUE(make_packet_cipher(v.profile, keys, SrtpUse::rtp, CipherDirection::seal)
                    ->seal(input, &packet[plain.size()]));
    EXPECT_EQ(packet, bytes_of_hex(v.sealed)) << profile_name(v.profile);
    ASSERT_TRUE(make_packet_cipher(v.profile, keys, SrtpUse::rtp, CipherDirection::open)
                    ->open(input, &packet[plain.size()]));
    EXPECT_TRUE(std::equal(plain.begin(), plain.end(), packet.begin())) << profile_name(v.profile);
  }
}

TEST(SrtpVectors, Rfc7714Section16AuthenticationOnly) {
  const auto cipher = make_packet_cipher(SrtpProfile::aead_aes_128_gcm, session_keys(key_128, quid_pro_quo),
                                         SrtpUse::rtp, CipherDirection::seal);
  auto packet = bytes_of_hex(rtp_packet);
  std::array<std::uint8_t, 16> tag;
  ASSERT_TRUE(cipher->seal({packet, packet.size(), 0x5501a0b2, 0xf17b, 0}, tag.data()));
  EXPECT_EQ(hex(tag), "22493f82d2bce397e9d79e3b19aa4216");
}

struct RtcpVector {
  SrtpProfile profile;
  const char* key;
  bool encrypted;
  const char* sealed;  // packet and tag, without the word behind them
};

TEST(SrtpVectors, Rfc7714Section17Rtcp) {
  const RtcpVector vectors[] = {
      {SrtpProfile::aead_aes_128_gcm, key_128, true,
       "81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d c676a5f1 730d6fda 4ce09b46 "
       "86303ded"
       "0bb9275b c84aa458 96cf4d2f c5abf872 45d9eade"},
      {SrtpProfile::aead_aes_256_gcm, key_256, true,
       "81c8000d 4d617273 d50ae4d1 f5ce5d30 4ba297e4 7d470c28 2c3ece5d bffe0a50 a2eaa5c1 110555be 8415f658 "
       "c61de047"
       "6f1b6fad 1d1eb30c 4446839f 57ff6f6c b26ac3be"},
      {SrtpProfile::aead_aes_128_gcm, key_128, false,
       "81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef deadbeef "
       "deadbeef"
       "deadbeef 841dd968 3dd78ec9 2ae58790 125f62b3"},
      {SrtpProfile::aead_aes_256_gcm, key_256, false,
       "81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef deadbeef "
       "deadbeef"
       "deadbeef 91db4afb feee5a97 8fab4393 ed2615fe"},
  };
  for (const auto& v : vectors) {
    const auto keys = session_keys(v.key, quid_pro_quo);
    const auto plain = bytes_of_hex(rtcp_packet);
    auto packet = plain;
    packet.resize(plain.size() + 16);
    const auto body = MutableByteView(packet).first(plain.size());
    const std::uint32_t word = (v.encrypted ? encrypted_flag : 0) | 0x5d4;
    const CipherInput input{body, v.encrypted ? 8 : plain.size(), 0x4d617273, 0x5d4, word};

    ASSERT_TRUE(make_packet_cipher(v.profile, keys, SrtpUse::rtcp, CipherDirection::seal)
                    ->seal(input, &packet[plain.size()]));
    EXPECT_EQ(packet, bytes_of_hex(v.sealed))
        << profile_name(v.profile) << (v.encrypted ? "" : ", not encrypted");
    ASSERT_TRUE(make_packet_cipher(v.profile, keys, SrtpUse::rtcp, CipherDirection::open)
                    ->open(input, &packet[plain.size()]));
    EXPECT_TRUE(std::equal(plain.begin(), plain.end(), packet.begin())) << profile_name(v.profile);
  }
}

}  // namespace
}  // namespace w2s::media
