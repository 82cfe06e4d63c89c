#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace w2s::transport {

inline constexpr std::size_t upgrade_head_limit = 16 * 1024;

// How an HTTP request for a WebSocket is answered: 101, or a refusal with one sentence that says why.
struct UpgradeAnswer {
  int status = 101;
  std::string_view why = {};
  std::string key = {};  // of a 101: the request's Sec-WebSocket-Key
};
// `head` ends with the empty line. `allow_origins` empty: any Origin.
UpgradeAnswer judge_upgrade(std::string_view head, const std::vector<std::string>& allow_origins);
std::string http_response(const UpgradeAnswer& answer);  // the whole of it

}  // namespace w2s::transport
