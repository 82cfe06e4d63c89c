// Any bytes as an RTP packet: read every field, rewrite it, replace its extensions, and read it again.
#include <algorithm>
#include <cstdlib>

#include "w2s/rtp/demux.hpp"
#include "w2s/rtp/packet.hpp"
#include "w2s/rtp/telephone_event.hpp"

using namespace w2s;
using namespace w2s::rtp;

namespace {

volatile unsigned sink;  // so that no read is optimised away

void check(bool holds) {
  if (!holds) std::abort();
}

unsigned sum_of(const PacketView& packet) {
  unsigned sum = packet.marker() + packet.payload_type().value + packet.timestamp();
  for (std::size_t i = 0; i < packet.csrc_count(); ++i) sum += packet.csrc(i).value;
  auto walk = packet.extensions();
  while (const auto element = walk.next())
    for (const auto byte : element->data) sum += byte;
  for (const auto byte : packet.payload()) sum += byte;
  if (const auto event = parse_telephone_event(packet.payload())) sum += event->duration;
  return sum;
}

void replace_and_compare(const PacketView& packet, Bytes bytes) {
  const auto length = bytes.size();
  bytes.resize(length + 64);
  const ExtensionElement mid{4, as_bytes("audio")};
  const auto new_length = replace_extensions(bytes, length, {&mid, 1});
  check(new_length != 0);
  const auto again = PacketView::parse(ByteView(bytes).first(new_length));
  check(again && again->ssrc() == packet.ssrc() && as_text(again->extension(4).value()) == "audio");
  check(std::equal(again->payload().begin(), again->payload().end(), packet.payload().begin(),
                   packet.payload().end()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input(data, size);
  const auto kind = classify(input);
  const auto packet = PacketView::parse(input);
  if (!packet) return 0;
  check(kind == PacketKind::rtp || kind == PacketKind::rtcp);
  check(packet->header().size() + packet->payload().size() + packet->padding() == size);
  sink = sum_of(*packet);
  replace_and_compare(*packet, Bytes(input.begin(), input.end()));
  return 0;
}
