#pragma once
#include <functional>
#include <thread>
#include <unordered_map>
#include <variant>
#include <vector>

#include "w2s/media/session.hpp"

#include "media/leg_context.hpp"
#include "media/pump/command_queue.hpp"
#include "media/pump/media_table.hpp"
#include "media/pump/packet_arena.hpp"

namespace w2s::media {

// One thread that owns the packets of its calls: their sockets, keys and counters. Everything but push() and
// counters() happens on it.
class Pump final : private SocketWatcher {
 public:
  // Binds ice_port + index and starts the thread; throws std::system_error.
  Pump(unsigned index, const Options& options, Log& log, std::function<void(Sessions::Reply)> on_reply);
  ~Pump();

  void push(Command command) { commands_.push(std::move(command)); }
  const PumpCounters& counters() const { return counters_; }

 private:
  // What an epoll event is about, by descriptor.
  struct Watched {
    PhoneLeg* leg = nullptr;
    Use use;
  };
  class Epoll {
   public:
    Epoll();
    ~Epoll();
    Epoll(const Epoll&) = delete;
    Epoll& operator=(const Epoll&) = delete;
    bool add(int fd);
    int fd() const { return fd_; }

   private:
    const int fd_;
  };

  bool watch(int fd, PhoneLeg& leg, Use use) override;
  void unwatch(int fd) override;

  void run();
  int wait_milliseconds(Time now) const;
  void watch_own(int fd);
  void on_readable(Time now, int fd);
  void read_browsers(Time now, int fd);
  void read_phone(Time now, int fd, const Watched& watched);
  void carry_out(Time now, Command& command);

  const Options& options_;
  Log& log_;
  std::function<void(Sessions::Reply)> on_reply_;
  SystemRng rng_;
  Epoll epoll_;
  CommandQueue commands_;
  BrowserPort browser_port_;
  dtls::Context dtls_;
  PumpCounters counters_;
  LegContext context_;
  std::unordered_map<int, Watched> watched_;
  PacketArena arena_;
  MediaTable table_;
  std::vector<Command> taken_;
  Time next_tick_{};
  bool stopping_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace w2s::media
