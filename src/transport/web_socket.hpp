#pragma once
#include "connection.hpp"
#include "upgrade.hpp"
#include "web_socket_framer.hpp"

namespace w2s::transport {

// SIP over WS or WSS (RFC 7118) for a connection that was accepted: an HTTP upgrade, then frames.
class WebSocket final : public Connection {
 public:
  WebSocket(std::shared_ptr<ConnectionEvents> their_events, std::unique_ptr<ByteStream> byte_stream,
            sip::Target peer);

 private:
  void take(std::string_view bytes) override;
  std::string framed(std::string message) const override;
  std::string answer_to_clear_http() const override;
  void start_closing() override;
  void on_all_sent() override;
  std::optional<Time> next_ping() const override { return next_ping_; }
  void on_ping_time(Time now) override;

  void take_head(std::string_view bytes);
  void answer(const UpgradeAnswer& verdict);
  void take_frames(std::string_view bytes);
  void take_message(std::string_view message);
  void end(EndedBy by, CloseCode code, std::string_view why);
  void finish();
  void say_close(CloseCode code);

  std::string head_;  // of the upgrade, while it is coming
  WebSocketFramer framer_;
  std::optional<Time> next_ping_;
  int unanswered_pings_ = 0;
  bool over_ = false;  // nothing that comes counts any more: goodbye follows what is queued
};

}  // namespace w2s::transport
