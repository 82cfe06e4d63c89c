// Any bytes as the head of an HTTP request: judged, and a refusal is a whole HTTP response.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "transport/upgrade.hpp"

using namespace w2s::transport;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view head(reinterpret_cast<const char*>(data), size);
  const auto anywhere = judge_upgrade(head, {});
  const auto here = judge_upgrade(head, {"https://phone.example"});
  // A list of origins can only refuse more.
  if (anywhere.status != 101 && here.status != anywhere.status) std::abort();
  if (anywhere.status != 101) {
    const auto text = http_response(anywhere);
    if (anywhere.why.empty() || text.rfind("HTTP/1.1 4", 0) != 0 || text.find("\r\n\r\n") == text.npos)
      std::abort();
  }
  return 0;
}
