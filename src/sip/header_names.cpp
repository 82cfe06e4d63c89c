#include "header_names.hpp"

#include <array>

#include "w2s/base/encoding.hpp"

namespace w2s::sip {
namespace {

enum Kind : std::uint8_t { plain, list, single };

struct Row {
  HeaderId id;
  std::string_view name;
  char compact;
  Kind kind;
};

using enum HeaderId;

// In the order of HeaderId. Compact forms: RFC 3261 7.3.3, 3515, 3841, 3892, 4028, 6665.
constexpr std::array<Row, kHeaderIds> kRows{{
    {other, "", 0, plain},
    {accept, "Accept", 0, list},
    {accept_contact, "Accept-Contact", 'a', list},
    {alert_info, "Alert-Info", 0, list},
    {allow, "Allow", 0, list},
    {allow_events, "Allow-Events", 'u', list},
    {authorization, "Authorization", 0, plain},
    {call_id, "Call-ID", 'i', single},
    {contact, "Contact", 'm', list},
    {content_disposition, "Content-Disposition", 0, single},
    {content_encoding, "Content-Encoding", 'e', list},
    {content_length, "Content-Length", 'l', plain},  // twice the same is fine, see MessageParser
    {content_type, "Content-Type", 'c', single},
    {cseq, "CSeq", 0, single},
    {date, "Date", 0, plain},
    {event, "Event", 'o', single},
    {expires, "Expires", 0, single},
    {from, "From", 'f', single},
    {max_forwards, "Max-Forwards", 0, single},
    {min_expires, "Min-Expires", 0, plain},
    {min_se, "Min-SE", 0, single},
    {path, "Path", 0, list},
    {proxy_authenticate, "Proxy-Authenticate", 0, plain},
    {proxy_authorization, "Proxy-Authorization", 0, plain},
    {proxy_require, "Proxy-Require", 0, list},
    {rack, "RAck", 0, single},
    {reason, "Reason", 0, list},
    {record_route, "Record-Route", 0, list},
    {refer_to, "Refer-To", 'r', single},
    {referred_by, "Referred-By", 'b', single},
    {replaces, "Replaces", 0, single},
    {require, "Require", 0, list},
    {retry_after, "Retry-After", 0, plain},
    {route, "Route", 0, list},
    {rseq, "RSeq", 0, single},
    {server, "Server", 0, plain},
    {service_route, "Service-Route", 0, list},
    {session_expires, "Session-Expires", 'x', single},
    {subject, "Subject", 's', plain},
    {subscription_state, "Subscription-State", 0, single},
    {supported, "Supported", 'k', list},
    {to, "To", 't', single},
    {unsupported, "Unsupported", 0, list},
    {user_agent, "User-Agent", 0, plain},
    {via, "Via", 'v', list},
    {warning, "Warning", 0, list},
    {www_authenticate, "WWW-Authenticate", 0, plain},
}};

constexpr std::size_t kLongest = 19;  // Content-Disposition, Proxy-Authorization
constexpr std::size_t kSameLength = 8;

// The rows of one name length, so that a look-up compares with a handful of names at most; compact forms by
// letter.
struct Index {
  std::array<std::array<HeaderId, kSameLength>, kLongest + 1> by_length{};
  std::array<HeaderId, 26> by_letter{};
};

constexpr Index make_index() {
  Index index;
  std::array<std::size_t, kLongest + 1> used{};
  for (std::size_t i = 1; i < kRows.size(); ++i) {
    const auto& row = kRows[i];
    if (row.id != static_cast<HeaderId>(i)) throw "kRows is not in the order of HeaderId";
    const auto length = row.name.size();
    index.by_length[length][used[length]++] = row.id;
    if (row.compact != 0) index.by_letter[static_cast<std::size_t>(row.compact - 'a')] = row.id;
  }
  return index;
}
constexpr Index kIndex = make_index();

constexpr const Row& row_of(HeaderId id) {
  return kRows[static_cast<std::size_t>(id)];
}

// Letters and digits of header names differ from their other case in bit 5 only.
bool same_letter(char a, char b) {
  return (a | 0x20) == (b | 0x20);
}

}  // namespace

HeaderId header_id(std::string_view name) {
  if (name.size() == 1) {
    const char letter = static_cast<char>(name.front() | 0x20);
    return letter >= 'a' && letter <= 'z' ? kIndex.by_letter[static_cast<std::size_t>(letter - 'a')] : other;
  }
  if (name.empty() || name.size() > kLongest) return other;
  for (const auto id : kIndex.by_length[name.size()]) {
    if (id == other) break;
    const auto candidate = row_of(id).name;
    if (same_letter(candidate.front(), name.front()) && iequals(candidate, name)) return id;
  }
  return other;
}

std::string_view header_name(HeaderId id) {
  return row_of(id).name;
}
bool is_list_header(HeaderId id) {
  return row_of(id).kind == list;
}
bool is_single_header(HeaderId id) {
  return row_of(id).kind == single;
}

}  // namespace w2s::sip
