#pragma once
#include <array>
#include <map>
#include <string>
#include <vector>

#include <boost/asio/ip/udp.hpp>

#include "w2s/base/address.hpp"
#include "w2s/base/bytes.hpp"
#include "w2s/base/encoding.hpp"

namespace w2s::test {

// A nameserver on 127.0.0.1 (RFC 1035) that knows A and AAAA records, denies other names and can keep silent.
class DnsServer {
 public:
  explicit DnsServer(boost::asio::io_context& io)
      : socket_(io, {boost::asio::ip::make_address_v4("127.0.0.1"), 0}) {
    receive();
  }

  void add(const std::string& name, std::string_view ip) {
    records_[name].push_back(IpAddress::parse(ip).value());
  }
  void set_silent(bool silent) { silent_ = silent; }
  Endpoint endpoint() const { return {IpAddress::v4(0x7f000001), socket_.local_endpoint().port()}; }
  int questions() const { return questions_; }
  void close() { socket_.close(); }

 private:
  enum : std::uint16_t { type_a = 1, type_aaaa = 28 };

  void receive() {
    socket_.async_receive_from(boost::asio::buffer(buffer_), peer_, [this](auto error, std::size_t size) {
      if (error) return;
      ++questions_;
      if (!silent_ && size > 12)
        reply(Bytes(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(size)));
      receive();
    });
  }

  void reply(Bytes message) {
    std::string name;
    std::size_t at = 12;
    while (message[at] != 0) {
      const std::size_t length = message[at];
      name += (name.empty() ? "" : ".") +
              std::string(message.begin() + static_cast<std::ptrdiff_t>(at + 1),
                          message.begin() + static_cast<std::ptrdiff_t>(at + 1 + length));
      at += 1 + length;
    }
    const std::uint16_t type = load_be16(&message[at + 1]);
    message.resize(at + 5);  // drops an EDNS record
    const auto known = records_.find(to_lower(name));
    message[2] = 0x84;  // response, authoritative
    message[3] = known == records_.end() ? 3 : 0;
    std::uint16_t answers = 0;
    if (known != records_.end())
      for (const auto& ip : known->second)
        if (type == (ip.is_v4() ? type_a : type_aaaa)) {
          ++answers;
          append_record(message, ip);
        }
    store_be16(&message[6], answers);
    store_be16(&message[8], 0);
    store_be16(&message[10], 0);
    socket_.send_to(boost::asio::buffer(message), peer_);
  }

  static void append_record(Bytes& message, const IpAddress& ip) {
    const auto length = static_cast<std::uint8_t>(ip.is_v4() ? 4 : 16);
    const auto type = static_cast<std::uint8_t>(ip.is_v4() ? type_a : type_aaaa);
    const Bytes head{0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, length};  // the name of the question, IN, 60 s
    message.insert(message.end(), head.begin(), head.end());
    message.insert(message.end(), ip.bytes().begin(), ip.bytes().begin() + length);
  }

  boost::asio::ip::udp::socket socket_;
  boost::asio::ip::udp::endpoint peer_;
  std::array<std::uint8_t, 1500> buffer_{};
  std::map<std::string, std::vector<IpAddress>> records_;
  bool silent_ = false;
  int questions_ = 0;
};

}  // namespace w2s::test
