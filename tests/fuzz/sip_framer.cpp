// A stream yields the same messages however the network cuts it; the first byte chooses the cuts.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "w2s/sip/framer.hpp"

using namespace w2s::sip;
using Item = StreamFramer::Item;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

// Small, so that a short input meets every limit.
constexpr ParseLimits kLimits{64, 512, 12, 768};

std::vector<Item> messages(StreamFramer& framer, std::string_view bytes, std::size_t step) {
  std::vector<Item> out;
  while (!bytes.empty()) {
    const auto piece = bytes.substr(0, step);
    bytes.remove_prefix(piece.size());
    for (auto& item : framer.feed(piece))
      if (item.kind == Item::Kind::message || item.kind == Item::Kind::broken) out.push_back(std::move(item));
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  StreamFramer whole_framer(kLimits);
  StreamFramer cut_framer(kLimits);
  const auto whole = messages(whole_framer, bytes, bytes.size());
  const auto cut = messages(cut_framer, bytes, 1U + data[0]);
  require(whole.size() == cut.size() && whole_framer.in_message() == cut_framer.in_message());
  for (std::size_t i = 0; i < whole.size(); ++i) {
    require(whole[i].kind == cut[i].kind);
    require(whole[i].outcome.message == cut[i].outcome.message);
    require(whole[i].kind == Item::Kind::message || i + 1 == whole.size());
  }
  return 0;
}
