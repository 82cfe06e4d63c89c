#pragma once
#include "w2s/base/result.hpp"

namespace w2s::sip {

// What is wrong with a message. Each maps to the status a UAS or proxy answers with (RFC 4475 for examples).
enum class Errc {
  bad_start_line = 1,
  bad_version,          // 505
  bad_header,
  missing_header,
  duplicate_header,     // a single-value header twice (Content-Length: with different values)
  bad_via,
  bad_uri,
  bad_scheme,           // 416
  bad_cseq,
  method_mismatch,      // CSeq method is not the request's
  bad_content_length,
  too_large,            // threats.md T1 limits
  bad_address,
  bad_parameter,
  bad_credentials,
};

const boost::system::error_category& category();
inline error_code make_error_code(Errc e) { return {static_cast<int>(e), category()}; }
// 400, 416, 505 or 513: how a request with this defect is answered.
int status_for(error_code error);

}  // namespace w2s::sip

template <>
struct boost::system::is_error_code_enum<w2s::sip::Errc> : std::true_type {};
