#pragma once
#include "w2s/base/result.hpp"

namespace w2s::net {

enum class Errc {
  host_not_found = 1,  // the name does not exist or has no address
  no_answer,           // no nameserver answered in time
  server_failure,
  too_many_lookups,
  malformed_answer,    // what came from the nameserver is no answer to the question
};

const boost::system::error_category& category();
inline error_code make_error_code(Errc e) {
  return {static_cast<int>(e), category()};
}

}  // namespace w2s::net

template <>
struct boost::system::is_error_code_enum<w2s::net::Errc> : std::true_type {};
