// Any bytes as a compound RTCP packet: read everything in it.
#include <cstdlib>

#include "w2s/rtp/rtcp.hpp"

using namespace w2s;
using namespace w2s::rtp;

namespace {

volatile unsigned sink;  // so that no read is optimised away

struct Reader {
  unsigned sum = 0;

  void add(const ReportBlocks& blocks) {
    for (std::size_t i = 0; i < blocks.size(); ++i) sum += blocks[i].extended_highest + blocks[i].jitter;
  }
  void operator()(const SenderReport& r) {
    sum += r.info.packets;
    add(r.blocks);
  }
  void operator()(const ReceiverReport& r) { add(r.blocks); }
  void operator()(const SourceDescription& d) {
    const Ssrc first{d.chunks.size() >= 4 ? load_be32(d.chunks.data()) : 0};
    for (const auto source : {first, Ssrc{7}})
      for (const char c : d.cname(source).value_or("")) sum += static_cast<unsigned char>(c);
  }
  void operator()(const Goodbye& b) {
    for (std::size_t i = 0; i < b.size(); ++i) sum += b[i].value;
  }
  void operator()(const Nack& n) {
    for (std::size_t i = 0; i < n.size(); ++i) sum += n[i].lost.value + n[i].following;
  }
  void operator()(const PictureLossIndication& p) { sum += p.media.value; }
  void operator()(const FullIntraRequest& f) {
    for (std::size_t i = 0; i < f.size(); ++i) sum += f[i].media.value + f[i].command;
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto compound = CompoundView::parse({data, size});
  if (!compound) return 0;
  Reader reader;
  std::size_t packets = 0;
  while (const auto packet = compound->next()) {
    std::visit(reader, *packet);
    if (++packets > size / 4) std::abort();  // more packets than there are headers
  }
  sink = reader.sum;
  return 0;
}
