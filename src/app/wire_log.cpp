#include "wire_log.hpp"

#include "w2s/base/encoding.hpp"

namespace w2s::app {
namespace {

// What introduces a secret, and the characters that end it.
struct Secret {
  std::string_view introduction;
  std::string_view end;
};
constexpr Secret secrets[] = {{"ha1=", ";,> \r\n"},
                              {"response=\"", "\""},
                              {"inline:", "| \r\n"},
                              {"a=ice-pwd:", "\r\n"}};

}  // namespace

std::string without_secrets(std::string_view message) {
  std::string out;
  for (std::size_t at = 0; at < message.size();) {
    const Secret* found = nullptr;
    for (const auto& secret : secrets) {
      if (iequals(message.substr(at, secret.introduction.size()), secret.introduction)) found = &secret;
    }
    if (found == nullptr) {
      out += message[at++];
      continue;
    }
    out += found->introduction;
    out += "***";
    const auto end = message.find_first_of(found->end, at + found->introduction.size());
    at = end == std::string_view::npos ? message.size() : end;
  }
  return out;
}

}  // namespace w2s::app
