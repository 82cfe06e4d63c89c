// Any bytes as a compound RTCP packet: read everything in it, and write the feedback in it anew.
#include <array>
#include <cstdlib>

#include "w2s/rtp/rtcp.hpp"

using namespace w2s;
using namespace w2s::rtp;

namespace {

volatile unsigned sink;  // so that no read is optimised away

// What we have written, as its only reader reads it.
template <class Packet>
Packet read_back(ByteView written) {
  auto compound = CompoundView::parse(written);
  const auto packet = compound ? compound->next() : std::nullopt;
  if (!packet || !std::holds_alternative<Packet>(*packet)) std::abort();
  return std::get<Packet>(*packet);
}

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
  void operator()(const PictureLossIndication& p) {
    std::array<std::uint8_t, 12> out;
    const auto read = read_back<PictureLossIndication>(ByteView(out).first(write_pli(out, p)));
    if (read.sender != p.sender || read.media != p.media) std::abort();
  }
  void operator()(const FullIntraRequest& f) {
    for (std::size_t i = 0; i < f.size(); ++i) {
      std::array<std::uint8_t, 20> out;
      const auto read = read_back<FullIntraRequest>(ByteView(out).first(write_fir(out, f.sender, f[i])));
      if (read.sender != f.sender || read.size() != 1 || read[0].media != f[i].media ||
          read[0].command != f[i].command)
        std::abort();
    }
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
