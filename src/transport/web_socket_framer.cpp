#include "web_socket_framer.hpp"

#include <algorithm>
#include <utility>

#include "utf8.hpp"

namespace w2s::transport {
namespace {

constexpr std::size_t longest_control = 125;  // RFC 6455 5.5
constexpr std::size_t key_size = 4;

// 7.4.1, 7.4.2: what an endpoint may say. 1004 to 1006 and 1015 stand for what was not said.
bool is_sendable(unsigned code) {
  if (code >= 3000) return code < 5000;
  return code >= 1000 && code <= 1014 && (code < 1004 || code > 1006);
}

}  // namespace

std::string web_socket_frame(Opcode opcode, std::string_view payload) {
  std::string frame;
  frame.reserve(payload.size() + 10);
  frame += static_cast<char>(0x80 | static_cast<int>(opcode));
  const std::size_t length_size = payload.size() < 126 ? 0 : payload.size() < 65536 ? 2 : 8;
  frame += static_cast<char>(length_size == 0 ? payload.size() : length_size == 2 ? 126 : 127);
  for (auto i = length_size; i-- > 0;) frame += static_cast<char>((payload.size() >> (8 * i)) & 0xff);
  return frame.append(payload);
}

std::string close_frame(CloseCode code) {
  if (code == CloseCode::no_status) return web_socket_frame(Opcode::close, {});
  std::uint8_t bytes[2];
  store_be16(bytes, static_cast<std::uint16_t>(code));
  return web_socket_frame(Opcode::close, as_text(bytes));
}

std::vector<WebSocketFramer::Item> WebSocketFramer::feed(ByteView bytes) {
  std::vector<Item> items;
  while (!over_ && (in_payload_ ? take_payload(bytes, items) : take_head(bytes, items))) {
  }
  return items;
}

std::size_t WebSocketFramer::length_size() const {
  const auto length = head_[1] & 0x7f;
  return length < 126 ? 0 : length == 126 ? 2 : 8;
}

// As far as the bytes that are here can tell.
std::size_t WebSocketFramer::wanted_head() const {
  return head_size_ < 2 ? 2 : 2 + length_size() + key_size;
}

bool WebSocketFramer::take_head(ByteView& bytes, std::vector<Item>& items) {
  while (head_size_ < wanted_head()) {
    if (bytes.empty()) return false;
    head_[head_size_++] = bytes.front();
    bytes = bytes.subspan(1);
    if (head_size_ != 2) continue;
    if (const auto broken = check_start(); !broken.why.empty()) {
      break_off(broken, items);
      return false;
    }
  }
  std::uint64_t length = head_[1] & 0x7f;
  if (const auto size = length_size(); size > 0) {
    length = 0;
    for (std::size_t i = 0; i < size; ++i) length = (length << 8) | head_[2 + i];
  }
  if (const auto broken = check_length(length); !broken.why.empty()) {
    break_off(broken, items);
    return false;
  }
  left_ = static_cast<std::size_t>(length);
  unmasked_ = 0;
  in_payload_ = true;
  return true;
}

WebSocketFramer::Broken WebSocketFramer::check_start() const {
  constexpr auto code = CloseCode::protocol_error;
  if ((head_[0] & 0x70) != 0) return {code, "a reserved bit is set and no extension was agreed on"};
  if ((head_[1] & 0x80) == 0) return {code, "a frame is not masked"};
  switch (opcode()) {
    case Opcode::continuation:
      if (!in_fragments_) return {code, "a continuation continues nothing"};
      break;
    case Opcode::text:
    case Opcode::binary:
      if (in_fragments_) return {code, "a message begins within another one"};
      break;
    case Opcode::close:
    case Opcode::ping:
    case Opcode::pong: break;
    default: return {code, "an opcode is reserved"};
  }
  if (!is_control()) return {};
  if (!is_final()) return {code, "a control frame is fragmented"};
  if ((head_[1] & 0x7f) > longest_control) return {code, "a control frame is too long"};
  return {};
}

// 5.2: the shortest form of a length is the only one, and its highest bit is clear.
WebSocketFramer::Broken WebSocketFramer::check_length(std::uint64_t length) const {
  const auto size = length_size();
  if ((size == 2 && length < 126) || (size == 8 && (length < 65536 || length >> 63 != 0)))
    return {CloseCode::protocol_error, "a length is not in its shortest form"};
  if (!is_control() && length > longest_message_ - message_.size())
    return {CloseCode::too_big, "a message is too long"};
  return {};
}

bool WebSocketFramer::take_payload(ByteView& bytes, std::vector<Item>& items) {
  const auto count = std::min(bytes.size(), left_);
  auto& payload = is_control() ? control_ : message_;
  const auto before = payload.size();
  payload.append(as_text(bytes.first(count)));
  const auto* key = &head_[2 + length_size()];
  for (auto i = before; i < payload.size(); ++i)
    payload[i] = static_cast<char>(payload[i] ^ key[unmasked_++ % key_size]);
  bytes = bytes.subspan(count);
  left_ -= count;
  if (left_ > 0) return false;
  finish_frame(items);
  return true;
}

void WebSocketFramer::finish_frame(std::vector<Item>& items) {
  in_payload_ = false;
  head_size_ = 0;
  switch (opcode()) {
    case Opcode::ping: return items.push_back({Item::Kind::ping, std::exchange(control_, std::string())});
    case Opcode::pong: return items.push_back({Item::Kind::pong, std::exchange(control_, std::string())});
    case Opcode::close: return finish_close(items);
    case Opcode::continuation: break;
    case Opcode::text:
    case Opcode::binary: is_text_ = opcode() == Opcode::text; break;
  }
  in_fragments_ = !is_final();
  if (!in_fragments_) finish_message(items);
}

void WebSocketFramer::finish_close(std::vector<Item>& items) {
  over_ = true;
  if (control_.empty()) return items.push_back({Item::Kind::close, {}, CloseCode::no_status});
  const unsigned code = control_.size() < 2 ? 0 : load_be16(as_bytes(control_).data());
  if (!is_sendable(code))
    return break_off({CloseCode::protocol_error, "a close frame has no such code"}, items);
  auto reason = control_.substr(2);
  if (!is_utf8(reason)) return break_off({CloseCode::invalid_payload, "a close reason is not UTF-8"}, items);
  items.push_back({Item::Kind::close, std::move(reason), static_cast<CloseCode>(code)});
}

void WebSocketFramer::finish_message(std::vector<Item>& items) {
  if (is_text_ && !is_utf8(message_))
    return break_off({CloseCode::invalid_payload, "a text is not UTF-8"}, items);
  items.push_back({Item::Kind::message, std::exchange(message_, std::string())});
}

void WebSocketFramer::break_off(const Broken& broken, std::vector<Item>& items) {
  over_ = true;
  items.push_back({Item::Kind::broken, std::string(broken.why), broken.code});
}

}  // namespace w2s::transport
