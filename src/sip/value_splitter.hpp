#pragma once
#include <string_view>

namespace w2s::sip {

// Cuts a list header's value at its commas; those inside quotes and angle brackets belong to the value. Empty
// values are left out (RFC 3261 25.1 allows none, phones send `Supported: ,`).
class ValueSplitter {
 public:
  explicit ValueSplitter(std::string_view text) : rest_(text) {}
  // False at the end. `value` is trimmed and points into the text.
  bool next(std::string_view& value);
  // What stands behind the comma that ended the last value.
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

}  // namespace w2s::sip
