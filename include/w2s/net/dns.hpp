#pragma once
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "w2s/base/address.hpp"
#include "w2s/base/bytes.hpp"
#include "w2s/base/result.hpp"
#include "w2s/base/time.hpp"

// Questions to the DNS and their answers, as far as RFC 3263 needs them.
namespace w2s::net {

enum class RecordType : std::uint16_t {
  a = 1,
  aaaa = 28,
  srv = 33,
  naptr = 35
};  // RFC 1035, 3596, 2782, 3403

struct DnsQuestion {
  std::string name;  // lower case, without the last dot
  RecordType type = RecordType::a;
  auto operator<=>(const DnsQuestion&) const = default;
};

struct SrvRecord {  // RFC 2782
  std::uint16_t priority = 0, weight = 0, port = 0;
  std::string target;  // empty (the root): there is decidedly no such service
  bool operator==(const SrvRecord&) const = default;
};

struct NaptrRecord {  // RFC 3403
  std::uint16_t order = 0, preference = 0;
  std::string flags, service, regexp, replacement;
  bool operator==(const NaptrRecord&) const = default;
};

using DnsRecord = std::variant<IpAddress, SrvRecord, NaptrRecord>;

struct DnsAnswer {
  std::vector<DnsRecord> records;  // of the type asked for, in the answer's order; empty: the name has none
  // How long this holds; of an empty answer as its SOA says (RFC 2308 5), nullopt when none came with it.
  std::optional<Duration> ttl;
  bool operator==(const DnsAnswer&) const = default;
};

// Reads the answer to `question` from one DNS message (RFC 1035 4), aliases followed. Names in the records
// are lower case, with bytes that are no plain host name characters escaped (RFC 1035 5.1). An answer to
// something else or a broken one is malformed_answer; a code other than "no error" and "no such name" is
// server_failure.
Result<DnsAnswer> parse_dns_answer(ByteView message, const DnsQuestion& question);

}  // namespace w2s::net
