#pragma once
#include <string_view>

namespace w2s::breaker {

inline constexpr std::string_view media_control_type = "application/media_control+xml";
// The body of our own request (RFC 5168 7.1).
inline constexpr std::string_view fast_update_body =
    "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n"
    "<media_control><vc_primitive><to_encoder><picture_fast_update/></to_encoder></vc_primitive></media_control>\r\n";

// The body of an INFO that asks for a key frame (RFC 5168 5): a picture_fast_update element anywhere in it,
// outside comments, with or without a namespace prefix. Longer bodies than any such request are not read.
bool asks_for_key_frame(std::string_view content_type, std::string_view body);

}  // namespace w2s::breaker
