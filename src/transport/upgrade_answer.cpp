#include "w2s/base/hash.hpp"

#include "upgrade.hpp"

namespace w2s::transport {
namespace {

std::string_view reason_phrase(int status) {
  switch (status) {
    case 403: return "Forbidden";
    case 426: return "Upgrade Required";
    case 431: return "Request Header Fields Too Large";
    default: return "Bad Request";
  }
}

// RFC 6455 4.2.2.
std::string acceptance(const std::string& key) {
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Accept: " +
         base64_sha1(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11") +
         "\r\nSec-WebSocket-Protocol: sip\r\n\r\n";
}

}  // namespace

std::string http_response(const UpgradeAnswer& answer) {
  if (answer.status == 101) return acceptance(answer.key);
  std::string text = "HTTP/1.1 " + std::to_string(answer.status) + " ";
  text.append(reason_phrase(answer.status)).append("\r\n");
  // RFC 7231 6.5.15 and RFC 6455 4.4: what would be accepted instead.
  if (answer.status == 426) text += "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
  text += answer.status == 426 ? "Connection: Upgrade, close\r\n" : "Connection: close\r\n";
  text +=
      "Content-Type: text/plain; charset=utf-8\r\nContent-Length: " + std::to_string(answer.why.size() + 1) +
      "\r\n\r\n";
  return text.append(answer.why).append("\n");
}

}  // namespace w2s::transport
