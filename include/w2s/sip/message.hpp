#pragma once
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "w2s/sip/error.hpp"
#include "w2s/sip/uri.hpp"

namespace w2s::sip {

// Headers the gateway reads or writes; everything else is `other` and is found by name.
enum class HeaderId : std::uint8_t {
  other,
  accept, accept_contact, alert_info, allow, allow_events, authorization, call_id, contact, content_disposition,
  content_encoding, content_length, content_type, cseq, date, event, expires, from, max_forwards, min_expires, min_se,
  path, proxy_authenticate, proxy_authorization, proxy_require, rack, reason, record_route, refer_to, referred_by,
  replaces, require, retry_after, route, rseq, server, service_route, session_expires, subject, subscription_state,
  supported, to, unsupported, user_agent, via, warning, www_authenticate,
};

HeaderId header_id(std::string_view name);            // long or compact form, any case
std::string_view header_name(HeaderId id);            // canonical long form

// One header field. A field nobody edits is written back byte for byte (a folded one unfolded).
struct Field {
  HeaderId id = HeaderId::other;
  std::string name;   // as written
  std::string value;  // unfolded, trimmed
  std::string gap = ": ";  // what stood between name and value
  bool operator==(const Field&) const = default;
};

struct CSeq {
  std::uint32_t number = 0;
  std::string method;
  std::string to_string() const;
  bool operator==(const CSeq&) const = default;
};
inline std::ostream& operator<<(std::ostream& out, const CSeq& cseq) { return out << cseq.to_string(); }

// RFC 3261 20.42, RFC 3581.
struct Via {
  std::string transport;               // UDP, TCP, TLS, WS, WSS or another token, as written
  std::string host;
  std::optional<std::uint16_t> port;
  Params params;

  std::string branch() const { return std::string(params.get("branch").value_or("")); }
  std::string to_string() const;
  bool operator==(const Via&) const = default;
};
inline std::ostream& operator<<(std::ostream& out, const Via& via) { return out << via.to_string(); }

// A SIP request or response as an ordered list of raw fields plus a body. Typed views are parsed when asked for.
// "Values" are what a comma separates in headers that are lists (Via, Contact, Route, Record-Route, Path, Supported …),
// across all fields of that name in order; list order is the order of values, wherever the fields stand.
class Message {
 public:
  static Message request(std::string method, std::string request_uri);
  static Message response(int status, std::string reason);

  bool is_request() const { return status_ == 0; }
  bool is_response() const { return status_ != 0; }
  const std::string& method() const { return method_; }            // requests; of a response: see cseq()
  bool is(std::string_view method) const { return is_request() && method_ == method; }  // case-sensitive, RFC 3261 7.1
  const std::string& request_uri() const { return request_uri_; }
  void set_request_uri(std::string uri) { request_uri_ = std::move(uri); }
  int status() const { return status_; }
  const std::string& reason() const { return reason_; }
  void set_status(int status, std::string reason);

  const std::vector<Field>& fields() const { return fields_; }
  std::size_t count(HeaderId id) const;                            // fields, not values
  std::optional<std::string_view> get(HeaderId id) const;          // first field's whole value
  std::optional<std::string_view> get(std::string_view name) const;
  std::vector<std::string_view> values(HeaderId id) const;         // see above; views live until the next edit
  std::optional<std::string_view> first_value(HeaderId id) const;

  // Editing. `set` keeps the position of the first such field and drops the others; new fields go to the end.
  void set(HeaderId id, std::string value);
  void append(HeaderId id, std::string value);
  void append(std::string name, std::string value);
  void prepend(HeaderId id, std::string value);                    // before the first field of that name, else on top
  void remove(HeaderId id);
  void remove(std::string_view name);
  void pop_value(HeaderId id);                                     // drops the first value (top Via, top Route)
  void replace_value(HeaderId id, std::size_t index, std::string value);
  void set_values(HeaderId id, const std::vector<std::string>& values);  // one field per value

  const std::string& body() const { return body_; }
  void set_body(std::string body, std::string_view content_type);  // "" removes Content-Type; Content-Length follows

  // Typed views of headers that parse() has already checked on messages from the network.
  Result<Via> top_via() const;
  Result<NameAddr> from() const;
  Result<NameAddr> to() const;
  Result<CSeq> cseq() const;
  std::string call_id() const;
  Result<std::vector<NameAddr>> contacts() const;
  Result<std::vector<NameAddr>> name_addrs(HeaderId id) const;     // Route, Record-Route, Path, Service-Route
  bool has_option(HeaderId id, std::string_view tag) const;        // Supported, Require, Allow … contain tag

  // The wire form; Content-Length is always written from the body.
  std::string to_string() const;
  std::size_t wire_size() const;  // of to_string(), or a few bytes more
  bool operator==(const Message&) const = default;

 private:
  friend class MessageParser;
  std::string method_;
  std::string request_uri_;
  int status_ = 0;
  std::string reason_;
  std::vector<Field> fields_;
  std::string body_;
};

std::ostream& operator<<(std::ostream& out, const Message& message);  // the wire form

struct ParseLimits {  // threats.md T1
  std::size_t line = 8 * 1024;
  std::size_t head = 64 * 1024;
  std::size_t headers = 256;
  std::size_t message = 256 * 1024;
};

// A message that is broken but whose Via, From, To, Call-ID and CSeq could be read carries them in `answerable`, so
// that it can be refused with `status_for(error)` statelessly.
struct ParseFailure {
  error_code error;
  std::optional<Message> answerable;
};

enum class Framing {
  datagram,  // UDP or one WebSocket message: Content-Length optional, octets after it dropped
  stream,    // exactly one message, as StreamFramer cut it: Content-Length required when there is a body
};

// Parses and checks one message: start line, header syntax, required headers (RFC 3261 8.1.1), single-value headers once,
// CSeq method and range, Via syntax, Content-Length. RFC 4475 and 5118 decide doubtful cases.
struct ParseOutcome {
  std::optional<Message> message;
  std::optional<ParseFailure> failure;  // exactly one of both
};
ParseOutcome parse(std::string_view bytes, Framing framing, const ParseLimits& limits = {});

Result<Via> parse_via(std::string_view value);
Result<CSeq> parse_cseq(std::string_view value);
std::string_view default_reason(int status);  // "Busy Here" for 486

// A response to `request` (RFC 3261 8.2.6): Via, From, To, Call-ID, CSeq copied, Record-Route for 1xx (not 100) and 2xx;
// `to_tag` is added unless To has a tag or status is 100. `reason` empty: default_reason.
Message make_response(const Message& request, int status, std::string_view to_tag, std::string_view reason = {});

}  // namespace w2s::sip
