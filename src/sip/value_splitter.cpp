#include "value_splitter.hpp"

#include <algorithm>

#include "scanner.hpp"

namespace w2s::sip {
namespace {

// Where the first value ends. Something left open runs to the end: the value's own parser refuses it.
std::size_t end_of_value(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    switch (text[i]) {
      case ',': return i;
      case '<': i = std::min(text.find('>', i), text.size() - 1); break;
      case '"': {
        Scanner in(text.substr(i));
        const auto quoted = in.take_quoted();
        i = quoted ? i + quoted->size() - 1 : text.size() - 1;
        break;
      }
    }
  }
  return text.size();
}

}  // namespace

bool ValueSplitter::next(std::string_view& value) {
  while (!rest_.empty()) {
    const auto end = end_of_value(rest_);
    value = trim_blanks(rest_.substr(0, end));
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    if (!value.empty()) return true;
  }
  return false;
}

}  // namespace w2s::sip
