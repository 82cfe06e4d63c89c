#pragma once
#include <map>
#include <queue>
#include <unordered_map>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "w2s/net/deadline.hpp"

#include "connection.hpp"
#include "delivery.hpp"
#include "tls/tls_context.hpp"

namespace w2s::transport {

// All connections: who may connect, which one leads to a target, and one timer for the deadlines of all.
class ConnectionTable final : public ConnectionEvents {
 public:
  ConnectionTable(boost::asio::any_io_executor executor, const Options& options, Log& log,
                  std::shared_ptr<Delivery> delivery);
  ~ConnectionTable();

  void accept(sip::Transport transport, tcp::socket socket);
  // Failures are told through Delivery, later.
  void send(std::string message, const sip::Target& target);

  const Connection* find_open(sip::FlowId flow) const;
  void hold(sip::FlowId flow, bool held);
  void close(sip::FlowId flow);
  void close_all();  // without a word

 private:
  // Connections of our own are found by address and by the name their certificate was checked for (threats.md
  // 5: one to the same address under another name proves nothing).
  using Peer = std::tuple<sip::Transport, Endpoint, std::string>;
  struct Outgoing {
    sip::FlowId flow;
    std::vector<sip::Target> targets;  // as they were sent to: their transactions fail with the connection
  };
  using Wake = std::pair<Time, sip::FlowId>;

  void on_open(Connection& connection) override;
  void on_message(Connection& connection, sip::ParseOutcome outcome) override;
  void on_flow_ended(Connection& connection, EndedBy by, std::string_view why) override;
  void on_socket_closed(Connection& connection, std::string_view why) override;
  void on_next_time_changed(Connection& connection) override;
  MutableByteView scratch() override { return scratch_; }

  bool is_full_for(const IpAddress& address) const;
  Connection* connect(const sip::Target& target);
  void send_out(std::string message, const sip::Target& target);
  std::shared_ptr<Connection> make(std::unique_ptr<ByteStream> stream, sip::Target peer, bool accepted);
  std::unique_ptr<ByteStream> make_stream(sip::Transport transport, tcp::socket socket, bool accepted,
                                          const std::string& host);
  // True if it was the one in use for its peer.
  bool forget_outgoing(const Connection& connection, bool tell);
  const TlsContext& tls();
  void on_time();

  boost::asio::any_io_executor executor_;
  const Options& options_;
  Log& log_;
  std::shared_ptr<Delivery> delivery_;
  std::unique_ptr<TlsContext> tls_;
  std::uint64_t last_flow_ = 0;
  std::unordered_map<sip::FlowId, std::shared_ptr<Connection>> connections_;
  std::map<Peer, Outgoing> outgoing_;
  std::unordered_map<IpAddress, std::size_t> accepted_from_;
  std::priority_queue<Wake, std::vector<Wake>, std::greater<>> wakes_;
  net::Deadline deadline_;
  Bytes scratch_;
};

}  // namespace w2s::transport
