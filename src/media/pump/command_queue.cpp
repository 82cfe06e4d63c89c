#include "media/pump/command_queue.hpp"

#include <cerrno>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace w2s::media {

CommandQueue::CommandQueue() : fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (fd_ < 0) throw std::system_error(errno, std::system_category(), "cannot make an eventfd");
}

CommandQueue::~CommandQueue() {
  ::close(fd_);
}

void CommandQueue::push(Command command) {
  bool was_empty = false;
  {
    const std::lock_guard lock(mutex_);
    was_empty = waiting_.empty();
    waiting_.push_back(std::move(command));
  }
  // Whoever finds the queue empty wakes the pump; those after it would only write the same again.
  if (was_empty) ::eventfd_write(fd_, 1);
}

void CommandQueue::take(std::vector<Command>& out) {
  out.clear();
  eventfd_t ignored = 0;
  ::eventfd_read(fd_, &ignored);  // before the queue is emptied, or a wake-up in between would be lost
  const std::lock_guard lock(mutex_);
  std::swap(out, waiting_);
}

}  // namespace w2s::media
