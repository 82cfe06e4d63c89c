#include "w2s/base/address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

namespace w2s {

IpAddress IpAddress::v4(std::uint32_t host_order) {
  IpAddress ip;
  for (unsigned i = 0; i < 4; ++i) ip.bytes_[i] = static_cast<std::uint8_t>(host_order >> (24 - 8 * i));
  return ip;
}

IpAddress IpAddress::v6(const std::array<std::uint8_t, 16>& bytes) {
  IpAddress ip;
  ip.family_ = 6;
  ip.bytes_ = bytes;
  return ip;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.size() > 2 && text.front() == '[' && text.back() == ']') {
    text = text.substr(1, text.size() - 2);
    if (text.find(':') == std::string_view::npos) return std::nullopt;
  }
  char buffer[INET6_ADDRSTRLEN + 1];
  if (text.empty() || text.size() >= sizeof buffer) return std::nullopt;
  std::memcpy(buffer, text.data(), text.size());
  buffer[text.size()] = '\0';
  if (std::strlen(buffer) != text.size()) return std::nullopt;
  std::array<std::uint8_t, 16> bytes{};
  if (inet_pton(AF_INET6, buffer, bytes.data()) == 1) return v6(bytes);
  in_addr a{};
  if (inet_pton(AF_INET, buffer, &a) == 1) return v4(ntohl(a.s_addr));
  return std::nullopt;
}

bool IpAddress::is_unspecified() const {
  return std::all_of(bytes_.begin(), bytes_.end(), [](auto b) { return b == 0; });
}

bool IpAddress::is_loopback() const {
  if (is_v4()) return bytes_[0] == 127;
  return std::all_of(bytes_.begin(), bytes_.end() - 1, [](auto b) { return b == 0; }) && bytes_[15] == 1;
}

bool IpAddress::is_multicast() const { return is_v4() ? (bytes_[0] & 0xf0) == 0xe0 : bytes_[0] == 0xff; }

bool IpAddress::is_link_local() const {
  return is_v4() ? bytes_[0] == 169 && bytes_[1] == 254 : bytes_[0] == 0xfe && (bytes_[1] & 0xc0) == 0x80;
}

std::uint32_t IpAddress::v4_value() const {
  std::uint32_t value = 0;
  for (unsigned i = 0; i < 4; ++i) value = (value << 8) | bytes_[i];
  return value;
}

IpAddress IpAddress::embedded_v4_or_self() const {
  static constexpr std::uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  static constexpr std::uint8_t nat64[12] = {0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0};
  if (is_v6() && (std::equal(mapped, mapped + 12, bytes_.begin()) || std::equal(nat64, nat64 + 12, bytes_.begin()))) {
    IpAddress ip;
    std::copy(bytes_.begin() + 12, bytes_.end(), ip.bytes_.begin());
    return ip;
  }
  return *this;
}

bool IpAddress::in_network(const IpAddress& network, unsigned prefix_length) const {
  if (family_ != network.family_) return false;
  for (unsigned i = 0; i < prefix_length; ++i) {
    const auto mask = static_cast<std::uint8_t>(0x80 >> (i % 8));
    if (((bytes_[i / 8] ^ network.bytes_[i / 8]) & mask) != 0) return false;
  }
  return true;
}

std::string IpAddress::to_string() const {
  char buffer[INET6_ADDRSTRLEN];
  return inet_ntop(is_v4() ? AF_INET : AF_INET6, bytes_.data(), buffer, sizeof buffer);
}

std::string IpAddress::to_uri_host() const { return is_v4() ? to_string() : "[" + to_string() + "]"; }

Endpoint Endpoint::from_sockaddr(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    const auto* a = reinterpret_cast<const sockaddr_in*>(address);
    return {IpAddress::v4(ntohl(a->sin_addr.s_addr)), ntohs(a->sin_port)};
  }
  if (address->sa_family != AF_INET6) return {};
  const auto* a = reinterpret_cast<const sockaddr_in6*>(address);
  std::array<std::uint8_t, 16> bytes;
  std::memcpy(bytes.data(), &a->sin6_addr, 16);
  return {IpAddress::v6(bytes), ntohs(a->sin6_port)};
}

unsigned Endpoint::to_sockaddr(sockaddr_storage& out) const {
  std::memset(&out, 0, sizeof out);
  if (ip.is_v4()) {
    auto* a = reinterpret_cast<sockaddr_in*>(&out);
    a->sin_family = AF_INET;
    a->sin_port = htons(port);
    std::memcpy(&a->sin_addr, ip.bytes().data(), 4);
    return sizeof(sockaddr_in);
  }
  auto* a = reinterpret_cast<sockaddr_in6*>(&out);
  a->sin6_family = AF_INET6;
  a->sin6_port = htons(port);
  std::memcpy(&a->sin6_addr, ip.bytes().data(), 16);
  return sizeof(sockaddr_in6);
}

std::string Endpoint::to_string() const { return ip.to_uri_host() + ":" + std::to_string(port); }

std::ostream& operator<<(std::ostream& out, const IpAddress& ip) { return out << ip.to_string(); }
std::ostream& operator<<(std::ostream& out, const Endpoint& endpoint) { return out << endpoint.to_string(); }

}  // namespace w2s
