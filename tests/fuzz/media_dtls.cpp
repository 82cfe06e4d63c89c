// Datagrams at a passive DTLS association: each input is a sequence of them, two octets of length before
// each.
#include <cstdlib>

#include "media/dtls/association.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace w2s;
  namespace dtls = media::dtls;
  static const dtls::Context context;
  ByteView rest(data, size);
  std::size_t sent = 0;
  dtls::Association association(context, dtls::Role::passive, "sha-256 00", [&](ByteView datagram) {
    if (datagram.size() > static_cast<std::size_t>(dtls::DatagramIo::mtu)) std::abort();
    sent += datagram.size();
  });
  while (rest.size() > 2) {
    const auto length = std::min<std::size_t>(load_be16(rest.data()), rest.size() - 2);
    association.on_datagram(rest.subspan(2, length));
    association.on_time();
    rest = rest.subspan(2 + length);
  }
  // Nobody without the fingerprint's key gets this far.
  if (association.state() == dtls::Association::State::connected || association.take_keys()) std::abort();
  return 0;
}
