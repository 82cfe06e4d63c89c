#pragma once
#include <string>
#include <string_view>

namespace w2s::app {

// A SIP message for the TRACE log: digest answers, ha1, SDES keys and ICE passwords replaced by "***".
std::string without_secrets(std::string_view message);

}  // namespace w2s::app
