#include <cstdint>
#include <cstdlib>

#include "w2s/base/bytes.hpp"

#include "breaker/media_control.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto body = w2s::as_text({data, size});
  const bool asks = w2s::breaker::asks_for_key_frame("application/media_control+xml", body);
  if (asks && body.find("picture_fast_update") == std::string_view::npos) std::abort();
  return 0;
}
