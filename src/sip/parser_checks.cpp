#include <array>

#include "w2s/base/encoding.hpp"

#include "grammar.hpp"
#include "header_names.hpp"
#include "parser.hpp"
#include "scanner.hpp"
#include "value_splitter.hpp"

namespace w2s::sip {
namespace {

using Counts = std::array<std::uint16_t, kHeaderIds>;

std::uint16_t& of(Counts& counts, HeaderId id) {
  return counts[static_cast<std::size_t>(id)];
}

// threats.md T2: digits only; twice the same number is harmless, two numbers are a smuggling attempt.
void check_content_length(ParsedHead& head, std::string_view value, const ParseLimits& limits) {
  const auto number = chars::all(value, chars::digit) ? parse_number<std::uint64_t>(value) : std::nullopt;
  if (!number || (head.content_length && *head.content_length != *number))
    return head.defect_in_framing(Errc::bad_content_length);
  if (*number > limits.message) return head.defect_in_framing(Errc::too_large);
  head.content_length = static_cast<std::size_t>(*number);
}

void check_vias(ParsedHead& head, std::string_view value) {
  ValueSplitter splitter(value);
  std::string_view via;
  if (!splitter.next(via)) return head.defect(Errc::bad_via);
  do {
    if (!split_via(via)) return head.defect(Errc::bad_via);
  } while (splitter.next(via));
}

void check_address(ParsedHead& head, std::string_view value) {
  if (check_name_addr(value) || value == "*") head.defect(Errc::bad_address);
}

void check_addresses(ParsedHead& head, const Field& field) {
  ValueSplitter splitter(field.value);
  for (std::string_view value; splitter.next(value);) {
    if (check_name_addr(value)) return head.defect(Errc::bad_address);
    if (value == "*" && field.id != HeaderId::contact) return head.defect(Errc::bad_address);
  }
}

void check_cseq(ParsedHead& head, std::string_view value) {
  const auto cseq = split_cseq(value);
  if (!cseq) return head.defect(Errc::bad_cseq);
  if (head.message.is_request() && cseq->method != head.message.method()) head.defect(Errc::method_mismatch);
}

// RFC 3261 8.1.1.4: word [ "@" word ], hence without blanks.
void check_call_id(ParsedHead& head, std::string_view value) {
  if (value.empty() || value.find_first_of(" \t") != std::string_view::npos) head.defect(Errc::bad_header);
}

// RFC 3261 20.22: "an integer in the range 0-255".
void check_max_forwards(ParsedHead& head, std::string_view value) {
  if (!parse_number<std::uint8_t>(value)) head.defect(Errc::bad_header);
}

void check_field(ParsedHead& head, const Field& field, const ParseLimits& limits) {
  switch (field.id) {
    case HeaderId::content_length: return check_content_length(head, field.value, limits);
    case HeaderId::via: return check_vias(head, field.value);
    case HeaderId::from:
    case HeaderId::to: return check_address(head, field.value);
    case HeaderId::contact:
    case HeaderId::route:
    case HeaderId::record_route: return check_addresses(head, field);
    case HeaderId::cseq: return check_cseq(head, field.value);
    case HeaderId::call_id: return check_call_id(head, field.value);
    case HeaderId::max_forwards: return check_max_forwards(head, field.value);
    default: return;
  }
}

}  // namespace

void check_headers(ParsedHead& head, const ParseLimits& limits) {
  Counts counts{};
  for (const auto& field : head.message.fields()) {
    if (++of(counts, field.id) > 1 && is_single_header(field.id)) head.defect(Errc::duplicate_header);
    check_field(head, field, limits);
  }
  // Max-Forwards is required too, but RFC 2543 did not know it: a proxy adds it (RFC 3261 16.6 step 3).
  for (const auto id : {HeaderId::via, HeaderId::from, HeaderId::to, HeaderId::call_id, HeaderId::cseq})
    if (of(counts, id) == 0) head.defect(Errc::missing_header);
}

}  // namespace w2s::sip
