#include "web_socket.hpp"

#include <algorithm>
#include <utility>

#include "utf8.hpp"

namespace w2s::transport {
namespace {

constexpr std::string_view end_of_head = "\r\n\r\n";

}  // namespace

WebSocket::WebSocket(std::shared_ptr<ConnectionEvents> their_events, std::unique_ptr<ByteStream> byte_stream,
                     sip::Target peer)
    : Connection(std::move(their_events), std::move(byte_stream), std::move(peer), true),
      framer_(options().limits.message) {}

std::string WebSocket::answer_to_clear_http() const {
  return http_response({400, "This port speaks WebSocket over TLS: use wss:// here, not ws://."});
}

void WebSocket::take(std::string_view bytes) {
  if (over_) return;
  if (state() == State::handshaking)
    take_head(bytes);
  else
    take_frames(bytes);
}

void WebSocket::take_head(std::string_view bytes) {
  const auto from = head_.size() - std::min(head_.size(), end_of_head.size() - 1);
  head_ += bytes;
  if (begins_tls(head_))
    return answer({400, "This port speaks WebSocket without TLS: use ws:// here, not wss://."});
  const auto end = head_.find(end_of_head, from);
  if (std::min(end, head_.size()) > upgrade_head_limit)
    return answer({431, "The request's header fields are too large."});
  if (end == std::string::npos) return;
  const auto head = std::exchange(head_, std::string());
  const auto size = end + end_of_head.size();
  answer(judge_upgrade(std::string_view(head).substr(0, size), options().allow_origins));
  if (head.size() > size) take(std::string_view(head).substr(size));
}

void WebSocket::answer(const UpgradeAnswer& verdict) {
  enqueue(http_response(verdict));
  if (state() == State::closed) return;  // the answer was more than the queue takes
  if (verdict.status == 101) {
    next_ping_ = Clock::now() + options().ping_interval;
    return opened();
  }
  enter_closing(EndedBy::us, verdict.why);
  finish();
}

void WebSocket::take_frames(std::string_view bytes) {
  using Kind = WebSocketFramer::Item::Kind;
  const auto items = framer_.feed(as_bytes(bytes));
  if (!items.empty()) unanswered_pings_ = 0;
  // A ping between the fragments of a message does not buy that message more time.
  const auto is_message = [](const auto& item) { return item.kind == Kind::message; };
  if (!framer_.in_message() || std::any_of(items.begin(), items.end(), is_message))
    deadlines().nothing_partial();
  if (framer_.in_message()) {
    deadlines().partial(Clock::now());
    next_time_changed();
  }
  // RFC 6455 5.5.3: the newest ping alone needs a pong. One answer for all that one read brought, for the
  // keep-alives of RFC 5626 3.5.1 (left in use by RFC 7118 6: SIP.js waits for its pong) too: each is a send.
  const WebSocketFramer::Item* newest_ping = nullptr;
  bool keep_alive = false;
  for (const auto& item : items) {
    if (state() == State::closed) return;
    switch (item.kind) {
      case Kind::message:
        keep_alive |= item.payload == "\r\n\r\n";
        take_message(item.payload);
        break;
      case Kind::ping: newest_ping = &item; break;
      case Kind::pong: break;
      case Kind::close: end(EndedBy::peer, item.code, "closed by the peer"); break;
      case Kind::broken: end(EndedBy::us, item.code, item.payload); break;
    }
  }
  if (keep_alive) enqueue(framed("\r\n"));
  if (newest_ping != nullptr) enqueue(web_socket_frame(Opcode::pong, newest_ping->payload));
}

void WebSocket::take_message(std::string_view message) {
  const bool keep_alive = message.find_first_not_of("\r\n") == std::string_view::npos;
  if (state() == State::open && !keep_alive)
    message_came(sip::parse(message, sip::Framing::datagram, options().limits));
}

std::string WebSocket::framed(std::string message) const {
  // A browser would close on a text message that is not UTF-8.
  return web_socket_frame(is_utf8(message) ? Opcode::text : Opcode::binary, message);
}

// RFC 6455 7.1.2, 7.1.7: a close frame is answered with its code, a broken rule with the code that names it;
// unless ours went first, and this is the answer to it.
void WebSocket::end(EndedBy by, CloseCode code, std::string_view why) {
  if (state() == State::open) {
    enter_closing(by, why);
    say_close(code);
  }
  finish();
}

// The peer owes us nothing more, so the first end of TCP is ours (RFC 6455 7.1.1).
void WebSocket::finish() {
  over_ = true;
  flush();
}

void WebSocket::start_closing() {
  say_close(CloseCode::going_away);
  flush();
}

void WebSocket::say_close(CloseCode code) {
  if (!send_queue().push(close_frame(code))) over_ = true;  // a peer that reads so little needs no goodbye
}

void WebSocket::on_all_sent() {
  if (over_) say_goodbye();  // else the peer's close frame is awaited
}

void WebSocket::on_ping_time(Time now) {
  next_ping_ = now + options().ping_interval;
  if (unanswered_pings_ == 2) return abort("two pings went unanswered");
  ++unanswered_pings_;
  enqueue(web_socket_frame(Opcode::ping, {}));
}

}  // namespace w2s::transport
