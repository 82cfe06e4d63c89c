#pragma once
#include <string_view>

namespace w2s::app {

// Tells systemd (sd_notify's protocol over $NOTIFY_SOCKET), if it started us: "READY=1", "STOPPING=1".
void notify_service_manager(std::string_view state);

}  // namespace w2s::app
