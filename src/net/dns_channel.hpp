#pragma once
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "w2s/net/deadline.hpp"
#include "w2s/net/dns.hpp"

struct ares_channeldata;

namespace w2s::net {

// Single questions to the nameservers, through c-ares on the executor's thread. Knows nothing of earlier
// answers.
class DnsChannel : public std::enable_shared_from_this<DnsChannel> {
 public:
  struct Options {
    Duration try_timeout;
    int tries;
    bool system_servers;
  };
  DnsChannel(boost::asio::any_io_executor executor, Options options);
  ~DnsChannel() { stop(); }
  DnsChannel(const DnsChannel&) = delete;
  DnsChannel& operator=(const DnsChannel&) = delete;

  // `nameservers` are asked before the system's, if those are to be asked. Throws std::runtime_error.
  void start(const std::vector<Endpoint>& nameservers);
  void stop();  // questions under way end without a call
  using Done = std::function<void(Result<DnsAnswer>)>;
  void ask(const DnsQuestion& question, Done done);  // `done` may run inside the call
  std::size_t under_way() const { return under_way_; }

 private:
  // One socket of c-ares, watched but not owned: c-ares opens and closes it.
  struct Socket {
    explicit Socket(const boost::asio::any_io_executor& executor) : descriptor(executor) {}
    boost::asio::posix::stream_descriptor descriptor;
    bool want_read = false, want_write = false;
    bool reading = false, writing = false;
  };
  struct Query {
    DnsChannel* channel;
    DnsQuestion question;
    Done done;
  };

  static void on_socket_state(void* self, int fd, int readable, int writable);
  static void on_answer(void* query, int status, int timeouts, unsigned char* bytes, int size);
  void watch(int fd, bool readable, bool writable);
  void wait(int fd, const std::shared_ptr<Socket>& socket);
  void on_ready(int fd, const std::shared_ptr<Socket>& socket, bool readable);
  void on_time();
  void arm();

  boost::asio::any_io_executor executor_;
  Options options_;
  Deadline deadline_;
  ares_channeldata* channel_ = nullptr;
  std::unordered_map<int, std::shared_ptr<Socket>> sockets_;
  std::size_t under_way_ = 0;
};

}  // namespace w2s::net
