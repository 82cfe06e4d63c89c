#pragma once
#include <mutex>
#include <variant>
#include <vector>

#include "w2s/leg/leg.hpp"

namespace w2s::media {

struct Stop {};
using Command = std::variant<leg::OpenLeg, leg::OpenVideo, leg::LegPlan, leg::SendDtmf, leg::RequestKeyFrame, leg::ReplaceLeg,
                             leg::DropLeg, leg::CloseMedia, Stop>;

// The way from any thread to a pump: messages, and an eventfd that wakes the pump's epoll.
class CommandQueue {
 public:
  CommandQueue();  // throws std::system_error
  ~CommandQueue();
  CommandQueue(const CommandQueue&) = delete;
  CommandQueue& operator=(const CommandQueue&) = delete;

  int fd() const { return fd_; }  // readable while commands wait
  void push(Command command);
  // Everything that waits, oldest first, into `out`, whose memory is used again.
  void take(std::vector<Command>& out);

 private:
  const int fd_;
  std::mutex mutex_;
  std::vector<Command> waiting_;
};

}  // namespace w2s::media
