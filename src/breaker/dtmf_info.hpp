#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace w2s::breaker {

struct DtmfInfo {
  char digit = '0';               // 0-9 * # A-D, ! for the hook flash
  std::uint32_t duration_ms = 160;
};

// The body of an INFO application/dtmf-relay ("Signal=5\r\nDuration=160") or application/dtmf ("5", or the same two
// lines), read liberally: blanks, case, 10 and 11 for * and #, and !, 16, flash and hf for the hook flash are taken.
// Durations are bounded to 40 … 6000 ms.
std::optional<DtmfInfo> parse_dtmf_info(std::string_view content_type, std::string_view body);

inline constexpr std::string_view dtmf_relay_type = "application/dtmf-relay";
std::string dtmf_relay_body(const DtmfInfo& info);

}  // namespace w2s::breaker
