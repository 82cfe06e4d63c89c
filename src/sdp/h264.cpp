#include "h264.hpp"

#include "w2s/base/encoding.hpp"

#include "session.hpp"

namespace w2s::sdp {
namespace {

constexpr std::string_view profile_level_id = "profile-level-id";
constexpr std::string_view default_profile = "42000a";  // RFC 6184 8.1: Baseline, level 1

// Where the value of this parameter stands in the fmtp; empty, at its end: nowhere.
std::string_view find_parameter(std::string_view fmtp, std::string_view name) {
  for (const auto parameter : split(fmtp, ';')) {
    const auto equals = parameter.find('=');
    if (equals != std::string_view::npos && iequals(trim(parameter.substr(0, equals)), name))
      return trim(parameter.substr(equals + 1));
  }
  return fmtp.substr(fmtp.size());
}

std::string_view profile_in(std::string_view fmtp) {
  const auto value = find_parameter(fmtp, profile_level_id);
  const auto octets = from_hex(value);
  return octets && octets->size() == 3 && value.size() == 6 ? value : default_profile;
}

// As config.xml has them; the octets of those that it does not name.
std::string profile_of(std::string_view fmtp) {
  constexpr std::uint8_t constraint_set0 = 0x80, constraint_set1 = 0x40;  // RFC 6184 table 5
  const auto octets = *from_hex(profile_in(fmtp));
  switch (octets[0]) {
    case 0x42: return "bp";
    case 0x4d: return (octets[1] & constraint_set0) != 0 ? "bp" : "mp";
    case 0x58: return (octets[1] & constraint_set1) != 0 ? "bp" : "xp";
    case 0x64: return "hp";
    default: return to_lower(profile_in(fmtp).substr(0, 4));
  }
}

std::string_view packetization_mode(std::string_view fmtp) {
  const auto mode = find_parameter(fmtp, "packetization-mode");
  return mode.empty() ? "0" : mode;
}

std::string with_profile(std::string fmtp, std::string_view profile) {
  const auto value = find_parameter(fmtp, profile_level_id);
  if (value.size() != default_profile.size()) {
    const auto level = default_profile.substr(profile.size());
    return fmtp + (fmtp.empty() ? "" : ";") + std::string(profile_level_id) + "=" + std::string(profile) +
           std::string(level);
  }
  fmtp.replace(static_cast<std::size_t>(value.data() - fmtp.data()), profile.size(), profile);
  return fmtp;
}

}  // namespace

bool is_h264(const leg::Codec& codec) {
  return codec.type == leg::MediaType::video && codec.name == "h264";
}

std::string h264_variant(std::string_view fmtp) {
  return profile_of(fmtp) + "/" + std::string(packetization_mode(fmtp));
}

std::string with_profile_of(std::string fmtp, std::string_view offered) {
  const auto profile = std::string(profile_in(offered).substr(0, 4));
  return iequals(profile_in(fmtp).substr(0, 4), profile) ? fmtp : with_profile(std::move(fmtp), profile);
}

std::string completed(std::string fmtp, std::string_view offered) {
  for (const auto name : {profile_level_id, std::string_view("packetization-mode")}) {
    const auto value = find_parameter(offered, name);
    if (value.empty() || !find_parameter(fmtp, name).empty()) continue;
    fmtp += (fmtp.empty() ? "" : ";") + std::string(name) + "=" + std::string(value);
  }
  return fmtp;
}

std::string constrained(std::string fmtp) {
  return profile_of(fmtp) == "bp" ? with_profile(std::move(fmtp), "42e0") : fmtp;
}

std::string h264_name(std::string_view variant) {
  return "h264-" + std::string(variant.substr(0, variant.find('/')));
}

}  // namespace w2s::sdp
