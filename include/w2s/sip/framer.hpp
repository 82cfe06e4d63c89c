#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "w2s/sip/message.hpp"

namespace w2s::sip {

struct ParsedHead;

// Cuts a TCP or TLS byte stream into messages by Content-Length (RFC 3261 18.3) and recognises CRLF keep-alives
// (RFC 5626 4.4.1). After an error the stream's framing is lost: answer if `answerable`, then close.
class StreamFramer {
 public:
  explicit StreamFramer(ParseLimits limits = {}) : limits_(limits) {}

  struct Item {
    // ping: CRLFCRLF (several in a row count as one), to be answered with CRLF.
    // message: one that is whole; outcome.failure when it must be refused but the next one's start is known.
    enum class Kind { message, ping, pong_received, broken } kind;
    ParseOutcome outcome;  // for message and broken
  };
  // Returns what the new bytes complete, in order; nothing after `broken`.
  [[nodiscard]] std::vector<Item> feed(std::string_view bytes);
  bool in_message() const { return !buffer_.empty() || pending_; }  // a body or head deadline is running

 private:
  // A head whose body has not arrived in full.
  struct Pending {
    Message message;
    error_code error;
    std::size_t body_length = 0;
  };
  // Each takes one thing off the front of `data`; false: it is not there, or not yet in full.
  bool take_keep_alives(std::string_view& data, std::vector<Item>& items);
  bool take_head(std::string_view& data, std::vector<Item>& items);
  bool take_body(std::string_view& data, std::vector<Item>& items);
  void break_off(ParsedHead head, std::vector<Item>& items);

  ParseLimits limits_;
  std::string buffer_;
  std::size_t scanned_ = 0;          // octets of buffer_ that hold no end of a head
  bool after_single_crlf_ = false;   // the first half of a ping, or a pong
  std::optional<Pending> pending_;
  bool broken_ = false;
};

}  // namespace w2s::sip
