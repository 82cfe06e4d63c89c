#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "w2s/base/address.hpp"
#include "w2s/base/result.hpp"

namespace w2s::net {

// A and AAAA look-ups through c-ares on the executor's thread; nothing blocks.
class Resolver {
 public:
  // `nameservers` are asked before the system's (config entry nameserver), port 53 unless an Endpoint names another.
  Resolver(boost::asio::any_io_executor executor, std::vector<Endpoint> nameservers);
  ~Resolver();  // pending look-ups end without a call

  using Callback = std::function<void(Result<std::vector<IpAddress>>)>;
  // Addresses in the order to try (RFC 6724 as c-ares sorts); an empty answer is an error. Numeric hosts answer too.
  // The callback never runs inside this call.
  void resolve(const std::string& host, Callback callback);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace w2s::net
