#include <algorithm>
#include <map>

#include "w2s/base/encoding.hpp"
#include "w2s/net/dns.hpp"
#include "w2s/net/error.hpp"

namespace w2s::net {
namespace {

constexpr std::uint16_t type_cname = 5, type_soa = 6, class_in = 1;
constexpr std::size_t longest_name = 255;  // RFC 1035 2.3.4, as on the wire
constexpr int most_aliases = 8;
constexpr std::size_t most_records =
    32;  // kept of one answer: the cache is to stay small whatever a domain publishes

struct RawRecord {
  std::string owner;
  std::uint16_t type = 0, record_class = 0;
  std::uint32_t ttl = 0;
  std::size_t data = 0, length = 0;  // where its data lies in the message
};

// A walk through one message. Once something does not fit it is broken and gives zeros and empty strings.
class Reader {
 public:
  Reader(ByteView message, std::size_t at, std::size_t end) : message_(message), at_(at), end_(end) {}

  bool ok() const { return ok_; }
  std::size_t at() const { return at_; }
  std::uint8_t u8() { return take(1) ? message_[at_ - 1] : std::uint8_t{0}; }
  std::uint16_t u16() { return take(2) ? load_be16(&message_[at_ - 2]) : std::uint16_t{0}; }
  std::uint32_t u32() { return take(4) ? load_be32(&message_[at_ - 4]) : 0; }
  void skip(std::size_t count) { take(count); }

  std::string text() {  // RFC 1035 3.3, character-string
    const std::size_t length = u8();
    if (!take(length)) return {};
    return std::string(as_text(message_.subspan(at_ - length, length)));
  }

  std::string name();
  RawRecord record();

 private:
  bool take(std::size_t count) {
    if (!ok_ || count > end_ - at_) return ok_ = false;
    at_ += count;
    return true;
  }
  void append_label(std::string& name, std::size_t from, std::size_t length) const;

