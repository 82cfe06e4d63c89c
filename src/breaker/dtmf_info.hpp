#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace w2s::breaker {

struct DtmfInfo {
  char digit = '0';               // 0-9 * # A-D
  std::uint32_t duration_ms = 160;
};

// The body of an INFO application/dtmf-relay ("Signal=5\r\nDuration=160") or application/dtmf ("5"), read liberally:
// blanks, case and 10/11 for * and # are taken. Durations are bounded to 40 … 6000 ms.
std::optional<DtmfInfo> parse_dtmf_info(std::string_view content_type, std::string_view body);

}  // namespace w2s::breaker
