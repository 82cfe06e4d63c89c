#include "scanner.hpp"

#include "w2s/base/address.hpp"

namespace w2s::sip {

std::string_view Scanner::take_host() {
  if (!at('[')) return take_while(chars::host);
  const auto close = text_.find(']', at_);
  if (close == std::string_view::npos) return {};
  const auto reference = text_.substr(at_, close + 1 - at_);
  if (!IpAddress::parse(reference)) return {};
  at_ = close + 1;
  return reference;
}

}  // namespace w2s::sip
