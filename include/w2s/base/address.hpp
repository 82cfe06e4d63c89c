#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

struct sockaddr;
struct sockaddr_storage;

namespace w2s {

// An IPv4 or IPv6 address as a value. Scope ids are not kept: link-local peers are never talked to.
class IpAddress {
 public:
  IpAddress() = default;  // 0.0.0.0
  static IpAddress v4(std::uint32_t host_order);
  static IpAddress v6(const std::array<std::uint8_t, 16>& bytes);
  // "192.0.2.1", "2001:db8::1" or "[2001:db8::1]"; no port, no name, no abbreviated IPv4.
  static std::optional<IpAddress> parse(std::string_view text);

  bool is_v4() const { return family_ == 4; }
  bool is_v6() const { return family_ == 6; }
  bool is_unspecified() const;
  bool is_loopback() const;
  bool is_multicast() const;
  bool is_link_local() const;
  std::uint32_t v4_value() const;  // host order; only for is_v4()
  const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }  // IPv4 in the first four
  // An IPv4 address carried in an IPv6 one (::ffff:a.b.c.d, 64:ff9b::a.b.c.d): that IPv4 address, else itself.
  IpAddress embedded_v4_or_self() const;
  bool in_network(const IpAddress& network, unsigned prefix_length) const;

  std::string to_string() const;
  std::string to_uri_host() const;  // IPv6 in brackets
  auto operator<=>(const IpAddress&) const = default;

 private:
  std::uint8_t family_ = 4;
  std::array<std::uint8_t, 16> bytes_{};
};

struct Endpoint {
  IpAddress ip;
  std::uint16_t port = 0;

  static Endpoint from_sockaddr(const sockaddr* address);
  // Fills `out` and returns the length to pass to the socket call.
  unsigned to_sockaddr(sockaddr_storage& out) const;
  std::string to_string() const;  // "192.0.2.1:5060", "[2001:db8::1]:5060"
  auto operator<=>(const Endpoint&) const = default;
};

std::ostream& operator<<(std::ostream& out, const IpAddress& ip);
std::ostream& operator<<(std::ostream& out, const Endpoint& endpoint);

}  // namespace w2s
