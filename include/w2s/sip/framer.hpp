#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "w2s/sip/message.hpp"

namespace w2s::sip {

// Cuts a TCP or TLS byte stream into messages by Content-Length (RFC 3261 18.3) and recognises CRLF keep-alives
// (RFC 5626 4.4.1). After an error the stream's framing is lost: answer if `answerable`, then close.
class StreamFramer {
 public:
  explicit StreamFramer(ParseLimits limits = {}) : limits_(limits) {}

  struct Item {
    enum class Kind { message, ping, pong_received, broken } kind;  // ping: a CRLFCRLF that is to be answered with CRLF
    ParseOutcome outcome;                                           // for message and broken
  };
  // Returns what the new bytes complete, in order; nothing after `broken`.
  [[nodiscard]] std::vector<Item> feed(std::string_view bytes);
  bool in_message() const { return !buffer_.empty(); }  // a body or head deadline is running

 private:
  ParseLimits limits_;
  std::string buffer_;
  std::size_t scanned_ = 0;
  bool broken_ = false;
};

}  // namespace w2s::sip
