#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "w2s/base/bytes.hpp"

#include "stream_client.hpp"

namespace w2s::test {

enum class Opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

struct Frame {
  std::uint8_t first = 0;  // FIN, RSV, opcode
  std::string payload;

  bool fin() const { return (first & 0x80) != 0; }
  Opcode opcode() const { return static_cast<Opcode>(first & 0x0f); }
  unsigned close_code() const { return payload.size() < 2 ? 0 : load_be16(as_bytes(payload).data()); }
};

// A WebSocket client written from RFC 6455 by itself, so that it shares no bug with the gateway; it breaks every rule it
// is asked to break.
class WsClient {
 public:
  template <class... Args>
  explicit WsClient(Args&&... args) : stream(std::forward<Args>(args)...) {}

  static std::string upgrade(std::string_view extra = "Sec-WebSocket-Protocol: sip\r\n") {
    return "GET /any/path?x=1 HTTP/1.1\r\nHost: gateway.example\r\nUpgrade: websocket\r\n"
           "Connection: keep-alive, Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
           "Sec-WebSocket-Version: 13\r\n" +
           std::string(extra) + "\r\n";
  }

  // The HTTP answer; empty until it is whole. What follows it is kept for frames.
  std::string head() {
    const auto end = stream.received.find("\r\n\r\n");
    if (head_.empty() && end != std::string::npos) {
      head_ = stream.received.substr(0, end + 4);
      stream.received.erase(0, end + 4);
    }
    return head_;
  }

  static std::string frame(std::uint8_t first, std::string_view payload, bool masked = true) {
    std::string out(1, static_cast<char>(first));
    const auto mask_bit = static_cast<std::uint8_t>(masked ? 0x80 : 0);
    append_length(out, payload.size(), mask_bit);
    const std::string key = masked ? "\x11\x22\x33\x44" : "";
    out += key;
    for (std::size_t i = 0; i < payload.size(); ++i)
      out += masked ? static_cast<char>(payload[i] ^ key[i % 4]) : payload[i];
    return out;
  }
  // Only the head of a frame that announces `size` bytes.
  static std::string announce(Opcode opcode, std::uint64_t size, bool fin = true) {
    std::string out(1, static_cast<char>((fin ? 0x80 : 0) | static_cast<int>(opcode)));
    append_length(out, size, 0x80);
    return out + "\x11\x22\x33\x44";
  }
  void send(Opcode opcode, std::string_view payload, bool fin = true) {
    stream.write(frame(static_cast<std::uint8_t>((fin ? 0x80 : 0) | static_cast<int>(opcode)), payload));
  }

  // The next whole frame that came, once.
  std::optional<Frame> next() {
    const auto& in = stream.received;
    if (head().empty() || in.size() < 2) return std::nullopt;
    std::size_t size = static_cast<std::uint8_t>(in[1]) & 0x7f;
    masked_frame_came |= (static_cast<std::uint8_t>(in[1]) & 0x80) != 0;
    const std::size_t extended = size == 126 ? 2 : size == 127 ? 8 : 0;
    if (in.size() < 2 + extended) return std::nullopt;
    if (extended > 0) size = 0;
    for (std::size_t i = 0; i < extended; ++i) size = (size << 8) | static_cast<std::uint8_t>(in[2 + i]);
    if (in.size() < 2 + extended + size) return std::nullopt;
    Frame frame{static_cast<std::uint8_t>(in[0]), in.substr(2 + extended, size)};
    stream.received.erase(0, 2 + extended + size);
    return frame;
  }

  StreamClient stream;
  bool masked_frame_came = false;  // a server must not mask (RFC 6455 5.1)

 private:
  static void append_length(std::string& out, std::uint64_t size, std::uint8_t mask_bit) {
    const int extended = size < 126 ? 0 : size < 65536 ? 2 : 8;
    const auto code = static_cast<std::uint8_t>(extended == 0 ? size : extended == 2 ? 126 : 127);
    out += static_cast<char>(code | mask_bit);
    for (int i = extended - 1; i >= 0; --i) out += static_cast<char>((size >> (8 * i)) & 0xff);
  }

  std::string head_;
};

}  // namespace w2s::test