  ByteView message_;
  std::size_t at_, end_;
  bool ok_ = true;
};

// RFC 1035 4.1.4. A pointer leads to an earlier place than every one before it: no name can go round in
// circles.
std::string Reader::name() {
  std::string name;
  std::size_t place = at_, limit = end_, lowest = at_, size = 1;
  bool jumped = false;
  while (ok_) {
    if (place >= limit) break;
    const std::size_t length = message_[place];
    if (length == 0) {
      if (!jumped) at_ = place + 1;
      return name;
    }
    if (length >= 0xc0) {
      if (place + 1 >= limit) break;
      const std::size_t target = ((length & 0x3f) << 8) | message_[place + 1];
      if (target >= lowest) break;
      if (!jumped) at_ = place + 2;
      jumped = true;
      place = lowest = target;
      limit = message_.size();
      continue;
    }
    size += length + 1;
    if (length > 63 || place + 1 + length > limit || size > longest_name) break;
    append_label(name, place + 1, length);
    place += 1 + length;
  }
  ok_ = false;
  return {};
}

void Reader::append_label(std::string& name, std::size_t from, std::size_t length) const {
  if (!name.empty()) name += '.';
  for (const auto byte : message_.subspan(from, length)) {
    const char c = static_cast<char>(byte);
    if (c == '.' || c == '\\')
      (name += '\\') += c;
    else if (byte > 0x20 && byte < 0x7f)
      name += c;
    else
      name += {'\\', static_cast<char>('0' + byte / 100), static_cast<char>('0' + byte / 10 % 10),
               static_cast<char>('0' + byte % 10)};
  }
}

RawRecord Reader::record() {
  RawRecord record;
  record.owner = to_lower(name());
  record.type = u16();
  record.record_class = u16();
  record.ttl = u32();
  if (record.ttl > 0x7fffffff) record.ttl = 0;  // RFC 2181 8
  record.length = u16();
  record.data = at_;
  skip(record.length);
  return record;
}

// The data of a record whose type was asked for; nullopt: it is broken.
std::optional<DnsRecord> read_data(ByteView message, const RawRecord& raw) {
  const auto end = raw.data + raw.length;
  Reader data(message, raw.data, end);
  std::optional<DnsRecord> record;
  switch (static_cast<RecordType>(raw.type)) {
    case RecordType::a: record = IpAddress::v4(data.u32()); break;
    case RecordType::aaaa: {
      std::array<std::uint8_t, 16> bytes{};
      for (auto& byte : bytes) byte = data.u8();
      record = IpAddress::v6(bytes);
      break;
    }
    case RecordType::srv: {
      SrvRecord srv;
      srv.priority = data.u16();
      srv.weight = data.u16();
      srv.port = data.u16();
      srv.target = to_lower(data.name());
      record = std::move(srv);
      break;
    }
    case RecordType::naptr: {
      NaptrRecord naptr;
      naptr.order = data.u16();
      naptr.preference = data.u16();
      naptr.flags = data.text();
      naptr.service = data.text();
      naptr.regexp = data.text();
      naptr.replacement = to_lower(data.name());
      record = std::move(naptr);
      break;
    }
  }
  if (!data.ok() || data.at() != end) return std::nullopt;
  return record;
}

// RFC 2308 5: how long the absence holds.
std::optional<std::uint32_t> absence_of(ByteView message, const RawRecord& soa) {
  Reader data(message, soa.data, soa.data + soa.length);
  data.name();
  data.name();
  data.skip(16);  // serial, refresh, retry, expire
  const auto minimum = data.u32();
  if (!data.ok()) return std::nullopt;
  return std::min(soa.ttl, minimum);
}

struct Sections {
  std::vector<RawRecord> answer;
  std::map<std::string, RawRecord> aliases;  // by owner
  std::optional<RawRecord> soa;
};

bool read_sections(Reader& reader, std::size_t answers, std::size_t authorities, Sections& sections) {
  for (std::size_t i = 0; i < answers + authorities; ++i) {
    auto record = reader.record();
    if (!reader.ok()) return false;
    if (record.record_class != class_in) continue;
    if (i >= answers) {
      if (record.type == type_soa && !sections.soa) sections.soa = std::move(record);
    } else if (record.type == type_cname) {
      auto owner = record.owner;
      sections.aliases.emplace(std::move(owner), std::move(record));
    } else {
      sections.answer.push_back(std::move(record));
    }
  }
  return true;
}

}  // namespace

Result<DnsAnswer> parse_dns_answer(ByteView message, const DnsQuestion& question) {
  const error_code malformed = Errc::malformed_answer;
  Reader reader(message, 0, message.size());
  reader.skip(2);  // the id, which c-ares has matched
  const auto flags = reader.u16();
  const auto questions = reader.u16(), answers = reader.u16(), authorities = reader.u16();
  reader.skip(2);
  if (!reader.ok() || (flags & 0x8000) == 0 || questions != 1) return malformed;
  auto name = to_lower(reader.name());
  const auto type = reader.u16(), asked_class = reader.u16();
  if (!reader.ok() || name != question.name || type != static_cast<std::uint16_t>(question.type) ||
      asked_class != class_in)
    return malformed;
  constexpr int no_error = 0, no_such_name = 3;
  if (const int code = flags & 0xf; code != no_error && code != no_such_name)
    return error_code(Errc::server_failure);

  Sections sections;
  if (!read_sections(reader, answers, authorities, sections)) return malformed;
  std::uint32_t ttl = 0x7fffffff;
  auto alias = sections.aliases.find(name);
  for (int followed = 0; alias != sections.aliases.end(); alias = sections.aliases.find(name)) {
    if (++followed > most_aliases) return malformed;
    const auto& record = alias->second;
    ttl = std::min(ttl, record.ttl);
    Reader data(message, record.data, record.data + record.length);
    name = to_lower(data.name());
    if (!data.ok()) return malformed;
  }
  DnsAnswer answer;
  for (const auto& raw : sections.answer) {
    if (raw.type != type || raw.owner != name || answer.records.size() == most_records) continue;
    auto record = read_data(message, raw);
    if (!record) return malformed;
    ttl = std::min(ttl, raw.ttl);
    answer.records.push_back(std::move(*record));
  }
  if (!answer.records.empty()) {
    answer.ttl = std::chrono::seconds(ttl);
  } else if (const auto absence = sections.soa ? absence_of(message, *sections.soa) : std::nullopt) {
    answer.ttl = std::chrono::seconds(std::min(ttl, *absence));
  }
  return answer;
}

}  // namespace w2s::net
