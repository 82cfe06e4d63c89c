#include "transport/own_addresses.hpp"

#include <gtest/gtest.h>

namespace w2s::transport {
namespace {

IpAddress ip(const char* text) {
  return *IpAddress::parse(text);
}

Listener udp(const char* address, std::uint16_t port) {
  return {sip::Transport::udp, {ip(address), port}};
}

// What a SIP peer at `remote` is told, as text; "none" when no listener reaches it.
std::string told(OwnAddresses& own, const char* remote) {
  const auto endpoint = own.towards(sip::Transport::udp, ip(remote), Time{});
  return endpoint ? endpoint->to_string() : "none";
}

TEST(OwnAddresses, APeerIsToldTheListenerOfItsFamily) {
  OwnAddresses own({udp("127.0.0.1", 5060), udp("::1", 5070)}, {});
  EXPECT_EQ(told(own, "127.0.0.9"), "127.0.0.1:5060");
  EXPECT_EQ(told(own, "::1"), "[::1]:5070");
  OwnAddresses v4_only({udp("127.0.0.1", 5060)}, {});
  EXPECT_EQ(told(v4_only, "::1"), "none");
}

TEST(OwnAddresses, EachLocalAddressHasItsOwnPublicOne) {
  OwnAddresses own({udp("127.0.0.1", 5060), udp("::1", 5070)}, {{ip("127.0.0.1"), ip("203.0.113.1")},
                                                                {ip("::1"), ip("2001:db8::1")},
                                                                {ip("127.0.0.2"), ip("203.0.113.2")}});
  EXPECT_EQ(told(own, "127.0.0.9"), "203.0.113.1:5060");
  EXPECT_EQ(told(own, "::1"), "[2001:db8::1]:5070");
  EXPECT_EQ(own.advertised(ip("127.0.0.2")), ip("203.0.113.2"));
  EXPECT_EQ(own.advertised(ip("127.0.0.3")), ip("127.0.0.3"));
  EXPECT_TRUE(own.contains_host("203.0.113.1", 5060));
  EXPECT_TRUE(own.contains_host("[2001:db8::1]", 5070));
  EXPECT_FALSE(own.contains_host("203.0.113.2", 5060));  // no listener stands behind it
}

TEST(OwnAddresses, OneForAllHoldsForItsFamilyOnly) {
  OwnAddresses own({udp("127.0.0.1", 5060), udp("::1", 5070)},
                   {{std::nullopt, ip("203.0.113.1")}, {ip("127.0.0.2"), ip("203.0.113.2")}});
  EXPECT_EQ(told(own, "127.0.0.9"), "203.0.113.1:5060");
  EXPECT_EQ(told(own, "::1"), "[::1]:5070");
  EXPECT_EQ(own.advertised(ip("127.0.0.2")), ip("203.0.113.2"));  // the particular one wins
}

// Two interfaces: the listener whose address the kernel would use towards the peer.
TEST(OwnAddresses, TheListenerThatTheKernelWouldUseWins) {
  OwnAddresses own({udp("127.0.0.7", 5062), udp("127.0.0.1", 5060)}, {});
  EXPECT_EQ(told(own, "127.0.0.9"), "127.0.0.1:5060");
  OwnAddresses any({udp("0.0.0.0", 5064), udp("127.0.0.7", 5062)}, {});
  EXPECT_EQ(told(any, "127.0.0.9"), "127.0.0.1:5064");
}

}  // namespace
}  // namespace w2s::transport
