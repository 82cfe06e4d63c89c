#pragma once
#include <optional>
#include <map>

#include "w2s/base/address.hpp"
#include "w2s/base/time.hpp"

namespace w2s::transport {

// The address that the kernel's routing picks to reach a peer; asked again after a few seconds, as routes
// change.
class SourceAddress {
 public:
  std::optional<IpAddress> towards(const IpAddress& remote, Time now);

 private:
  static std::optional<IpAddress> ask_kernel(const IpAddress& remote);

  std::map<IpAddress, std::optional<IpAddress>> known_;
  Time forget_at_{};
};

}  // namespace w2s::transport
