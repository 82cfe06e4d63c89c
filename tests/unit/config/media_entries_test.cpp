#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "config_text.hpp"

namespace w2s::config {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(Codecs, KeepTheirOrderAndAppend) {
  const auto result = parse_entries("<codecs>pcmu;OPUS;pcmu</codecs><codecs>g722</codecs>");
  EXPECT_THAT(result.errors, IsEmpty());
  EXPECT_THAT(result.warnings, IsEmpty());
  EXPECT_THAT(result.config.codecs, ElementsAre(Codec::pcmu, Codec::opus, Codec::g722));
}

TEST(Codecs, OfLaterVersionsAreNamedInOneWarning) {
  const auto result = parse_entry("codecs", "gsm;pcma;H264-BP;speex-uw;speex-uwb;mp4v-es");
  EXPECT_THAT(result.errors, IsEmpty());
  ASSERT_THAT(result.warnings, SizeIs(1));
  EXPECT_THAT(result.warnings[0].message,
              HasSubstr("no effect yet: gsm, speex-uw, speex-uwb, mp4v-es"));
}

TEST(Codecs, EntriesAreJudgedTogether) {
  const auto result = parse_entries("<codecs>vp8;h264-bp</codecs><codecs>opus</codecs>");
  EXPECT_THAT(result.errors, IsEmpty());
  EXPECT_THAT(result.config.codecs, ElementsAre(Codec::vp8, Codec::h264_bp, Codec::opus));
}

TEST(Codecs, UnknownOrUnusableListsAreErrors) {
  EXPECT_THAT(parse_entry("codecs", "pcma;foo").errors[0].message, HasSubstr("\"foo\""));
  EXPECT_THAT(parse_entry("codecs", "gsm;vp8;h264-bp").errors[0].message, HasSubstr("every call would fail"));
  EXPECT_FALSE(parse_entry("codecs", ";").ok());
}

TEST(MediaEntries, AreTyped) {
  const auto result = parse_entries(
      "<ice-transport>udp;192.0.2.1;*</ice-transport><rtp-port-range>30001;30003</rtp-port-range>"
      "<rtp-buffsize>131072</rtp-buffsize><media-threads>3</media-threads><media-io>EPOLL</media-io>"
      "<media-timeout>90</media-timeout><websocket-grace>0</websocket-grace><dtmf-type>rfc2833</"
      "dtmf-type><srtp-mode>none</srtp-mode>"
      "<ice-mode>lite</ice-mode><srtp-type>dtls</srtp-type>");
  EXPECT_THAT(result.errors, IsEmpty());
  EXPECT_THAT(result.warnings, IsEmpty());
  const auto& config = result.config;
  EXPECT_EQ(config.ice_transport, (IceTransport{IpAddress::parse("192.0.2.1"), {}}));
  EXPECT_EQ(config.rtp_port_range, (PortRange{30001, 30003}));
  EXPECT_EQ(config.rtp_buffer_size, 131072U);
  EXPECT_EQ(config.media_threads, 3U);
  EXPECT_EQ(config.media_io, MediaIo::epoll);
  EXPECT_EQ(config.media_timeout, 90s);
  EXPECT_EQ(config.websocket_grace, 0s);
  EXPECT_EQ(config.dtmf_type, DtmfType::info);
  EXPECT_EQ(config.srtp_mode, SrtpMode::none);
}

TEST(MediaEntries, MalformedValuesAreErrors) {
  const std::pair<const char*, const char*> bad[] = {{"ice-transport", "sctp;*;1"},
                                                     {"ice-transport", "udp;*"},
                                                     {"rtp-port-range", "30001;30002"},
                                                     {"rtp-port-range", "65535;65535"},
                                                     {"rtp-port-range", "0;100"},
                                                     {"rtp-port-range", "20000"},
                                                     {"rtp-buffsize", "0"},
                                                     {"rtp-buffsize", "big"},
                                                     {"media-threads", "0"},
                                                     {"media-threads", "257"},
                                                     {"media-timeout", "0"},
                                                     {"media-timeout", "60s"},
                                                     {"websocket-grace", "-1"},
                                                     {"websocket-grace", "86401"},
                                                     {"dtmf-type", "inband"},
                                                     {"srtp-mode", "sometimes"},
                                                     {"srtp-type", "sdes"},
                                                     {"srtp-type", "dtls;zrtp"},
                                                     {"ice-mode", "half"},
                                                     {"media-io", "select"},
                                                     {"avpf-tail-length", "0;400"},
                                                     {"avpf-tail-length", "500;400"},
                                                     {"video-size-pref", "huge"},
                                                     {"codec-opus-maxrates", "48000"},
                                                     {"codec-opus-maxrates", "44100;48000"},
                                                     {"stun-server", "stun.example.org"},
                                                     {"stun-server", "stun.example.org;x"},
                                                     {"enable-videojb", "1"}};
  for (const auto& [name, value] : bad)
    EXPECT_THAT(parse_entry(name, value).errors, SizeIs(1)) << name << " " << value;
}

TEST(MediaEntries, PumpPortsMustFit) {
  EXPECT_TRUE(
      parse_entries("<ice-transport>udp;*;65534</ice-transport><media-threads>2</media-threads>").ok());
  EXPECT_FALSE(
      parse_entries("<ice-transport>udp;*;65535</ice-transport><media-threads>2</media-threads>").ok());
}

TEST(Unbuilt, ServicesAreRefusedSayingSo) {
  const std::pair<const char*, const char*> services[] = {
      {"enable-media-coder", "yes"},
      {"ice-mode", "full"},
      {"ice-transport", "tcp;*;10065"},
      {"srtp-mode", "mandatory"},
      {"media-io", "io_uring"},
      {"admin-transport", "http;127.0.0.1;10080"},
      {"database", "sqlite;*"},
      {"account-mail", "smtp;*;*;h;25;e;a;p"},
      {"account-sip-caller", "*;impu;impi;realm;password"},
      {"account-http-domain", "*"},
      {"account-recaptcha", "https://x;secret"}};
  for (const auto& [name, value] : services) {
    const auto result = parse_entry(name, value);
    ASSERT_THAT(result.errors, SizeIs(1)) << name;
    EXPECT_THAT(result.errors[0].message, HasSubstr("is not built yet")) << name;
    EXPECT_EQ(result.errors[0].message.substr(0, std::string_view{name}.size()), name);
  }
}

TEST(Unbuilt, SecretsAreNotRepeated) {
  for (const auto& problem : parse_entry("account-sip-caller", "*;impu;impi;realm;hunter2").errors)
    EXPECT_THAT(problem.message, ::testing::Not(HasSubstr("hunter2")));
  for (const auto& problem : parse_entry("stun-server", "stun.example.org;3478;user;hunter2;x").errors)
    EXPECT_THAT(problem.message, ::testing::Not(HasSubstr("hunter2")));
}

TEST(Unbuilt, ServicesMayBeOff) {
  const auto result =
      parse_entries("<enable-media-coder>NO</enable-media-coder>");
  EXPECT_THAT(result.errors, IsEmpty());
  EXPECT_THAT(result.warnings, IsEmpty());
}

TEST(Unbuilt, TuningIsAcceptedWithOneWarning) {
  const std::pair<const char*, const char*> tuning[] = {{"enable-videojb", "yes"},
                                                        {"avpf-tail-length", "100;400"},
                                                        {"video-size-pref", "720P"},
                                                        {"enable-icestun", "yes"},
                                                        {"stun-server", "stun.example.org;3478"},
                                                        {"codec-opus-maxrates", "16000;48000"},
                                                        {"enable-rtp-symetric", "no"},
                                                        {"enable-rtp-symmetric", "no"},
                                                        {"srtp-type", "sdes,dtls"}};
  for (const auto& [name, value] : tuning) {
    const auto result = parse_entry(name, value);
    EXPECT_THAT(result.errors, IsEmpty()) << name;
    ASSERT_THAT(result.warnings, SizeIs(1)) << name;
    EXPECT_THAT(result.warnings[0].message, HasSubstr("no effect yet")) << name;
  }
}

TEST(Unbuilt, TuningThatChangesNothingIsSilent) {
  const auto result = parse_entries(
      "<enable-videojb>no</enable-videojb><enable-icestun>no</enable-icestun>"
      "<enable-rtp-symetric>yes</enable-rtp-symetric><enable-rtp-symmetric>yes</enable-rtp-symmetric>");
  EXPECT_THAT(result.errors, IsEmpty());
  EXPECT_THAT(result.warnings, IsEmpty());
}

TEST(ProcessEntries, Limits) {
  const auto result = parse_entries(
      "<max-fds>4096</max-fds><max-calls>500</max-calls><max-connections>*; 20</max-connections>");
  EXPECT_THAT(result.errors, IsEmpty());
  EXPECT_EQ(result.config.max_fds, 4096U);
  EXPECT_EQ(result.config.max_calls, 500U);
  EXPECT_EQ(result.config.max_connections, std::nullopt);
  EXPECT_EQ(result.config.max_connections_per_address, 20U);
  EXPECT_EQ(parse_entry("max-fds", "0").config.max_fds, std::nullopt);
  for (const auto* bad : {"", "many", "-", "--1", "1.5"})
    EXPECT_FALSE(parse_entry("max-fds", bad).ok()) << bad;
  EXPECT_FALSE(parse_entry("max-calls", "0").ok());
  EXPECT_FALSE(parse_entry("max-connections", "10").ok());
}

}  // namespace
}  // namespace w2s::config
