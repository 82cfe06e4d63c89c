#include "stream_connection.hpp"

namespace w2s::transport {

StreamConnection::StreamConnection(std::shared_ptr<ConnectionEvents> their_events,
                                   std::unique_ptr<ByteStream> stream, sip::Target peer, bool accepted)
    : Connection(std::move(their_events), std::move(stream), std::move(peer), accepted),
      framer_(options().limits) {}

void StreamConnection::take(std::string_view bytes) {
  using Kind = sip::StreamFramer::Item::Kind;
  if (state() != State::open) return;
  if (!has_received() && begins_tls(bytes)) return close("it speaks TLS on a port without TLS");
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

}  // namespace w2s::transport
