#include "w2s/sip/error.hpp"

#include <string>

namespace w2s::sip {
namespace {

class Category final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "sip"; }
  std::string message(int value) const override { return text(static_cast<Errc>(value)); }

 private:
  static const char* text(Errc e) {
    switch (e) {
      case Errc::bad_start_line:
        return "the first line is neither `METHOD uri SIP/2.0` nor `SIP/2.0 status reason`";
      case Errc::bad_version: return "the SIP version is not 2.0";
      case Errc::bad_header:
        return "a header line is malformed (no colon, bare CR, LF or NUL, or a bad value)";
      case Errc::missing_header: return "Via, From, To, Call-ID or CSeq is missing";
      case Errc::duplicate_header: return "a header that may stand once stands twice";
      case Errc::bad_via: return "a Via value is malformed";
      case Errc::bad_uri: return "a URI is malformed";
      case Errc::bad_scheme: return "the Request-URI is neither sip: nor sips:";
      case Errc::bad_cseq: return "CSeq is not `number METHOD` with a number below 2^31";
      case Errc::method_mismatch: return "the method of CSeq is not that of the request";
      case Errc::bad_content_length:
        return "Content-Length is not a number, contradicts itself or the octets received";
      case Errc::too_large: return "a line, the head, the number of headers or the message exceeds its limit";
      case Errc::bad_address: return "an address (From, To, Contact, Route) is malformed";
      case Errc::bad_parameter: return "a parameter is malformed";
      case Errc::bad_credentials: return "credentials or a challenge are malformed";
    }
    return "unknown SIP error";
  }
};

}  // namespace

const boost::system::error_category& category() {
  static const Category instance;
  return instance;
}

int status_for(error_code error) {
  if (error == Errc::bad_scheme) return 416;
  if (error == Errc::bad_version) return 505;
  if (error == Errc::too_large) return 513;
  return 400;
}

}  // namespace w2s::sip
