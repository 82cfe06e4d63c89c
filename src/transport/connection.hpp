#pragma once
#include <list>
#include <memory>
#include <string>

#include "w2s/sip/message.hpp"
#include "w2s/sip/target.hpp"

#include "byte_stream.hpp"
#include "flow_deadlines.hpp"
#include "send_queue.hpp"

namespace w2s::transport {

class Connection;
enum class EndedBy { us, peer };

// What a connection tells its table, sometimes from inside a call into the connection: the table posts what
// it makes of it to its own owner. Only messages come from socket handlers alone.
class ConnectionEvents {
 public:
  virtual void on_open(Connection& connection) = 0;
  // It will never open. EndedBy::us: what came broke a rule.
  virtual void on_open_failed(Connection& connection, EndedBy by, std::string_view why) = 0;
  // A message, or a broken one that may be answered.
  virtual void on_message(Connection& connection, sip::ParseOutcome outcome) = 0;
  // No message passes any more; the socket may linger.
  virtual void on_flow_ended(Connection& connection, EndedBy by, std::string_view why) = 0;
  // Once, and last.
  virtual void on_socket_closed(Connection& connection, std::string_view why) = 0;
  virtual void on_next_time_changed(Connection& connection) = 0;
  // Room for one read, shared by all connections: used up before the handler returns.
  virtual MutableByteView scratch() = 0;
  virtual const Options& options() const = 0;

  virtual ~ConnectionEvents() = default;
};

// One TCP, TLS, WS or WSS connection: connect or accept, handshake, messages, goodbye. What the bytes mean
// that pass once it is secured is the business of StreamConnection and WebSocket. Whatever waits for the
// socket owns the connection, and the connection owns those it tells: a handler that runs late finds
// everything it needs, however the table has ended.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  // `peer` names transport, both addresses, flow and host; `accepted`: the peer connected to us.
  Connection(std::shared_ptr<ConnectionEvents> events, std::unique_ptr<ByteStream> stream, sip::Target peer,
             bool accepted);
  virtual ~Connection() = default;

  void start();                      // connects if we are to, then handshakes
  void send(std::string message);    // queues; over the limit the connection ends (threats.md T6)
  void refuse(std::string message);  // as send(), and the connection stays as idle as it was
  void close(std::string_view why);  // what is queued still leaves
  void abort(std::string_view why);  // at once
  void detach();                     // closes at once, without a word: the table is gone
  void hold(bool held);

  const sip::Target& peer() const { return peer_; }
  bool accepted() const { return accepted_; }
  bool is_open() const { return state_ == State::open; }
  bool is_closing() const { return state_ == State::closing; }
  bool is_closed() const { return state_ == State::closed; }
  std::optional<Time> next_time() const;
  void on_time(Time now);
  // The peer has sent a SIP message, so this is a SIP peer that is alive.
  bool has_received() const { return deadlines_.greeted(); }
  bool peer_has_closed() { return stream_->peer_has_closed(); }
  bool proves(std::string_view host) const { return stream_->proves(host); }
  bool reads_too_little() const { return send_queue_.overflowed(); }
  // What has not left, or not whole; of a StreamConnection that has ended.
  std::list<std::string> take_unsent() { return send_queue_.take_all(); }

  std::optional<Time> scheduled;  // the table's note of when it will call on_time() next

 protected:
  enum class State { connecting, handshaking, open, closing, closed };

  // The stream is ready, encrypted if it must be; then reading begins.
  virtual void on_secured() {}
  // What a peer is told that speaks HTTP where TLS must begin.
  virtual std::string answer_to_clear_http() const { return {}; }
  // What the peer sent, until we have said goodbye. The connection may be closing or, after it, closed.
  virtual void take(std::string_view bytes) = 0;
  // A SIP message as it goes over the stream.
  virtual std::string framed(std::string message) const { return message; }
  // The connection is closing: say so, and flush.
  virtual void start_closing() { flush(); }
  // The connection is closing and all that was queued has left.
  virtual void on_all_sent() { say_goodbye(); }
  virtual std::optional<Time> next_ping() const { return std::nullopt; }
  virtual void on_ping_time(Time) {}

  void opened();
  void enqueue(std::string bytes);  // as send(), for what is no SIP message
  void flush();
  void message_came(sip::ParseOutcome outcome);
  void fail(EndedBy by, std::string_view why);  // closes the socket, from any state
  void fail(const error_code& error);           // of the stream
  void enter_closing(EndedBy by, std::string_view why);
  void say_goodbye();  // what still comes until the peer has closed as well is dropped
  void next_time_changed();
  // A TLS handshake record (RFC 8446 5.1) where a clear message should begin.
  static bool begins_tls(std::string_view bytes) { return !bytes.empty() && bytes.front() == '\x16'; }

  State state() const { return state_; }
  ConnectionEvents& events() { return *events_; }
  ByteStream& stream() { return *stream_; }
  SendQueue& send_queue() { return send_queue_; }
  FlowDeadlines& deadlines() { return deadlines_; }
  const Options& options() const { return events_->options(); }

 private:
  void handshake();
  void read();
  void handshake_failed(const error_code& error);
  void write_failed(const error_code& error);
  void tell_end(State before, EndedBy by, std::string_view why);

  std::shared_ptr<ConnectionEvents> events_;
  std::unique_ptr<ByteStream> stream_;
  sip::Target peer_;
  bool accepted_;
  State state_;
  bool writing_ = false;    // the socket is full and waited for
  error_code write_error_;  // nothing leaves any more
  bool said_goodbye_ = false;
  SendQueue send_queue_;
  FlowDeadlines deadlines_;
};

}  // namespace w2s::transport
