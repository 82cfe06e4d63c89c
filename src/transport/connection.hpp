#pragma once
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
  // A message, or a broken one that may be answered.
  virtual void on_message(Connection& connection, sip::ParseOutcome outcome) = 0;
  // No message passes any more; the socket may linger.
  virtual void on_flow_ended(Connection& connection, EndedBy by, std::string_view why) = 0;
  virtual void on_socket_closed(Connection& connection, std::string_view why) = 0;
  virtual void on_next_time_changed(Connection& connection) = 0;
  // Room for one read, shared by all connections: used up before the handler returns.
  virtual MutableByteView scratch() = 0;

 protected:
  ~ConnectionEvents() = default;
};

// One TCP, TLS, WS or WSS connection: connect or accept, handshake, messages, goodbye. What passes once it is
// secured is the business of StreamConnection and WebSocket.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  // `peer` names transport, both addresses, flow and host; `accepted`: the peer connected to us.
  Connection(ConnectionEvents& events, const Options& options, std::unique_ptr<ByteStream> stream,
             sip::Target peer, bool accepted);
  virtual ~Connection() = default;

  void start();                      // connects if we are to, then handshakes
  void send(std::string message);    // queues; over the limit the connection ends (threats.md T6)
  void close(std::string_view why);  // what is queued still leaves
  void abort(std::string_view why);  // at once
  void detach();                     // closes at once, without a word: the table is gone
  void hold(bool held);

  const sip::Target& peer() const { return peer_; }
  bool accepted() const { return accepted_; }
  bool is_open() const { return state_ == State::open; }
  bool is_closing() const { return state_ == State::closing; }
  std::optional<Time> next_time() const;
  void on_time(Time now);

  std::optional<Time> scheduled;  // the table's note of when it will call on_time() next

 protected:
  enum class State { connecting, handshaking, open, closing, closed };

  // The stream is ready, encrypted if it must be.
  virtual void on_secured() = 0;
  // Messages are queued.
  virtual void flush() = 0;
  // The connection is closing: flush, say goodbye.
  virtual void start_closing() = 0;
  virtual std::optional<Time> next_ping() const { return std::nullopt; }
  virtual void on_ping_time(Time) {}

  void opened();
  void enqueue(std::string bytes);  // as send(), for what is no SIP message
  void message_came(sip::ParseOutcome outcome);
  void fail(EndedBy by, std::string_view why);  // closes the socket, from any state
  void enter_closing(EndedBy by, std::string_view why);
  void say_goodbye() { stream_->shut_down(); }
  void drain();  // reads and drops until the peer has closed as well
  void next_time_changed();

  State state() const { return state_; }
  ConnectionEvents& events() { return *events_; }  // not once closed
  ByteStream& stream() { return *stream_; }
  SendQueue& send_queue() { return send_queue_; }
  FlowDeadlines& deadlines() { return deadlines_; }
  const Options& options() const { return options_; }

 private:
  void handshake();

  ConnectionEvents* events_;
  const Options& options_;
  std::unique_ptr<ByteStream> stream_;
  sip::Target peer_;
  bool accepted_;
  State state_;
  SendQueue send_queue_;
  FlowDeadlines deadlines_;
};

}  // namespace w2s::transport
