#pragma once
#include "w2s/sip/framer.hpp"

#include "connection.hpp"

namespace w2s::transport {

// SIP over TCP and TLS (RFC 3261 18.3): messages cut by Content-Length, CRLF keep-alives (RFC 5626 4.4.1).
class StreamConnection final : public Connection {
 public:
  StreamConnection(std::shared_ptr<ConnectionEvents> their_events, std::unique_ptr<ByteStream> stream,
                   sip::Target peer, bool accepted);

 private:
  void on_secured() override { opened(); }
  void take(std::string_view bytes) override;

  sip::StreamFramer framer_;
};

}  // namespace w2s::transport
