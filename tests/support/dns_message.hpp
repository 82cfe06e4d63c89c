#pragma once
#include <string>
#include <string_view>

#include "w2s/base/bytes.hpp"
#include "w2s/net/dns.hpp"

namespace w2s::test {

// Writes DNS messages (RFC 1035 4), without compression unless a test writes a pointer itself.
class DnsMessage {
 public:
  // The head of a response to `question`; counts are kept as records are added.
  DnsMessage(std::uint16_t id, std::string_view name, std::uint16_t type, std::uint8_t code = 0) {
    bytes_.assign(12, 0);
    store_be16(bytes_.data(), id);
    bytes_[2] = 0x84;  // response, authoritative
    bytes_[3] = code;
    bytes_[5] = 1;
    append(encode_name(name));
    u16(type);
    u16(1);
  }
  DnsMessage& answer(std::string_view owner, std::uint16_t type, std::uint32_t ttl, const Bytes& data) {
    return record(7, owner, type, ttl, data);
  }
  DnsMessage& authority(std::string_view owner, std::uint16_t type, std::uint32_t ttl, const Bytes& data) {
    return record(9, owner, type, ttl, data);
  }
  const Bytes& bytes() const { return bytes_; }
  Bytes& bytes() { return bytes_; }

  static Bytes encode_name(std::string_view name) {
    Bytes out;
    while (!name.empty()) {
      const auto label = name.substr(0, name.find('.'));
      out.push_back(static_cast<std::uint8_t>(label.size()));
      out.insert(out.end(), label.begin(), label.end());
      name.remove_prefix(std::min(name.size(), label.size() + 1));
    }
    out.push_back(0);
    return out;
  }
  static Bytes address(const IpAddress& ip) {
    return {ip.bytes().begin(), ip.bytes().begin() + (ip.is_v4() ? 4 : 16)};
  }
  static Bytes srv(const net::SrvRecord& record) {
    Bytes out(6);
    store_be16(&out[0], record.priority);
    store_be16(&out[2], record.weight);
    store_be16(&out[4], record.port);
    return joined(out, encode_name(record.target));
  }
  static Bytes naptr(const net::NaptrRecord& record) {
    Bytes out(4);
    store_be16(&out[0], record.order);
    store_be16(&out[2], record.preference);
    for (const auto& text : {record.flags, record.service, record.regexp}) {
      out.push_back(static_cast<std::uint8_t>(text.size()));
      out.insert(out.end(), text.begin(), text.end());
    }
    return joined(out, encode_name(record.replacement));
  }
  static Bytes soa(std::uint32_t minimum) {
    auto out = joined(encode_name("ns.example.org"), encode_name("hostmaster.example.org"));
    out.resize(out.size() + 20);
    store_be32(&out[out.size() - 4], minimum);
    return out;
  }

 private:
  static Bytes joined(Bytes first, const Bytes& second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
  }
  DnsMessage& record(std::size_t counter, std::string_view owner, std::uint16_t type, std::uint32_t ttl,
                     const Bytes& data) {
    ++bytes_[counter];
    append(encode_name(owner));
    u16(type);
    u16(1);
    u16(static_cast<std::uint16_t>(ttl >> 16));
    u16(static_cast<std::uint16_t>(ttl));
    u16(static_cast<std::uint16_t>(data.size()));
    append(data);
    return *this;
  }
  void u16(std::uint16_t value) {
    bytes_.resize(bytes_.size() + 2);
    store_be16(&bytes_[bytes_.size() - 2], value);
  }
  void append(const Bytes& more) { bytes_.insert(bytes_.end(), more.begin(), more.end()); }

  Bytes bytes_;
};

}  // namespace w2s::test
