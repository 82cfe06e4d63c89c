// What a WebSocket client sends yields the same items however the network cuts it. The limit is small, so
// that a short input meets it.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "transport/web_socket_framer.hpp"

using namespace w2s;
using namespace w2s::transport;
using Item = WebSocketFramer::Item;

namespace {

constexpr std::size_t longest_message = 300;

void require(bool holds) {
  if (!holds) std::abort();
}

std::vector<Item> items(WebSocketFramer& framer, ByteView bytes, std::size_t piece) {
  std::vector<Item> all;
  for (; !bytes.empty(); bytes = bytes.subspan(std::min(piece, bytes.size()))) {
    for (auto& item : framer.feed(bytes.first(std::min(piece, bytes.size())))) all.push_back(std::move(item));
  }
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  WebSocketFramer whole_framer(longest_message), cut_framer(longest_message);
  const auto whole = items(whole_framer, bytes, size);
  const auto cut = items(cut_framer, bytes, 1);
  require(whole.size() == cut.size());
  for (std::size_t i = 0; i < whole.size(); ++i) {
    require(whole[i].kind == cut[i].kind && whole[i].payload == cut[i].payload &&
            whole[i].code == cut[i].code);
    switch (whole[i].kind) {
      case Item::Kind::message: require(whole[i].payload.size() <= longest_message); break;
      case Item::Kind::ping:
      case Item::Kind::pong: require(whole[i].payload.size() <= 125); break;
      case Item::Kind::close:
      case Item::Kind::broken: require(i + 1 == whole.size()); break;
    }
  }
  const bool over =
      !whole.empty() && (whole.back().kind == Item::Kind::close || whole.back().kind == Item::Kind::broken);
  require(over || whole_framer.in_message() == cut_framer.in_message());
  if (over) require(whole_framer.feed(bytes).empty());
  return 0;
}
