#pragma once
#include <map>
#include <queue>
#include <unordered_map>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "w2s/net/deadline.hpp"

#include "answer_budget.hpp"
#include "connection.hpp"
#include "delivery.hpp"
#include "reusable_connections.hpp"
#include "tls/tls_context.hpp"

namespace w2s::transport {

// All connections: who may connect, which one leads to a target, and one timer for the deadlines of all. It
// and its connections own each other until close_all().
class ConnectionTable final : public ConnectionEvents, public std::enable_shared_from_this<ConnectionTable> {
 public:
  ConnectionTable(boost::asio::any_io_executor executor, std::shared_ptr<const Options> options, Log& log,
                  std::shared_ptr<Delivery> delivery);

  void accept(sip::Transport transport, tcp::socket socket);
  // Failures are told through Delivery, later.
  void send(std::string message, const sip::Target& target);
  // RFC 5923: may a TLS peer reach `host`, which is us, over the connection that we open to it?
  bool can_be_aliased_as(std::string_view host) const { return tls_ && tls_->can_be_aliased_as(host); }
  void reload_certificates();

  const Connection* find_open(sip::FlowId flow) const;
  void hold(sip::FlowId flow, bool held);
  void close(sip::FlowId flow);
  void close_all();  // without a word

 private:
  using Wake = std::pair<Time, sip::FlowId>;

  void on_open(Connection& connection) override;
  void on_open_failed(Connection& connection, EndedBy by, std::string_view why) override;
  void on_message(Connection& connection, sip::ParseOutcome outcome) override;
  void on_flow_ended(Connection& connection, EndedBy by, std::string_view why) override;
  void on_socket_closed(Connection& connection, std::string_view why) override;
  void on_next_time_changed(Connection& connection) override;
  MutableByteView scratch() override { return scratch_; }
  const Options& options() const override { return *options_; }

  bool is_full_for(const IpAddress& address) const;
  void send_out(std::string message, const sip::Target& target);
  std::shared_ptr<Connection> find_reusable(const sip::Target& target);
  std::shared_ptr<Connection> connect(const sip::Target& target);  // nullptr: it cannot even begin
  bool resume(Connection& dead, const std::vector<sip::Target>& targets);
  void note_alias(Connection& connection, const sip::Message& request);
  void log_refused(const Connection& connection, std::string_view why);
  std::shared_ptr<Connection> make(std::unique_ptr<ByteStream> stream, sip::Target peer, bool accepted);
  std::unique_ptr<ByteStream> make_stream(sip::Transport transport, tcp::socket socket, bool accepted,
                                          const std::string& host);
  TlsContext& tls();
  void check_certificates();
  void on_time();

  boost::asio::any_io_executor executor_;
  std::shared_ptr<const Options> options_;
  Log& log_;
  std::shared_ptr<Delivery> delivery_;
  std::unique_ptr<TlsContext> tls_;
  std::uint64_t last_flow_ = 0;
  std::unordered_map<sip::FlowId, std::shared_ptr<Connection>> connections_;
  ReusableConnections reusable_;
  std::map<IpAddress, std::size_t> accepted_from_;
  std::priority_queue<Wake, std::vector<Wake>, std::greater<>> wakes_;
  AnswerBudget refusals_logged_{1};
  net::Deadline deadline_, certificate_check_;
  Bytes scratch_;
};

}  // namespace w2s::transport
