#include "connection.hpp"

#include <cstring>
#include <utility>

#include <boost/asio/post.hpp>

namespace w2s::transport {

Connection::Connection(std::shared_ptr<ConnectionEvents> events, std::unique_ptr<ByteStream> stream,
                       sip::Target peer, bool accepted)
    : events_(std::move(events)),
      stream_(std::move(stream)),
      peer_(std::move(peer)),
      accepted_(accepted),
      state_(accepted ? State::handshaking : State::connecting),
      send_queue_(options().send_queue_limit),
      deadlines_(options(), accepted) {}

void Connection::start() {
  if (accepted_) {
    deadlines_.handshaking(Clock::now());
    next_time_changed();
    return handshake();
  }
  deadlines_.connecting(Clock::now(), peer_.tentative);
  next_time_changed();
  sockaddr_storage address;
  const auto length = peer_.remote.to_sockaddr(address);
  tcp::endpoint remote;
  std::memcpy(remote.data(), &address, length);
  remote.resize(length);
  stream_->socket().async_connect(remote, [this, self = shared_from_this()](error_code error) {
    if (state_ == State::closed) return;
    if (error) return fail(error);
    const auto local = stream_->socket().local_endpoint(error);
    if (!error) peer_.local = Endpoint::from_sockaddr(local.data());
    state_ = State::handshaking;
    deadlines_.handshaking(Clock::now());
    next_time_changed();
    handshake();
  });
}

void Connection::handshake() {
  if (state_ == State::closed) return;
  const auto result = stream_->handshake();
  if (result.would_block()) {
    stream_->wait(result.wait, [this, self = shared_from_this()](error_code) { handshake(); });
    return;
  }
  if (result.error) return handshake_failed(result.error);
  on_secured();
  read();
}

void Connection::read() {
  auto again = [this, self = shared_from_this()](error_code) { read(); };
  const auto long_enough = Clock::now() + 2ms;
  for (int reads = 0; reads == 0 || (reads < 16 && Clock::now() < long_enough); ++reads) {
    if (state_ == State::closed) return;
    const auto into = events_->scratch();
    const auto result = stream_->read(into);
    if (write_error_ && (result.error || result.would_block())) return fail(write_error_);
    if (result.would_block()) return stream_->wait(result.wait, std::move(again));
    if (result.error) return state_ == State::closing ? fail(EndedBy::peer, "closed") : fail(result.error);
    if (!said_goodbye_) take(as_text(into.first(result.bytes)));
    // Nearly always that was all, and the next read would only find it out.
    if (result.bytes < into.size() && !stream_->holds_bytes()) {
      if (state_ == State::closed) return;
      return stream_->wait(tcp::socket::wait_read, std::move(again));
    }
  }
  // Others wait as well. (TLS may hold bytes that the socket no longer shows, so it cannot be waited for.)
  boost::asio::post(stream_->socket().get_executor(), [again = std::move(again)] { again({}); });
}

void Connection::handshake_failed(const error_code& error) {
  const bool gone = error == boost::asio::error::eof || error == boost::asio::error::connection_reset;
  if (gone) return fail(EndedBy::peer, "it hung up in the middle of the handshake");
  // A browser that was told ws:// for wss:// shows its user nothing; whoever tries by hand sees a sentence.
  if (accepted_ && stream_->is_clear_http(error))
    stream_->ByteStream::write(as_bytes(answer_to_clear_http()));
  fail(EndedBy::us, stream_->explain(error));
}

void Connection::opened() {
  state_ = State::open;
  deadlines_.opened(Clock::now());
  next_time_changed();
  events_->on_open(*this);
  if (!send_queue_.empty()) flush();
}

void Connection::message_came(sip::ParseOutcome outcome) {
  // A broken one is no sign of a SIP peer, and must not keep the connection; nor must its refusal.
  if (outcome.message) deadlines_.message(Clock::now(), true);
  events_->on_message(*this, std::move(outcome));
}

void Connection::send(std::string message) {
  deadlines_.message(Clock::now(), false);
  enqueue(framed(std::move(message)));
}

void Connection::refuse(std::string message) {
  enqueue(framed(std::move(message)));
}

void Connection::enqueue(std::string bytes) {
  if (state_ == State::closing || state_ == State::closed) return;
  if (!send_queue_.push(std::move(bytes))) return fail(EndedBy::peer, "it does not read");
  if (state_ == State::open) flush();
}

void Connection::flush() {
  if (write_error_) return;
  while (!writing_ && !send_queue_.empty() && state_ != State::closed) {
    const auto result = stream_->write(send_queue_.unsent());
    if (result.would_block()) {
      writing_ = true;
      deadlines_.sending(Clock::now());
      next_time_changed();
      auto again = [this, self = shared_from_this()](error_code) {
        writing_ = false;
        if (state_ != State::closed) flush();
      };
      return stream_->wait(result.wait, std::move(again));
    }
    if (result.error) return write_failed(result.error);
    if (send_queue_.consume(result.bytes)) deadlines_.message_left();
  }
  if (state_ == State::closing && send_queue_.empty()) on_all_sent();
}

// What the peer said before it hung up has come, and may be in the middle of being heard: the end follows it.
// What has not left stays in the queue, for take_unsent().
void Connection::write_failed(const error_code& error) {
  if (state_ != State::open) return fail(error);
  write_error_ = error;
  boost::asio::post(stream_->socket().get_executor(), [this, self = shared_from_this()] { read(); });
}

void Connection::close(std::string_view why) {
  if (state_ == State::connecting || state_ == State::handshaking) return abort(why);
  if (state_ != State::open) return;
  enter_closing(EndedBy::us, why);
  start_closing();
}

void Connection::abort(std::string_view why) {
  fail(EndedBy::us, why);
}

void Connection::enter_closing(EndedBy by, std::string_view why) {
  const auto before = std::exchange(state_, State::closing);
  deadlines_.closing(Clock::now());
  next_time_changed();
  tell_end(before, by, why);
}

void Connection::fail(EndedBy by, std::string_view why) {
  if (state_ == State::closed) return;
  const auto before = std::exchange(state_, State::closed);
  stream_->close();
  tell_end(before, by, why);
  events_->on_socket_closed(*this, why);
}

void Connection::fail(const error_code& error) {
  fail(EndedBy::peer, stream_->explain(error));
}

void Connection::tell_end(State before, EndedBy by, std::string_view why) {
  switch (before) {
    case State::connecting:
    case State::handshaking: return events_->on_open_failed(*this, by, why);
    case State::open: return events_->on_flow_ended(*this, by, why);
    case State::closing:
    case State::closed: return;
  }
}

void Connection::detach() {
  state_ = State::closed;
  stream_->close();
}

void Connection::say_goodbye() {
  if (said_goodbye_) return;
  said_goodbye_ = true;
  stream_->shut_down();
}

void Connection::hold(bool held) {
  deadlines_.hold(held, Clock::now());
  next_time_changed();
}

std::optional<Time> Connection::next_time() const {
  if (state_ == State::closed) return std::nullopt;
  return state_ == State::open ? earlier(deadlines_.next_time(), next_ping()) : deadlines_.next_time();
}

void Connection::on_time(Time now) {
  if (state_ == State::closed) return;
  if (const auto why = deadlines_.expired(now); !why.empty())
    return state_ == State::open && !deadlines_.unread(now) ? close(why) : abort(why);
  if (state_ == State::open && next_ping() && *next_ping() <= now) on_ping_time(now);
}

void Connection::next_time_changed() {
  events_->on_next_time_changed(*this);
}

}  // namespace w2s::transport
