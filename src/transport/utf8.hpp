#pragma once
#include <string_view>

namespace w2s::transport {

// RFC 3629: no overlong forms, no surrogates, at most U+10FFFF. A WebSocket text message must be that (RFC
// 6455 8.1).
bool is_utf8(std::string_view text);

}  // namespace w2s::transport
