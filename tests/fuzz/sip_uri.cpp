// A URI that is accepted is written as it was read, means the same as itself, and has an address-of-record.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "w2s/sip/uri.hpp"

using namespace w2s::sip;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto uri = parse_uri(text);
  if (!uri) return 0;
  require(uri->to_string() == text || uri->port);  // a port may lose its leading zeros
  const auto again = parse_uri(uri->to_string());
  require(again.has_value() && *again == *uri);
  require(equivalent(*uri, *again));
  (void)uri->address_of_record();
  for (const auto& param : uri->params.all()) require(uri->params.has(param.name));
  return 0;
}
