#include <cstdint>
#include <cstdlib>

#include "w2s/base/bytes.hpp"
#include "w2s/config/loader.hpp"

// Any bytes give a result; every problem stands on a line that the file has.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = w2s::as_text({data, size});
  const auto result = w2s::config::parse(text, "config.xml");
  unsigned lines = 1;
  for (const char c : text) lines += c == '\n' ? 1 : 0;
  for (const auto* problems : {&result.errors, &result.warnings})
    for (const auto& problem : *problems)
      if (problem.line > lines || problem.message.empty()) std::abort();
  return 0;
}
