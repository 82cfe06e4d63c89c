#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "w2s/base/address.hpp"
#include "w2s/base/result.hpp"
#include "w2s/base/time.hpp"
#include "w2s/net/dns.hpp"

namespace w2s::net {

struct ResolverOptions {
  Duration try_timeout = 1500ms;     // per nameserver in the first round; doubled in the second
  int tries = 2;                     // rounds over all nameservers
  Duration question_limit = 4s;      // whatever the number of nameservers
  std::size_t max_pending = 1000;    // questions under way at once (threats.md T11)
  std::size_t max_waiting = 10'000;  // callbacks waiting for them
  std::string hosts_file = "/etc/hosts";
  bool system_servers = true;  // ask those of /etc/resolv.conf, too
};

// Questions to the DNS, asked on the executor's thread without blocking. Answers are kept as long as they
// hold, absences too, failures for some seconds: a nameserver that is dead or slow is asked once per question
// and time, however many requests want to know.
class Resolver {
 public:
  // `nameservers` are asked before the system's (config entry nameserver), port 53 unless an Endpoint names
  // another.
  Resolver(boost::asio::any_io_executor executor, std::vector<Endpoint> nameservers,
           ResolverOptions options = {});
  ~Resolver();  // pending questions end without a call

  using Outcome = Result<DnsAnswer>;
  using Callback = std::function<void(const Outcome&)>;
  // What is known without asking; nullopt: ask().
  std::optional<Outcome> known(const DnsQuestion& question);
  // The callback never runs inside this call. The same question at the same time is asked once.
  void ask(const DnsQuestion& question, Callback callback);
  // The hosts file names it: its addresses are known, and no nameserver is to be asked about it.
  bool is_in_hosts_file(const std::string& name);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace w2s::net
