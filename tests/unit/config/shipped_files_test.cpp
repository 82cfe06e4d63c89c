#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "config_text.hpp"

namespace w2s::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// What the warnings are about, without their explanation.
std::vector<std::string> warned_entries(const LoadResult& result) {
  std::vector<std::string> names;
  for (const auto& warning : result.warnings)
    names.push_back(warning.message.substr(0, warning.message.find(':')));
  return names;
}

TEST(ShippedFiles, TheRepositorysConfigStarts) {
  const auto result = load((repository() / "config.xml").string());
  EXPECT_THAT(result.errors, IsEmpty());
  EXPECT_THAT(result.warnings, IsEmpty());
  const auto& config = result.config;
  EXPECT_EQ(config.debug_level, LogLevel::info);
  EXPECT_THAT(config.listeners,
              ElementsAre(Listener{Transport::ws, {}, 10060}, Listener{Transport::wss, {}, 10062},
                          Listener{Transport::udp, {}, 10060}, Listener{Transport::tcp, {}, 10063}));
  EXPECT_EQ(config.ice_transport, (IceTransport{{}, 10065}));
  EXPECT_THAT(config.certificates, IsEmpty());
  EXPECT_THAT(config.allow_destination, ElementsAre("public"));
}

TEST(ShippedFiles, TheGuidesSampleStarts) {
  const TemporaryFolder folder;
  for (const auto* name : {"priv.pem", "pub.pem", "cacert.pem"}) folder.write(name, "pem");
  const auto sample = read_text(repository() / "tests/data/config/guide-section-4.xml");
  const auto result = load(folder.write("config.xml", sample));
  EXPECT_THAT(result.errors, IsEmpty());
  EXPECT_THAT(warned_entries(result), ElementsAre("enable-videojb", "avpf-tail-length", "codecs"));
  const auto& config = result.config;
  EXPECT_THAT(config.listeners,
              ElementsAre(Listener{Transport::udp, {}, 5060}, Listener{Transport::ws, {}, 5060},
                          Listener{Transport::wss, {}, 5062}));
  EXPECT_THAT(config.codecs,
              ElementsAre(Codec::pcma, Codec::pcmu, Codec::vp8, Codec::h264_bp, Codec::h264_mp));
  EXPECT_THAT(config.nameservers,
              ElementsAre(*IpAddress::parse("66.66.66.66"), *IpAddress::parse("77.77.77.77")));
  EXPECT_THAT(config.certificates,
              ElementsAre(Certificates{folder.path_of("priv.pem"), folder.path_of("pub.pem"),
                                       folder.path_of("cacert.pem"), false}));
}

TEST(ShippedFiles, TheSampleOf2xStarts) {
  const TemporaryFolder folder;
  for (const auto* name : {"priv.pem", "pub.pem"}) folder.write(name, "pem");
  const auto sample = read_text(repository() / "tests/data/config/sample-2.x.xml");
  const auto result = load(folder.write("config.xml", sample));
  EXPECT_THAT(result.errors, IsEmpty());
  EXPECT_THAT(warned_entries(result),
              ElementsAre("enable-videojb", "video-size-pref", "avpf-tail-length", "srtp-type", "codecs",
                          "codec-opus-maxrates", "stun-server", "enable-icestun"));
  EXPECT_EQ(result.config.debug_level, LogLevel::error);
  EXPECT_EQ(result.config.max_fds, std::nullopt);
  EXPECT_THAT(result.config.codecs, ElementsAre(Codec::opus, Codec::pcma, Codec::pcmu, Codec::vp8,
                                                Codec::h264_bp, Codec::h264_mp));
  EXPECT_THAT(result.config.certificates,
              ElementsAre(Certificates{folder.path_of("priv.pem"), folder.path_of("pub.pem"), "", false}));
}

TEST(ShippedFiles, TheDocumentationHasEveryEntry) {
  const auto text = read_text(repository() / "docs/configuration.md");
  for (const auto name : entry_names()) EXPECT_THAT(text, HasSubstr("`" + std::string{name} + "`"));
}

}  // namespace
}  // namespace w2s::config
