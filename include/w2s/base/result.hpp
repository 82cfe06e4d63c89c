#pragma once
#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

namespace w2s {

// A value or an error of the module that made it. Each module has one error enum and one error_category whose
// messages are written for the person who must fix the cause.
template <class T>
using Result = boost::system::result<T>;
using boost::system::error_code;

}  // namespace w2s
