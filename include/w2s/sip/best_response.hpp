#pragma once
#include <optional>
#include <vector>

#include "w2s/sip/message.hpp"

namespace w2s::sip {

// The failures of the branches of one request, of which one goes back (RFC 3261 16.7 steps 6 and 7).
class BestResponse {
 public:
  void add(Message final_failure);  // 300-699
  bool empty() const { return !best_.has_value(); }
  // The one to send, with the challenges of all branches in it; then there is none.
  std::optional<Message> take();

 private:
  void keep_challenges(const Message& response);

  std::optional<Message> best_;
  std::vector<Field> challenges_;  // of those that were not chosen
};

}  // namespace w2s::sip
