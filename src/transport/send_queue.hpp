#pragma once
#include <list>
#include <string>
#include <utility>

#include "w2s/base/bytes.hpp"

namespace w2s::transport {

// Messages on their way to a peer, at most `limit` bytes of them (threats.md T6). A list, because an empty
// deque keeps half a kilobyte for each idle connection.
class SendQueue {
 public:
  // What a message takes besides its bytes: a peer that only pings must not get more than others for its pongs.
  static constexpr std::size_t overhead = 64;

  explicit SendQueue(std::size_t limit) : limit_(limit) {}

  [[nodiscard]] bool push(std::string message) {
    if (message.size() + overhead > limit_ - bytes_) {
      overflowed_ = true;
      return false;
    }
    bytes_ += message.size() + overhead;
    messages_.push_back(std::move(message));
    return true;
  }
  bool overflowed() const { return overflowed_; }
  bool empty() const { return messages_.empty(); }
  const std::string& front() const { return messages_.front(); }
  ByteView unsent() const { return as_bytes(front()).subspan(sent_); }
  // `count` bytes of unsent() have left. True: that was the rest of the message.
  bool consume(std::size_t count) {
    sent_ += count;
    if (sent_ < front().size()) return false;
    pop();
    return true;
  }
  std::list<std::string> take_all() {
    bytes_ = sent_ = 0;
    return std::exchange(messages_, {});
  }

 private:
  void pop() {
    bytes_ -= front().size() + overhead;
    sent_ = 0;
    messages_.pop_front();
  }

  std::size_t limit_;
  std::size_t bytes_ = 0;
  std::size_t sent_ = 0;  // of the first message
  bool overflowed_ = false;
  std::list<std::string> messages_;
};

}  // namespace w2s::transport
