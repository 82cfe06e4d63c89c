#include "parser.hpp"

#include <algorithm>

#include "w2s/base/encoding.hpp"

#include "grammar.hpp"
#include "scanner.hpp"

namespace w2s::sip {
namespace {

constexpr std::string_view kCrlf = "\r\n";

// Cuts the next line off `text`; a CR or LF alone does not end a line (threats.md T2). False: no CRLF is
// left.
bool next_line(std::string_view& text, std::string_view& line) {
  const auto end = text.find(kCrlf);
  line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + kCrlf.size());
  return end != std::string_view::npos;
}

bool starts_folded(std::string_view text) {
  return !text.empty() && chars::is(text.front(), chars::blank);
}

// RFC 3261 25.1: quoted-pair admits NUL (RFC 4475 3.1.1.2 has one); anywhere else it is an attack.
bool has_nul_only_in_quoted_pairs(std::string_view line) {
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"')
      quoted = !quoted;
    else if (quoted && line[i] == '\\')
      ++i;
    else if (line[i] == '\0')
      return false;
  }
  return true;
}

bool has_bare_line_end(std::string_view line) {
  return line.find('\r') != std::string_view::npos || line.find('\n') != std::string_view::npos;
}

bool has_nul(std::string_view line) {
  return line.find('\0') != std::string_view::npos;
}

bool starts_with_sip(std::string_view text) {
  return iequals(text.substr(0, 4), "SIP/");
}

enum class Version { sip_2_0, other, malformed };

Version version_of(std::string_view text) {
  if (iequals(text, "SIP/2.0")) return Version::sip_2_0;
  if (!starts_with_sip(text)) return Version::malformed;
  Scanner in(text.substr(4));
  const bool well_formed = !in.take_while(chars::digit).empty() && in.take('.') &&
                           !in.take_while(chars::digit).empty() && in.done();
  return well_formed ? Version::other : Version::malformed;
}

}  // namespace

ParsedHead MessageParser::parse_head(std::string_view head) {
  out_ = {};
  out_.message.fields_.reserve(16);
  std::string_view line;
  const bool terminated = next_line(head, line);
  if (line.size() > limits_.line) out_.defect_in_framing(Errc::too_large);
  if (!terminated || has_bare_line_end(line) || has_nul(line)) out_.defect_in_framing(Errc::bad_start_line);
  start_line(line);
  header_lines(head);
  check_headers(out_, limits_);
  return std::move(out_);
}

void MessageParser::start_line(std::string_view line) {
  if (starts_with_sip(line))
    status_line(line);
  else
    request_line(line);
}

// Exactly one SP between the three parts: what is laxer leaves it open where the Request-URI ends (RFC
// 4475 3.1.2.8-10).
void MessageParser::request_line(std::string_view line) {
  auto& message = out_.message;
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  const auto method = line.substr(0, first);
  if (is_token(method)) message.method_ = method;
  if (first == last || !is_token(method)) return out_.defect_in_framing(Errc::bad_start_line);

  const auto uri = line.substr(first + 1, last - first - 1);
  switch (version_of(line.substr(last + 1))) {
    case Version::sip_2_0: break;
    case Version::other: out_.defect(Errc::bad_version); break;
    case Version::malformed: return out_.defect_in_framing(Errc::bad_start_line);
  }
  const auto parsed = split_uri(uri);
  if (!parsed) return out_.defect(Errc::bad_uri);
  if (parsed->host.empty()) return out_.defect(Errc::bad_scheme);
  // RFC 3261 19.1.1: a Request-URI has no headers.
  if (!parsed->headers.empty()) return out_.defect(Errc::bad_uri);
  message.request_uri_ = uri;
}

