#include "w2s/sdp/offer_answer.hpp"

namespace w2s::sdp {
namespace {

class Category final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "sdp"; }
  std::string message(int value) const override {
    switch (static_cast<Errc>(value)) {
      case Errc::malformed: return "the session description is malformed";
      case Errc::no_audio: return "no audio stream that could be accepted";
      case Errc::unsupported_profile: return "neither RTP/AVP(F) nor DTLS-SRTP is described for audio";
      case Errc::no_fingerprint: return "DTLS-SRTP without a sha-256, sha-384 or sha-512 fingerprint";
      case Errc::no_ice_credentials: return "DTLS-SRTP without valid ice-ufrag and ice-pwd";
      case Errc::answer_mismatch: return "the answer does not fit our offer";
      case Errc::no_common_codec: return "the answer names no codec of our offer";
    }
    return "unknown error";
  }
};

}  // namespace

const boost::system::error_category& category() {
  static const Category instance;
  return instance;
}

}  // namespace w2s::sdp
