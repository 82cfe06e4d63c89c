#pragma once
#include <functional>

#include "w2s/base/bytes.hpp"

struct bio_st;

namespace w2s::media::dtls {

// OpenSSL's way to the network for one association, one datagram per read and per write. A memory BIO would
// run the records of a flight together into one datagram larger than the path carries.
struct DatagramIo {
  static constexpr long mtu =
      1200;  // what fits any path that WebRTC works on, with IPv6 and TURN headers on top

  ByteView incoming;  // the datagram being read; empty: nothing there
  std::function<void(ByteView)>
      transmit;  // called inside OpenSSL: only sends, never calls back into the association
};

// A BIO over `io`, which must outlive it. nullptr when out of memory.
bio_st* new_datagram_bio(DatagramIo& io);

}  // namespace w2s::media::dtls
