#include "w2s/net/deadline.hpp"

#include <boost/asio/steady_timer.hpp>

namespace w2s::net {

struct Deadline::State : std::enable_shared_from_this<State> {
  State(boost::asio::any_io_executor executor, std::function<void()> callback)
      : timer(std::move(executor)), on_expiry(std::move(callback)) {}

  void wait_until(Time when) {
    armed = when;
    timer.expires_at(when);  // cancels a wait for a later time
    timer.async_wait(
        [self = shared_from_this(), when](boost::system::error_code) { self->on_wait_ended(when); });
  }

  void on_wait_ended(Time when) {
    if (armed != when) return;  // replaced by an earlier one
    armed.reset();
    if (!due) return;
    if (*due > Clock::now()) return wait_until(*due);
    due.reset();
    on_expiry();
  }

  boost::asio::steady_timer timer;
  std::function<void()> on_expiry;
  std::optional<Time> due;
  std::optional<Time> armed;  // what the timer waits for: never later than `due`
};

Deadline::Deadline(boost::asio::any_io_executor executor, std::function<void()> on_expiry)
    : state_(std::make_shared<State>(std::move(executor), std::move(on_expiry))) {}

Deadline::~Deadline() {
  state_->due.reset();
  state_->timer.cancel();
}

void Deadline::set(std::optional<Time> due) {
  state_->due = due;
  if (due && (!state_->armed || *due < *state_->armed)) state_->wait_until(*due);
}

std::optional<Time> Deadline::due() const {
  return state_->due;
}

}  // namespace w2s::net
