#pragma once
#include <string>
#include <string_view>

#include "w2s/leg/leg.hpp"

// What the fmtp of H.264 says about the codec itself (RFC 6184 8.1). Profile and packetization mode are the
// same in both directions, so other ones are another codec; the level is each receiver's own (8.2.2).
namespace w2s::sdp {

bool is_h264(const leg::Codec& codec);

// leg::Codec::variant: profile and packetization mode. Baseline and Constrained Baseline count as one: no phone
// encodes what sets them apart (slice groups, redundant slices), yet many say 42 00 or 42 80 where a browser
// says 42 e0.
std::string h264_variant(std::string_view fmtp);

// `fmtp` with the profile, but not the level, that `offered` says.
std::string with_profile_of(std::string fmtp, std::string_view offered);
// The fmtp of an answer that names the number of an offer: what it does not repeat of profile and packetization
// mode is as offered, since it cannot be anything else.
std::string completed(std::string fmtp, std::string_view offered);
// A Baseline profile-level-id as Constrained Baseline, the one that every browser knows.
std::string constrained(std::string fmtp);

// "h264-bp", "h264-mp", "h264-hp", …: the profile of such a variant as config.xml names it.
std::string h264_name(std::string_view variant);

}  // namespace w2s::sdp
