#pragma once
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "w2s/base/bytes.hpp"

namespace w2s::transport {

enum class Opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

// RFC 6455 7.4.1.
enum class CloseCode : std::uint16_t {
  normal = 1000,
  going_away = 1001,
  protocol_error = 1002,
  no_status = 1005,  // never on the wire: the peer gave none
  invalid_payload = 1007,
  too_big = 1009,
};

std::string web_socket_frame(Opcode opcode, std::string_view payload);  // of a server: not masked
std::string close_frame(CloseCode code);

// Cuts what a WebSocket client sends into frames, joins fragments to messages and checks both (RFC 6455 5
// and 8.1). Sans-IO; between messages it holds no memory.
class WebSocketFramer {
 public:
  explicit WebSocketFramer(std::size_t longest_message) : longest_message_(longest_message) {}

  struct Item {
    // broken: the connection fails, `payload` says why and `code` goes into the close frame.
    enum class Kind { message, ping, pong, close, broken } kind;
    std::string payload;  // unmasked
    CloseCode code = CloseCode::no_status;
  };
  // Returns what the new bytes complete, in order; nothing after `close` or `broken`.
  [[nodiscard]] std::vector<Item> feed(ByteView bytes);
  bool in_message() const { return head_size_ > 0 || in_payload_ || in_fragments_; }

 private:
  struct Broken {
    CloseCode code;
    std::string_view why;  // empty: it is not
  };
  bool take_head(ByteView& bytes, std::vector<Item>& items);
  bool take_payload(ByteView& bytes, std::vector<Item>& items);
  void finish_frame(std::vector<Item>& items);
  void finish_close(std::vector<Item>& items);
  void finish_message(std::vector<Item>& items);
  void break_off(const Broken& broken, std::vector<Item>& items);
  std::size_t length_size() const;
  std::size_t wanted_head() const;
  Broken check_start() const;
  Broken check_length(std::uint64_t length) const;
  bool is_control() const { return (head_[0] & 0x08) != 0; }
  bool is_final() const { return (head_[0] & 0x80) != 0; }
  Opcode opcode() const { return static_cast<Opcode>(head_[0] & 0x0f); }

  std::size_t longest_message_;
  std::array<std::uint8_t, 14> head_{};  // of the current frame
  std::uint8_t head_size_ = 0;           // of it, while it is coming
  bool in_payload_ = false;
  bool in_fragments_ = false;  // a message has begun and its last frame has not
  bool is_text_ = false;       // that message
  bool over_ = false;
  std::size_t unmasked_ = 0, left_ = 0;  // of the frame's payload
  std::string message_;
  std::string control_;  // may come between fragments
};

}  // namespace w2s::transport
