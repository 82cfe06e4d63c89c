#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "w2s/base/address.hpp"
#include "w2s/base/result.hpp"
#include "w2s/base/time.hpp"

namespace w2s::net {

struct ResolverOptions {
  Duration try_timeout = 2s;         // per nameserver in the first round; doubled in the second
  int tries = 2;                     // rounds over all nameservers
  Duration lookup_deadline = 6s;     // whatever the number of nameservers
  std::size_t max_pending = 1000;    // names asked at once (threats.md T11)
  std::size_t max_waiting = 10'000;  // callbacks waiting for them
};

// A and AAAA look-ups through c-ares on the executor's thread; nothing blocks.
class Resolver {
 public:
  // `nameservers` are asked before the system's (config entry nameserver), port 53 unless an Endpoint names
  // another.
  Resolver(boost::asio::any_io_executor executor, std::vector<Endpoint> nameservers,
           ResolverOptions options = {});
  ~Resolver();  // pending look-ups end without a call

  using Callback = std::function<void(Result<std::vector<IpAddress>>)>;
  // Addresses in the order to try (RFC 6724 as c-ares sorts); an empty answer is an error. Numeric hosts
  // answer too. The callback never runs inside this call. Look-ups of one name at the same time share one
  // query.
  void resolve(const std::string& host, Callback callback);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace w2s::net
