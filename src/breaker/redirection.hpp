#pragma once
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "w2s/sip/message.hpp"

namespace w2s::breaker {

// The targets of a redirected INVITE, one after the other (RFC 3261 8.1.3.4): by q, none twice, five at most.
class Redirection {
 public:
  static constexpr std::size_t limit = 5;

  explicit Redirection(const std::string& request_uri);
  // Takes the Contacts of a 3xx. A redirected target's own Contacts come before those that are left.
  void learn(const sip::Message& response);
  struct Target {
    sip::Uri uri;               // fit to be a Request-URI
    std::string diverted_from;  // the Request-URI whose 3xx named it
  };
  std::optional<Target> next();

 private:
  bool is_new(const sip::Uri& uri) const;

  std::vector<sip::Uri> known_;      // tried or waiting
  std::deque<Target> waiting_;
  std::string trying_;               // the Request-URI that is being tried
  bool secure_ = false;              // a sips call is not led to sip (RFC 3261 26.2.2)
};

}  // namespace w2s::breaker
