#include "byte_stream.hpp"

#include <poll.h>
#include <sys/socket.h>

namespace w2s::transport {
namespace {

error_code last_error() {
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return boost::asio::error::would_block;
  return {errno, boost::system::system_category()};
}

}  // namespace

void ByteStream::wait(tcp::socket::wait_type type, WaitHandler handler) {
  socket_.async_wait(type, std::move(handler));
}

void ByteStream::close() {
  error_code ignored;
  socket_.close(ignored);
}

IoResult ByteStream::read(MutableByteView into) {
  const auto count = ::recv(socket_.native_handle(), into.data(), into.size(), MSG_DONTWAIT);
  if (count < 0) return {0, last_error(), tcp::socket::wait_read};
  if (count == 0) return {0, boost::asio::error::eof, tcp::socket::wait_read};
  return {static_cast<std::size_t>(count), {}, tcp::socket::wait_read};
}

IoResult ByteStream::write(ByteView from) {
  const auto count = ::send(socket_.native_handle(), from.data(), from.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (count < 0) return {0, last_error(), tcp::socket::wait_write};
  return {static_cast<std::size_t>(count), {}, tcp::socket::wait_write};
}

bool ByteStream::peer_has_closed() {
  pollfd state{socket_.native_handle(), POLLRDHUP, 0};
  return ::poll(&state, 1, 0) > 0 && (state.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

void ByteStream::shut_down() {
  error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
}

}  // namespace w2s::transport
