#pragma once
#include <string>
#include <string_view>

#include "w2s/leg/leg.hpp"

// What the fmtp of H.264 says about the codec itself (RFC 6184 8.1). Profile and packetization mode are the
// same in both directions, so other ones are another codec; the level is each receiver's own (8.2.2).
namespace w2s::sdp {

bool is_h264(const leg::Codec& codec);

// The same profile and packetization mode. Baseline and Constrained Baseline count as one: no phone encodes
// what sets them apart (slice groups, redundant slices), yet many say 42 00 or 42 80 where a browser says
// 42 e0.
bool same_h264(std::string_view fmtp, std::string_view other);

// `fmtp` with the profile, but not the level, that `offered` says.
std::string with_profile_of(std::string fmtp, std::string_view offered);
// A Baseline profile-level-id as Constrained Baseline, the one that every browser knows.
std::string constrained(std::string fmtp);

// "h264-bp", "h264-mp" or "h264-hp" as config.xml has them; "h264" for the others.
std::string_view h264_name(std::string_view fmtp);

}  // namespace w2s::sdp
