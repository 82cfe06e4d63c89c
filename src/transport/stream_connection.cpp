#include "stream_connection.hpp"

#include <boost/asio/post.hpp>

namespace w2s::transport {

StreamConnection::StreamConnection(std::shared_ptr<ConnectionEvents> their_events,
                                   std::unique_ptr<ByteStream> stream, sip::Target peer, bool accepted)
    : Connection(std::move(their_events), std::move(stream), std::move(peer), accepted),
      framer_(options().limits) {}

void StreamConnection::on_secured() {
  opened();
  read();
}

void StreamConnection::read() {
  for (int reads = 0; reads < 16; ++reads) {
    if (state() == State::closed) return;
    if (state() == State::closing) return drain();
    const auto into = events().scratch();
    const auto result = stream().read(into);
    if (result.would_block()) {
      auto again = [this, self = shared_from_this()](error_code) { read(); };
      return stream().wait(result.wait, std::move(again));
    }
    if (result.error) return fail(result.error);
    const auto bytes = as_text(into.first(result.bytes));
    if (!has_received() && begins_tls(bytes)) return close("it speaks TLS on a port without TLS");
    take(bytes);
  }
  // Others wait as well. (TLS may hold bytes that the socket no longer shows, so it cannot be waited for.)
  boost::asio::post(stream().socket().get_executor(), [this, self = shared_from_this()] { read(); });
}

void StreamConnection::take(std::string_view bytes) {
  using Kind = sip::StreamFramer::Item::Kind;
  auto items = framer_.feed(bytes);
  if (!items.empty()) deadlines().nothing_partial();
  if (framer_.in_message()) deadlines().partial(Clock::now());
  next_time_changed();
  for (auto& item : items) {
    if (state() != State::open) return;
    switch (item.kind) {
      case Kind::ping: enqueue("\r\n"); break;
      case Kind::pong_received: break;
      case Kind::message: message_came(std::move(item.outcome)); break;
      case Kind::broken:
        message_came(std::move(item.outcome));
        close("no message begins where one must");
        break;
    }
  }
}

void StreamConnection::flush() {
  while (!writing_ && !send_queue().empty() && state() != State::closed) {
    const auto result = stream().write(send_queue().unsent());
    if (result.would_block()) {
      writing_ = true;
      auto again = [this, self = shared_from_this()](error_code) {
        writing_ = false;
        if (state() != State::closed) flush();
      };
      return stream().wait(result.wait, std::move(again));
    }
    if (result.error) return fail(result.error);
    send_queue().consume(result.bytes);
  }
  if (state() == State::closing && send_queue().empty()) say_goodbye();
}

void StreamConnection::start_closing() {
  flush();
}

}  // namespace w2s::transport