void MessageParser::status_line(std::string_view line) {
  auto& message = out_.message;
  message.status_ = 400;  // until it is known: whatever begins with SIP/ is never answered
  const auto space = line.find(' ');
  if (space == std::string_view::npos) return out_.defect_in_framing(Errc::bad_start_line);
  switch (version_of(line.substr(0, space))) {
    case Version::sip_2_0: break;
    case Version::other: out_.defect(Errc::bad_version); break;
    case Version::malformed: return out_.defect_in_framing(Errc::bad_start_line);
  }
  const auto code = line.substr(space + 1, 3);
  const auto tail = line.substr(std::min(space + 4, line.size()));
  const auto status = parse_number<int>(code);
  if (code.size() != 3 || !status || *status < 100 || *status > 699 || (!tail.empty() && tail.front() != ' '))
    return out_.defect_in_framing(Errc::bad_start_line);
  message.status_ = *status;
  if (!tail.empty()) message.reason_ = tail.substr(1);
}

// RFC 3261 7.3.1: lines that begin with a blank continue the one before; the break and the blanks around it
// are one SP.
void MessageParser::header_lines(std::string_view text) {
  if (starts_folded(text)) out_.defect_in_framing(Errc::bad_header);
  std::string unfolded;
  while (!text.empty()) {
    std::string_view line;
    bool clean = next_line(text, line) && !has_bare_line_end(line);
    if (starts_folded(text)) {
      unfolded.assign(trim_blanks(line));
      line = {};
      while (starts_folded(text)) {
        clean &= next_line(text, line) && !has_bare_line_end(line);
        unfolded.append(" ").append(trim_blanks(line));
      }
      line = unfolded;
    }
    if (has_nul(line)) clean &= has_nul_only_in_quoted_pairs(line);
    if (out_.message.fields_.size() == limits_.headers) return out_.defect_in_framing(Errc::too_large);
    if (line.size() > limits_.line)
      out_.defect_in_framing(Errc::too_large);
    else if (!clean)
      out_.defect_in_framing(Errc::bad_header);
    else
      field(line);
  }
}

// The name is trimmed before anything compares it: `X-Name :` must not slip past a filter (threats.md T2).
void MessageParser::field(std::string_view line) {
  const auto colon = line.find(':');
  const auto name = trim_blanks(line.substr(0, colon));
  if (colon == std::string_view::npos || !is_token(name)) return out_.defect_in_framing(Errc::bad_header);
  auto value_at = colon + 1;
  while (value_at < line.size() && chars::is(line[value_at], chars::blank)) ++value_at;
  auto& added = out_.message.fields_.emplace_back();
  added.id = header_id(name);
  added.name = name;
  added.gap = line.substr(name.size(), value_at - name.size());
  added.value = trim_blanks(line.substr(value_at));
}

ParseOutcome MessageParser::finish(ParsedHead head, std::string_view body) {
  if (head.error) return {std::nullopt, ParseFailure{head.error, answerable_part(head.message)}};
  head.message.body_ = body;
  return {std::move(head.message), std::nullopt};
}

ParseOutcome parse(std::string_view bytes, Framing framing, const ParseLimits& limits) {
  // RFC 3261 7.5: CRLFs in front of the start line are ignored.
  while (bytes.substr(0, kCrlf.size()) == kCrlf) bytes.remove_prefix(kCrlf.size());
  const auto end = bytes.substr(0, limits.head).find("\r\n\r\n");
  if (end == std::string_view::npos) {
    auto head = MessageParser(limits).parse_head(bytes.substr(0, limits.head));
    head.error = bytes.size() > limits.head ? Errc::too_large : Errc::bad_header;
    return MessageParser::finish(std::move(head), {});
  }
  auto head = MessageParser(limits).parse_head(bytes.substr(0, end + kCrlf.size()));
  auto body = bytes.substr(end + 4);
  if (bytes.size() > limits.message) head.defect(Errc::too_large);
  const bool whole = framing == Framing::datagram ? head.content_length.value_or(0) <= body.size()
                                                  : head.content_length.value_or(0) == body.size();
  if (!whole) head.defect(Errc::bad_content_length);
  body = body.substr(
      0, head.content_length.value_or(body.size()));  // RFC 3261 18.3: octets after it are dropped
  return MessageParser::finish(std::move(head), body);
}

}  // namespace w2s::sip
