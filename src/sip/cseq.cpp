#include "w2s/base/encoding.hpp"
#include "w2s/sip/message.hpp"

#include "grammar.hpp"
#include "scanner.hpp"

namespace w2s::sip {

Result<CSeqView> split_cseq(std::string_view text) {
  // RFC 3261 8.1.1.5: "The sequence number value MUST be expressible as a 32-bit unsigned integer and MUST be
  // less than 2**31."
  static constexpr std::uint32_t kMax = 0x7fffffff;
  Scanner in(trim_blanks(text));
  const auto number = parse_number<std::uint32_t>(in.take_while(chars::digit));
  if (!number || *number > kMax || !in.skip_blanks() || !is_token(in.rest())) return Errc::bad_cseq;
  return CSeqView{*number, in.rest()};
}

Result<CSeq> parse_cseq(std::string_view value) {
  const auto view = split_cseq(value);
  if (!view) return view.error();
  return CSeq{view->number, std::string(view->method)};
}

std::string CSeq::to_string() const {
  return std::to_string(number) + ' ' + method;
}

}  // namespace w2s::sip
