#include "sdp/h264.hpp"

#include <gtest/gtest.h>

namespace w2s::sdp {
namespace {

TEST(H264, ProfileAndPacketizationModeTellCodecsApart) {
  struct Case {
    const char* one;
    const char* other;
    bool same;
  };
  for (const auto& c : {
           Case{"profile-level-id=42e01f;packetization-mode=1", "packetization-mode=1; profile-level-id=42E014", true},
           Case{"profile-level-id=42e01f;packetization-mode=1", "profile-level-id=42e01f;packetization-mode=0", false},
           Case{"profile-level-id=42e01f;packetization-mode=1", "profile-level-id=42e01f", false},
           Case{"profile-level-id=42e01f", "profile-level-id=42e01f;packetization-mode=0", true},
           Case{"profile-level-id=42e01f", "profile-level-id=42801f", true},
           Case{"", "profile-level-id=42001f", true},
           Case{"profile-level-id=4d001f", "profile-level-id=42e01f", false},
           Case{"profile-level-id=4d801f", "profile-level-id=42e01f", true},  // RFC 6184 table 5
           Case{"profile-level-id=64001f", "profile-level-id=640028", true},
           Case{"profile-level-id=6e001f", "profile-level-id=7a001f", false},
           Case{"profile-level-id=6e001f", "profile-level-id=6E0028", true},
       }) {
    EXPECT_EQ(h264_variant(c.one) == h264_variant(c.other), c.same) << c.one << " | " << c.other;
  }
}

TEST(H264, AnAnswerHasTheProfileOfTheOfferAndItsOwnLevel) {
  EXPECT_EQ(with_profile_of("packetization-mode=1;profile-level-id=428014;max-mbps=11880", "profile-level-id=42e01f"),
            "packetization-mode=1;profile-level-id=42e014;max-mbps=11880");
  EXPECT_EQ(with_profile_of("packetization-mode=1", "profile-level-id=42e01f"),
            "packetization-mode=1;profile-level-id=42e00a");
  EXPECT_EQ(with_profile_of("", "profile-level-id=42001f"), "") << "says it already, by leaving it away";
  EXPECT_EQ(with_profile_of("", "profile-level-id=42e01f"), "profile-level-id=42e00a");
}

TEST(H264, ABrowserIsOfferedConstrainedBaseline) {
  EXPECT_EQ(constrained("profile-level-id=42801F"), "profile-level-id=42e01F");
  EXPECT_EQ(constrained("profile-level-id=4d001f"), "profile-level-id=4d001f");
  EXPECT_EQ(constrained("packetization-mode=1"), "packetization-mode=1;profile-level-id=42e00a");
}

TEST(H264, WhatIsNoProfileIsTheDefault) {
  for (const auto* broken : {"profile-level-id=42e0", "profile-level-id=xyz123", "profile-level-id=42:e01", "profile-level-id",
                             "profile-level-id=", ";;=;"}) {
    EXPECT_EQ(h264_variant(broken), "bp/0") << broken;
  }
}

TEST(H264, HasTheNamesOfConfig) {
  EXPECT_EQ(h264_name(h264_variant("profile-level-id=42e01f;packetization-mode=1")), "h264-bp");
  EXPECT_EQ(h264_name(h264_variant("profile-level-id=4d001f")), "h264-mp");
  EXPECT_EQ(h264_name(h264_variant("profile-level-id=640c1f")), "h264-hp");
}

}  // namespace
}  // namespace w2s::sdp
