#pragma once
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "w2s/sdp/offer_answer.hpp"

namespace w2s::sdp::test {

using leg::Codec;
using leg::Direction;
using leg::Kind;
using Names = std::vector<std::string>;

inline const Codec opus{"opus", 48000, 2, ""};
inline const Codec g722{"g722", 8000, 1, ""};
inline const Codec pcmu{"pcmu", 8000, 1, ""};
inline const Codec pcma{"pcma", 8000, 1, ""};
inline const Codec event8{"telephone-event", 8000, 1, ""};
inline const Codec event48{"telephone-event", 48000, 1, ""};

inline std::string recorded(const std::string& name) {
  std::ifstream in(std::string(W2S_TEST_DATA) + "/offers/" + name, std::ios::binary);
  EXPECT_TRUE(in) << name;
  return {std::istreambuf_iterator<char>(in), {}};
}

inline leg::LegOpened web_local() {
  leg::LegOpened local;
  local.audio.rtp = local.audio.rtcp = {*IpAddress::parse("192.0.2.10"), 10065};
  local.ice_ufrag = "gwUf";
  local.ice_pwd = "gatewayPassword1234567";
  local.fingerprint = "sha-256 AA:BB";
  local.candidates = {{{*IpAddress::parse("192.0.2.10"), 10065}, 2130706431},
                      {{*IpAddress::parse("2001:db8::10"), 10065}, 2130706175}};
  local.audio.ssrc = 305419896;
  local.cname = "gatewayCname";
  return local;
}

inline leg::LegOpened phone_local() {
  leg::LegOpened local;
  local.audio.rtp = {*IpAddress::parse("198.51.100.5"), 20000};
  local.audio.rtcp = {*IpAddress::parse("198.51.100.5"), 20001};
  return local;
}

inline Names lines_of(const std::string& text) {
  Names lines;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = text.find("\r\n", at);
    if (end == std::string::npos) {
      ADD_FAILURE() << "no CRLF after: " << text.substr(at);
      break;
    }
    lines.push_back(text.substr(at, end - at));
    at = end + 2;
  }
  return lines;
}

inline bool has_line(const std::string& text, const std::string& line) {
  return ("\r\n" + text).find("\r\n" + line + "\r\n") != std::string::npos;
}

// The first line that starts so, or "" when there is none.
inline std::string line_with(const std::string& text, const std::string& start) {
  for (const auto& line : lines_of(text))
    if (line.rfind(start, 0) == 0) return line;
  return {};
}

inline std::string version_of(const std::string& text) {
  const auto origin = line_with(text, "o=- ");
  const auto id_end = origin.find(' ', 4);
  return origin.substr(id_end + 1, origin.find(' ', id_end + 1) - id_end - 1);
}

inline std::string replaced(std::string text, const std::string& from, const std::string& to) {
  EXPECT_NE(text.find(from), std::string::npos) << from;
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

inline Names names(const std::vector<Codec>& codecs) {
  Names out;
  for (const auto& codec : codecs) out.push_back(codec.name + "/" + std::to_string(codec.clock_rate));
  return out;
}

// "opus 109>111": the peer sends 109 to us and wants 111.
inline Names numbers(const std::vector<leg::Payload>& payloads) {
  Names out;
  for (const auto& p : payloads)
    out.push_back(p.codec.name + " " + std::to_string(p.receive) + ">" + std::to_string(p.send));
  return out;
}

inline leg::LegPlan plan_of(const OfferAnswer& leg) {
  return leg.plan(leg::MediaId{7}, leg::Side::a);
}

inline std::string phone_sdp(const std::string& media =
                                 "m=audio 4000 RTP/AVP 0 8 101\r\n"
                                 "a=rtpmap:101 telephone-event/8000\r\n") {
  return "v=0\r\no=phone 1 1 IN IP4 203.0.113.9\r\ns=-\r\nc=IN IP4 203.0.113.9\r\nt=0 0\r\n" + media;
}

inline std::string web_sdp(const std::string& formats = "111 0",
                           const std::string& more = "a=setup:actpass\r\n",
                           const std::string& protocol = "UDP/TLS/RTP/SAVPF") {
  return "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\nm=audio 9 " + protocol +
         " " + formats +
         "\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=ice-ufrag:peer\r\na=ice-pwd:peerPeerPeerPeerPeerPeer\r\n"
         "a=fingerprint:sha-256 "
         "36:7E:30:45:5C:62:A9:EF:12:D4:BA:47:12:48:B6:26:2C:95:D5:2A:CB:E9:44:3E:CF:D9:AA:3C:C6:BC:6D:F9\r\n"
         "a=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\n" +
         more;
}

}  // namespace w2s::sdp::test
