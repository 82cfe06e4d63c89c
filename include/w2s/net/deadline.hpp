#pragma once
#include <functional>
#include <memory>
#include <optional>

#include <boost/asio/any_io_executor.hpp>

#include "w2s/base/time.hpp"

namespace w2s::net {

// One Asio timer driven by an engine's next_time(): set() after every call into the engine. Setting a later
// time, the usual case, costs no system call: the timer wakes at the earlier one and goes back to sleep.
class Deadline {
 public:
  // `on_expiry` runs on the executor, never inside set(), once per expiry; the deadline is then unset.
  Deadline(boost::asio::any_io_executor executor, std::function<void()> on_expiry);
  ~Deadline();  // `on_expiry` is not called any more; may happen inside it
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  void set(std::optional<Time> due);  // nullopt: never
  std::optional<Time> due() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace w2s::net
