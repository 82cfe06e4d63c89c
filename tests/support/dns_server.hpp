#pragma once
#include <array>
#include <map>
#include <string>
#include <vector>

#include <boost/asio/ip/udp.hpp>

#include "w2s/base/encoding.hpp"

#include "dns_message.hpp"

namespace w2s::test {

// A nameserver on 127.0.0.1 (RFC 1035) that knows A, AAAA, SRV and NAPTR records, denies other names and can
// keep silent.
class DnsServer {
 public:
  explicit DnsServer(boost::asio::io_context& io)
      : socket_(io, {boost::asio::ip::make_address_v4("127.0.0.1"), 0}) {
    receive();
  }

  void add(const std::string& name, std::string_view address, std::uint32_t ttl = 60) {
    const auto ip = IpAddress::parse(address).value();
    add(name, ip.is_v4() ? net::RecordType::a : net::RecordType::aaaa, DnsMessage::address(ip), ttl);
  }
  void add(const std::string& name, const net::SrvRecord& srv, std::uint32_t ttl = 60) {
    add(name, net::RecordType::srv, DnsMessage::srv(srv), ttl);
  }
  void add(const std::string& name, const net::NaptrRecord& naptr, std::uint32_t ttl = 60) {
    add(name, net::RecordType::naptr, DnsMessage::naptr(naptr), ttl);
  }
  void forget(const std::string& name) { records_.erase(name); }
  // Absences say in their SOA that they hold for so many seconds.
  void set_absence_ttl(std::uint32_t seconds) { absence_ttl_ = seconds; }
  void set_silent(bool silent) { silent_ = silent; }
  void set_code(std::uint8_t code) { code_ = code; }  // of every answer
  Endpoint endpoint() const { return {IpAddress::v4(0x7f000001), socket_.local_endpoint().port()}; }
  int questions() const { return static_cast<int>(asked_.size()); }
  const std::vector<net::DnsQuestion>& asked() const { return asked_; }
  void close() { socket_.close(); }

 private:
  struct Record {
    std::uint16_t type;
    std::uint32_t ttl;
    Bytes data;
  };

  void add(const std::string& name, net::RecordType type, Bytes data, std::uint32_t ttl) {
    records_[name].push_back({static_cast<std::uint16_t>(type), ttl, std::move(data)});
  }

  void receive() {
    socket_.async_receive_from(boost::asio::buffer(buffer_), peer_, [this](auto error, std::size_t size) {
      if (error) return;
      if (size > 12) reply();
      receive();
    });
  }

  void reply() {
    std::string name;
    std::size_t at = 12;
    while (buffer_[at] != 0) {
      const std::size_t length = buffer_[at];
      name += (name.empty() ? "" : ".") + std::string(&buffer_[at + 1], &buffer_[at + 1] + length);
      at += 1 + length;
    }
    const auto type = load_be16(&buffer_[at + 1]);
    asked_.push_back({to_lower(name), static_cast<net::RecordType>(type)});
    if (silent_) return;
    const auto known = records_.find(to_lower(name));
    const std::uint8_t no_such_name = known == records_.end() ? 3 : 0;
    DnsMessage message(load_be16(buffer_.data()), name, type, code_ != 0 ? code_ : no_such_name);
    if (known != records_.end())
      for (const auto& record : known->second)
        if (record.type == type) message.answer(name, type, record.ttl, record.data);
    if (message.bytes()[7] == 0 && absence_ttl_ > 0)
      message.authority("example.org", 6, absence_ttl_, DnsMessage::soa(absence_ttl_));
    socket_.send_to(boost::asio::buffer(message.bytes()), peer_);
  }

  boost::asio::ip::udp::socket socket_;
  boost::asio::ip::udp::endpoint peer_;
  std::array<std::uint8_t, 1500> buffer_{};
  std::map<std::string, std::vector<Record>> records_;
  std::vector<net::DnsQuestion> asked_;
  bool silent_ = false;
  std::uint8_t code_ = 0;
  std::uint32_t absence_ttl_ = 0;
};

}  // namespace w2s::test
