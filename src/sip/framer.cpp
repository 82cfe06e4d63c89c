#include "w2s/sip/framer.hpp"

#include <algorithm>

#include "parser.hpp"

namespace w2s::sip {
namespace {

constexpr std::string_view kCrlf = "\r\n";
constexpr std::string_view kBlankLine = "\r\n\r\n";

// RFC 3261 20.14: over a stream Content-Length must be there. Without one we take it that there is no body,
// unless the head says that there is: then nobody knows where the next message begins.
void check_framing(ParsedHead& head) {
  if (!head.content_length && head.message.count(HeaderId::content_type) > 0)
    head.defect_in_framing(Errc::bad_content_length);
}

}  // namespace

std::vector<StreamFramer::Item> StreamFramer::feed(std::string_view bytes) {
  std::vector<Item> items;
  if (broken_) return items;
  const bool buffered = !buffer_.empty();
  if (buffered) buffer_ += bytes;
  std::string_view data = buffered ? std::string_view(buffer_) : bytes;
  while (pending_ ? take_body(data, items) : take_keep_alives(data, items) || take_head(data, items)) {
  }
  if (broken_)
    buffer_.clear();
  else if (buffered)
    buffer_.erase(0, buffer_.size() - data.size());
  else
    buffer_ = data;
  return items;
}

// RFC 5626 4.4.1. A ping may come in two pieces; whoever sends only pongs gets at most one needless CRLF for
// two of them.
bool StreamFramer::take_keep_alives(std::string_view& data, std::vector<Item>& items) {
  if (data.empty() || data == kCrlf.substr(0, 1)) return false;
  std::size_t crlfs = 0;
  for (; data.substr(0, kCrlf.size()) == kCrlf; ++crlfs) data.remove_prefix(kCrlf.size());
  if (crlfs > 0 && after_single_crlf_) ++crlfs;
  after_single_crlf_ = crlfs % 2 != 0;
  if (crlfs > 0) items.push_back({crlfs > 1 ? Item::Kind::ping : Item::Kind::pong_received, {}});
  return crlfs > 0;
}

bool StreamFramer::take_head(std::string_view& data, std::vector<Item>& items) {
  const auto end = data.substr(0, limits_.head).find(kBlankLine, scanned_);
  if (end == std::string_view::npos) {
    const auto longest_line = limits_.line + kCrlf.size();
    const bool endless_line =
        data.size() >= longest_line && data.substr(0, longest_line).find(kCrlf) == data.npos;
    if (data.size() > limits_.head || endless_line) {
      auto head = MessageParser(limits_).parse_head(data.substr(0, limits_.head));
      head.error = Errc::too_large;
      break_off(std::move(head), items);
    }
    scanned_ = data.size() - std::min(data.size(), kBlankLine.size() - 1);
    return false;
  }
  auto head = MessageParser(limits_).parse_head(data.substr(0, end + kCrlf.size()));
  data.remove_prefix(end + kBlankLine.size());
  scanned_ = 0;
  check_framing(head);
  if (end + head.content_length.value_or(0) > limits_.message) head.defect_in_framing(Errc::too_large);
  if (head.framing_lost) {
    break_off(std::move(head), items);
    return false;
  }
  pending_ = Pending{std::move(head.message), head.error, head.content_length.value_or(0)};
  return true;
}

bool StreamFramer::take_body(std::string_view& data, std::vector<Item>& items) {
  if (data.size() < pending_->body_length) return false;
  ParsedHead head;
  head.message = std::move(pending_->message);
  head.error = pending_->error;
  items.push_back(
      {Item::Kind::message, MessageParser::finish(std::move(head), data.substr(0, pending_->body_length))});
  data.remove_prefix(pending_->body_length);
  pending_.reset();
  return true;
}

void StreamFramer::break_off(ParsedHead head, std::vector<Item>& items) {
  broken_ = true;
  items.push_back({Item::Kind::broken, MessageParser::finish(std::move(head), {})});
}

}  // namespace w2s::sip
