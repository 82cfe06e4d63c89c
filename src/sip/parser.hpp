#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "w2s/sip/message.hpp"

namespace w2s::sip {

// What could be read of a message's start line and headers, and what is wrong with them.
struct ParsedHead {
  Message message;
  error_code error;           // the first defect; none: well-formed
  bool framing_lost = false;  // it is no longer certain where this message ends (threats.md T2)
  std::optional<std::size_t> content_length;

  void defect(Errc e) {
    if (!error) error = e;
  }
  void defect_in_framing(Errc e) {
    defect(e);
    framing_lost = true;
  }
};

// Reads one head. It goes on behind defects, so that a broken request can be answered.
class MessageParser {
 public:
  explicit MessageParser(const ParseLimits& limits) : limits_(limits) {}

  // Start line and header lines, each with its CRLF, without the blank line.
  ParsedHead parse_head(std::string_view head);
  // The head and its body as a message, or the failure with what is needed to answer it.
  static ParseOutcome finish(ParsedHead head, std::string_view body);

 private:
  void start_line(std::string_view line);
  void request_line(std::string_view line);
  void status_line(std::string_view line);
  void header_lines(std::string_view text);
  void field(std::string_view line);

  const ParseLimits& limits_;
  ParsedHead out_;
};

// parser_checks.cpp: what the headers must be, RFC 3261 8.1.1 and 20.
void check_headers(ParsedHead& head, const ParseLimits& limits);
// answerable.cpp: a request with only what an answer needs; nullopt when that cannot be recovered or must not
// be answered (a response, an ACK).
std::optional<Message> answerable_part(const Message& broken);

}  // namespace w2s::sip
