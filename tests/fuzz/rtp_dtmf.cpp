// Any bytes as one peer's telephone-event packets over time, carried into another stream: presses are told in
// order, each ends once, and whatever comes in, the sender comes to rest.
#include <cstdlib>

#include "w2s/base/bytes.hpp"
#include "w2s/rtp/dtmf_receiver.hpp"
#include "w2s/rtp/dtmf_sender.hpp"

using namespace w2s;
using namespace w2s::rtp;

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

struct Carrier {
  DtmfReceiver receiver;
  DtmfSender sender{8000};
  Time now{1h};
  std::uint32_t last_ended = 0;

  void follow(const KeyPress& press) {
    check(press.number > last_ended);
    if (press.ended) last_ended = press.number;
    (void)sender.follow(now, press);
  }
  void pass(Duration time) {
    now += time;
    if (const auto press = receiver.on_time(now)) follow(*press);
    while (const auto packet = sender.on_time(now, {1, 48000})) check(packet->event.volume <= 63);
  }
};

}  // namespace

// Steps of 16 octets: time, clock, then timestamp, marker and up to two events.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteView rest(data, size);
  Carrier carrier;
  while (rest.size() >= 16) {
    Bytes packet(header_size);
    write_header(packet, {(rest[2] & 1) != 0, {101}, {1}, load_be32(&rest[4]), {rest[3]}});
    packet.insert(packet.end(), rest.begin() + 8, rest.begin() + 16);
    const std::uint32_t clock_rate = (rest[2] & 2) != 0 ? 48000 : 8000;
    for (const auto& press : carrier.receiver.on_packet(carrier.now, *PacketView::parse(packet), clock_rate))
      carrier.follow(press);
    carrier.sender.set_clock_rate((rest[2] & 4) != 0 ? 48000 : 8000);
    carrier.pass(std::chrono::milliseconds(load_be16(&rest[0]) % 1000));
    rest = rest.subspan(16);
  }
  carrier.pass(1s);
  for (int i = 0; carrier.sender.active(); ++i) {
    check(i < 2'000'000);
    carrier.pass(carrier.sender.next_time().value() - carrier.now);
  }
  return 0;
}
