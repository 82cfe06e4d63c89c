#include "w2s/base/keyed_hash.hpp"

#include <gtest/gtest.h>

#include <string>
#include <unordered_map>
#include <vector>

namespace w2s {
namespace {

// The key of the paper's appendix A: 00 01 02 ... 0f.
KeyedHash of_the_paper() {
  KeyedHash::Key key;
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::uint8_t>(i);
  return KeyedHash(key);
}

// Inputs 00 01 02 ... of these lengths; 15 is the example of the paper's appendix A, the others are of the
// authors' reference implementation. Every remainder of a word of 8 octets ends some input.
TEST(KeyedHash, GivesTheReferenceValues) {
  const auto hash = of_the_paper();
  const std::vector<std::pair<std::size_t, std::uint64_t>> vectors = {
      {0, 0x726fdb47dd0e0e31},  {1, 0x74f839c593dc67fd},  {2, 0x0d6c8009d9a94f5a},  {7, 0xab0200f58b01d137},
      {8, 0x93f5f5799a932462},  {9, 0x9e0082df0ba9e4b0},  {15, 0xa129ca6149be45e5}, {16, 0x3f2acc7f57c29bdb},
      {17, 0x699ae9f52cbe4794}, {31, 0x32d892fad841c342}, {63, 0x958a324ceb064572},
  };
  for (const auto& [length, expected] : vectors) {
    std::string input;
    for (std::size_t i = 0; i < length; ++i) input += static_cast<char>(i);
    EXPECT_EQ(hash(input), expected) << length;
  }
}

TEST(KeyedHash, TellsAddressesAndPortsApart) {
  const auto hash = of_the_paper();
  const Endpoint one{*IpAddress::parse("192.0.2.1"), 5060}, other_port{one.ip, 5061};
  EXPECT_EQ(hash(one), hash(Endpoint(one)));
  EXPECT_NE(hash(one), hash(other_port));
  EXPECT_NE(hash(one), hash({*IpAddress::parse("192.0.2.2"), 5060}));
  EXPECT_NE(hash(one), hash({*IpAddress::parse("2001:db8::1"), 5060}));
}

// What made names collide in one table says nothing about the next.
TEST(KeyedHash, TablesWithOtherKeysPlaceTheSameNamesDifferently) {
  using Table = std::unordered_map<std::string, int, KeyedHash, std::equal_to<>>;
  SeededRng rng(1);
  Table one(4096, KeyedHash(rng)), other(one.bucket_count(), KeyedHash(rng));
  for (int i = 0; i < 1000; ++i) {
    one.emplace("sip:" + std::to_string(i) + "@example.com", i);
    other.emplace("sip:" + std::to_string(i) + "@example.com", i);
  }
  ASSERT_EQ(one.bucket_count(), other.bucket_count());
  int alike = 0, met = 0;
  for (const auto& [name, i] : one) {
    if (one.bucket(name) == other.bucket(name)) ++alike;
    if (one.bucket_size(one.bucket(name)) > 1 && other.bucket_size(other.bucket(name)) > 1) ++met;
  }
  EXPECT_LT(alike, 10);  // by chance: one of 4,096
  EXPECT_LT(met, 150);   // by chance: about one of 20
  EXPECT_NE(one.find(std::string_view("sip:7@example.com")), one.end());
}

}  // namespace
}  // namespace w2s
