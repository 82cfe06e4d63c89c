#include <cstdint>
#include <cstdlib>

#include "breaker/dtmf_info.hpp"
#include "w2s/base/bytes.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto info = w2s::breaker::parse_dtmf_info("application/dtmf-relay", w2s::as_text({data, size}));
  if (info && (info->duration_ms < 40 || info->duration_ms > 6000)) std::abort();
  return 0;
}
