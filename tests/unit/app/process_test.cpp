#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/command_line.hpp"
#include "app/wire_log.hpp"

namespace w2s::app {
namespace {

CommandLine parsed(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "webrtc2sip");
  return parse_command_line(static_cast<int>(arguments.size()), arguments.data());
}

TEST(CommandLine, KnowsItsArguments) {
  EXPECT_EQ(parsed({}).action, CommandLine::Action::run);
  EXPECT_EQ(parsed({"--help"}).action, CommandLine::Action::help);
  EXPECT_EQ(parsed({"--version"}).action, CommandLine::Action::version);
  EXPECT_EQ(parsed({"--check", "--config=/a/b"}).action, CommandLine::Action::check);
  EXPECT_EQ(parsed({"--check", "--config=/a/b"}).config_path, "/a/b");
  EXPECT_EQ(parsed({"--config", "x"}).config_path, "x");
}

TEST(CommandLine, SaysWhatItDoesNotKnow) {
  EXPECT_THAT(parsed({"--configuration=x"}).error, testing::HasSubstr("--configuration=x"));
  EXPECT_EQ(parsed({"--config="}).action, CommandLine::Action::error);
  EXPECT_EQ(parsed({"--config"}).action, CommandLine::Action::error);
}

TEST(WireLog, TakesSecretsOutAndLeavesTheRest) {
  EXPECT_EQ(without_secrets("Contact: <sip:a@b>;impi=a;HA1=0123;x=y\r\n"), "Contact: <sip:a@b>;impi=a;ha1=***;x=y\r\n");
  EXPECT_EQ(without_secrets("Authorization: Digest nonce=\"n\", response=\"abc\", qop=auth"),
            "Authorization: Digest nonce=\"n\", response=\"***\", qop=auth");
  EXPECT_EQ(without_secrets("a=ice-pwd:secret\r\na=mid:0"), "a=ice-pwd:***\r\na=mid:0");
  EXPECT_EQ(without_secrets("a=crypto:1 AES inline:key|2^20"), "a=crypto:1 AES inline:***|2^20");
}

}  // namespace
}  // namespace w2s::app
