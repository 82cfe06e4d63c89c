#include "sdp_fixture.hpp"

namespace w2s::sdp::test {
namespace {

const Codec speex{"speex", 16000, 1, ""};

TEST(CodecChoice, RelayableKeepsWhatTheGatewayUnderstands) {
  const Codec mono_opus{"opus", 48000, 1, ""};
  const Codec upper{"PCMA", 8000, 1, ""};
  EXPECT_EQ(relayable({speex, opus, mono_opus, upper, event48, {"g722", 16000, 1, ""}, opus, event8}),
            (std::vector{opus, upper, event48, event8}));
  EXPECT_TRUE(relayable({speex}).empty());
}

TEST(CodecChoice, CommonKeepsTheOrderOfTheFirstAndTheParametersOfTheSecond) {
  auto with_fec = opus;
  with_fec.fmtp = "useinbandfec=1";
  EXPECT_EQ(common({pcma, opus, pcmu, event8}, {with_fec, pcma, event8}),
            (std::vector{pcma, with_fec, event8}));
}

TEST(CodecChoice, CommonIsEmptyWithoutAudio) {
  EXPECT_TRUE(common({opus, event8}, {pcmu, event8}).empty());
  EXPECT_TRUE(common({event8}, {event8}).empty());
  EXPECT_TRUE(common({}, {pcmu}).empty());
}

TEST(CodecChoice, EventsAt48000NeedOpus) {
  EXPECT_EQ(common({opus, pcmu, event48, event8}, {pcmu, event48, event8}), (std::vector{pcmu, event8}));
  EXPECT_EQ(common({opus, event48, event8}, {event8, event48, opus}), (std::vector{opus, event48, event8}));
  EXPECT_EQ(common({opus, event48, event8}, {opus, event8}), (std::vector{opus, event8}));
}

TEST(CodecChoice, ListsAudioNamesOnce) {
  EXPECT_EQ(list_names({opus, pcmu, {"speex", 8000, 1, ""}, speex, event8}), "opus, pcmu, speex");
  EXPECT_EQ(list_names({}), "");
}

}  // namespace
}  // namespace w2s::sdp::test
