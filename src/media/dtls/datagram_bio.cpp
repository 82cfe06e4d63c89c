#include "media/dtls/datagram_bio.hpp"

#include <algorithm>
#include <utility>

#include <openssl/bio.h>

namespace w2s::media::dtls {
namespace {

DatagramIo& io_of(BIO* bio) {
  return *static_cast<DatagramIo*>(BIO_get_data(bio));
}

int read_datagram(BIO* bio, char* out, int size) {
  BIO_clear_retry_flags(bio);
  const ByteView datagram = std::exchange(io_of(bio).incoming, {});
  if (datagram.empty() || size <= 0) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const auto taken = std::min(datagram.size(), static_cast<std::size_t>(size));
  std::copy_n(datagram.begin(), taken, reinterpret_cast<std::uint8_t*>(out));
  return static_cast<int>(taken);
}

int write_datagram(BIO* bio, const char* data, int size) {
  BIO_clear_retry_flags(bio);
  if (size > 0)
    io_of(bio).transmit({reinterpret_cast<const std::uint8_t*>(data), static_cast<std::size_t>(size)});
  return size;
}

long control(BIO*, int command, long, void*) {
  switch (command) {
    case BIO_CTRL_FLUSH: return 1;
    case BIO_CTRL_DGRAM_QUERY_MTU:
    case BIO_CTRL_DGRAM_GET_FALLBACK_MTU: return DatagramIo::mtu;
    default: return 0;
  }
}

BIO_METHOD* make_method() {
  BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "w2s datagram");
  if (method == nullptr) return nullptr;
  BIO_meth_set_read(method, read_datagram);
  BIO_meth_set_write(method, write_datagram);
  BIO_meth_set_ctrl(method, control);
  return method;
}

}  // namespace

bio_st* new_datagram_bio(DatagramIo& io) {
  static BIO_METHOD* const method = make_method();  // for the life of the process, shared by all threads
  if (method == nullptr) return nullptr;
  BIO* bio = BIO_new(method);
  if (bio == nullptr) return nullptr;
  BIO_set_data(bio, &io);
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace w2s::media::dtls
