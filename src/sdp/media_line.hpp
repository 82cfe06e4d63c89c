#pragma once
#include "session.hpp"

namespace w2s::sdp {

// What both sides keep of every m-line, refused or not, from the first description to the last (RFC 3264 8).
struct MediaLine {
  std::string type;
  std::string protocol;
  std::string format;  // the one that a refused line shows (RFC 3264 6: it must have one)
  std::string mid;     // empty: the peer gave none
};

// RTCP messages that ask for a key frame, as far as a=rtcp-fb names them (RFC 4585 4.2, RFC 5104 7.1).
struct Feedback {
  bool pli = false;
  bool fir = false;
};

inline constexpr std::string_view mid_extension_uri = "urn:ietf:params:rtp-hdrext:sdes:mid";  // RFC 9143 15

}  // namespace w2s::sdp
