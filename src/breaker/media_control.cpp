#include "media_control.hpp"

#include <algorithm>

#include "w2s/base/encoding.hpp"

namespace w2s::breaker {
namespace {

constexpr std::size_t longest_request = 4096;

// The local name of the tag at the start of `text`, which is what follows its "<".
std::string_view local_name(std::string_view text) {
  const auto name = text.substr(0, text.find_first_of("/> \t\r\n"));
  const auto prefix_end = name.find(':');
  return prefix_end == std::string_view::npos ? name : name.substr(prefix_end + 1);
}

}  // namespace

bool asks_for_key_frame(std::string_view content_type, std::string_view body) {
  const auto type = trim(content_type.substr(0, content_type.find(';')));
  if (!iequals(type, media_control_type) || body.size() > longest_request) return false;
  for (auto at = body.find('<'); at != std::string_view::npos; at = body.find('<')) {
    body.remove_prefix(at + 1);
    if (body.starts_with("!--"))
      body.remove_prefix(std::min(body.find("-->"), body.size()));
    else if (local_name(body) == "picture_fast_update")
      return true;
  }
  return false;
}

}  // namespace w2s::breaker
