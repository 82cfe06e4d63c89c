#include "tcp_acceptor.hpp"

#include "w2s/base/result.hpp"
#include "w2s/base/time.hpp"

namespace w2s::transport {
namespace {

bool is_exhaustion(const error_code& error) {
  return error.value() == EMFILE || error.value() == ENFILE || error.value() == ENOBUFS ||
         error.value() == ENOMEM;
}

}  // namespace

TcpAcceptor::TcpAcceptor(boost::asio::ip::tcp::acceptor acceptor, Log& log, OnAccept on_accept)
    : acceptor_(std::move(acceptor)),
      timer_(acceptor_.get_executor()),
      log_(log),
      on_accept_(std::move(on_accept)) {}

void TcpAcceptor::start() {
  accept();
}

void TcpAcceptor::close() {
  error_code ignored;
  acceptor_.close(ignored);
  timer_.cancel();
}

void TcpAcceptor::accept() {
  acceptor_.async_accept([self = shared_from_this()](error_code error, boost::asio::ip::tcp::socket socket) {
    if (!self->acceptor_.is_open()) return;
    if (is_exhaustion(error)) return self->pause(error.message());
    self->pausing_ = false;
    if (!error) self->on_accept_(std::move(socket));  // else the peer went away while it was queued
    if (self->acceptor_.is_open()) self->accept();
  });
}

void TcpAcceptor::pause(const std::string& why) {
  if (!pausing_) log_.warn("cannot accept connections", {{"why", why}});
  pausing_ = true;
  timer_.expires_after(100ms);
  timer_.async_wait([self = shared_from_this()](error_code) {
    if (self->acceptor_.is_open()) self->accept();
  });
}

}  // namespace w2s::transport
