#include "sdp/session.hpp"

#include "sdp_fixture.hpp"

namespace w2s::sdp::test {
namespace {

constexpr const char* minimal = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\nm=audio 1 RTP/AVP 0\r\n";

TEST(Session, ReadsEveryLineEnd) {
  const auto expected = parse(minimal);
  ASSERT_TRUE(expected);
  for (const auto* end : {"\n", "\r", "\r\n\r\n", "\n\r\n"}) {
    const auto session = parse(replaced(minimal, "\r\n", end));
    ASSERT_TRUE(session);
    EXPECT_EQ(*session, *expected);
  }
  EXPECT_EQ(*parse(std::string_view(minimal).substr(0, std::string_view(minimal).size() - 2)), *expected);
}

TEST(Session, KeepsWhatACallUsesAndDropsTheRest) {
  const auto session = parse(
      "v=0\r\no=alice 2890844526 7 IN IP6 2001:db8::1\r\ns=A "
      "call\r\ni=info\r\nu=http://x\r\ne=a@b\r\np=+1\r\n"
      "c=IN IP6 2001:db8::1\r\nb=AS:84\r\nt=0 0\r\nr=7d 1h 0 25h\r\nz=0 0\r\nk=clear:x\r\na=tool:x y\r\n"
      "m=audio 49170/2 RTP/AVP 0 97\r\ni=mic\r\nc=IN IP6 2001:db8::2\r\nb=AS:64\r\na=rtcp-mux\r\n"
      "a=rtpmap:97 opus/48000/2\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n");
  ASSERT_TRUE(session);
  EXPECT_EQ(session->origin.version, "7");
  EXPECT_EQ(session->connection->address, "2001:db8::1");
  ASSERT_EQ(session->media.size(), 2U);
  const auto& audio = session->media[0];
  EXPECT_EQ(audio.port, 49170);
  EXPECT_EQ(audio.connection->address, "2001:db8::2");
  EXPECT_EQ(audio.formats, (Names{"0", "97"}));
  EXPECT_EQ(find(audio.attributes, "rtcp-mux"), "");
  EXPECT_EQ(find(audio.attributes, "rtpmap"), "97 opus/48000/2");
  EXPECT_EQ(find(audio.attributes, "rtcp"), std::nullopt);
  EXPECT_EQ(find(*session, audio, "tool"), "x y");
  EXPECT_EQ(session->media[1].formats, Names{"webrtc-datachannel"});
}

TEST(Session, WritesWhatItReads) {
  for (const auto* file :
       {"chromium-audio.sdp", "chromium-audio-video.sdp", "firefox-audio.sdp", "firefox-audio-video.sdp"}) {
    const auto session = parse(recorded(file));
    ASSERT_TRUE(session) << file;
    EXPECT_EQ(*parse(to_string(*session)), *session) << file;
  }
  EXPECT_EQ(to_string(*parse(minimal)), minimal);
}

TEST(Session, IgnoresAttributesThatCannotBeRead) {
  const auto session = parse(std::string(minimal) + "a=\r\na=:x\r\na=(x):y\r\na=ptime:twenty\r\n");
  ASSERT_TRUE(session);
  EXPECT_EQ(session->media[0].attributes, (Attributes{{"ptime", "twenty"}}));
}

TEST(Session, RefusesMalformedLines) {
  const std::string head = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\n";
  for (const std::string& bad : {std::string(),
                                 std::string("hello"),
                                 std::string("v=1\r\no=- 1 1 IN IP4 192.0.2.1\r\n"),
                                 std::string("o=- 1 1 IN IP4 192.0.2.1\r\nv=0\r\n"),
                                 std::string("v=0\r\ns=-\r\n"),
                                 std::string("v=0\r\no=- 1 1 IN IP4\r\n"),
                                 head + head,
                                 head + "x\r\n",
                                 head + "audio\r\n",
                                 head + "c=IN IP4\r\n",
                                 head + "c=IN IP5 x\r\n",
                                 head + "m=audio 1 RTP/AVP\r\n",
                                 head + "m=audio 65536 RTP/AVP 0\r\n",
                                 head + "m=audio -1 RTP/AVP 0\r\n",
                                 head + "m=audio +1 RTP/AVP 0\r\n",
                                 head + "m=audio 1 RTP/AVP 128\r\n",
                                 head + "m=audio 1 RTP/AVP x\r\n",
                                 head + "m=audio 1 RTP/AVP 1234567\r\n",
                                 head + "m=audio 1 / 0\r\n",
                                 head + "m=au(dio 1 RTP/AVP 0\r\n",
                                 head + "m=message 1 TCP/MSRP @\r\n",
                                 head + "a=mid:\x01\r\n",
                                 head + std::string("a=x:\0y\r\n", 8)}) {
    const auto session = parse(bad);
    ASSERT_FALSE(session) << bad;
    EXPECT_EQ(session.error(), Errc::malformed);
  }
}

TEST(Session, BoundsSizeAndMediaLines) {
  std::string many = minimal;
  for (std::size_t i = 1; i < max_media_lines; ++i) many += "m=audio 0 RTP/AVP 0\r\n";
  EXPECT_EQ(parse(many)->media.size(), max_media_lines);
  EXPECT_FALSE(parse(many + "m=audio 0 RTP/AVP 0\r\n"));

  std::string large = std::string(minimal) + "a=x:";
  large.resize(max_description_bytes, 'y');
  EXPECT_TRUE(parse(large));
  EXPECT_FALSE(parse(large + "y"));
}

TEST(Session, ErrorsSayWhatIsWrong) {
  EXPECT_STREQ(category().name(), "sdp");
  EXPECT_EQ(error_code(Errc::no_fingerprint).message(),
            "DTLS-SRTP without a sha-256, sha-384 or sha-512 fingerprint");
}

}  // namespace
}  // namespace w2s::sdp::test
