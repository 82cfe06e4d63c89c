#pragma once
#include <memory>
#include <string>
#include <vector>

#include "connection.hpp"

namespace w2s::transport {

// SIP over WS or WSS (RFC 7118) for a connection that was accepted.
std::shared_ptr<Connection> make_web_socket(std::shared_ptr<ConnectionEvents> events,
                                            std::unique_ptr<ByteStream> stream, sip::Target peer);

// How an HTTP request for a WebSocket is answered: 101, or a refusal with one sentence that says why.
struct UpgradeAnswer {
  int status = 101;
  std::string_view why;
};
// `head` ends with the empty line. `allow_origins` empty: any Origin.
UpgradeAnswer judge_upgrade(std::string_view head, const std::vector<std::string>& allow_origins);
std::string refusal(const UpgradeAnswer& answer);  // the whole HTTP response

}  // namespace w2s::transport
