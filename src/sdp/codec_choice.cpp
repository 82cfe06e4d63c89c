#include <algorithm>

#include "format.hpp"
#include "h264.hpp"

namespace w2s::sdp {
namespace {

bool contains(const std::vector<leg::Codec>& codecs, const leg::Codec& codec) {
  return std::any_of(codecs.begin(), codecs.end(),
                     [&](const auto& other) { return same_codec(other, codec); });
}

std::vector<leg::Codec> codecs_of(const Formats& formats) {
  std::vector<leg::Codec> codecs;
  for (const auto& format : formats) codecs.push_back(format.codec);
  return codecs;
}

}  // namespace

std::vector<leg::Codec> relayable(const std::vector<leg::Codec>& offered) {
  std::vector<leg::Codec> kept;
  for (const auto& codec : offered)
    if (is_relayable(codec) && !contains(kept, codec)) kept.push_back(codec);
  return kept;
}

std::vector<leg::Codec> common(const std::vector<leg::Codec>& preferred,
                               const std::vector<leg::Codec>& accepted) {
  Formats shared;
  for (const auto& codec : preferred) {
    const auto match = std::find_if(accepted.begin(), accepted.end(),
                                    [&](const auto& other) { return same_codec(other, codec); });
    if (match != accepted.end() && find_codec(shared, codec) == nullptr) shared.push_back({*match, 0});
  }
  drop_stray_events(shared);
  if (!has_audio(shared)) return {};
  return codecs_of(shared);
}

bool has_video(const std::vector<leg::Codec>& codecs) {
  return std::any_of(codecs.begin(), codecs.end(),
                     [](const leg::Codec& codec) { return codec.type == leg::MediaType::video; });
}

std::string config_name(const leg::Codec& codec) {
  return is_h264(codec) ? h264_name(codec.variant) : codec.name;
}

std::string list_names(const std::vector<leg::Codec>& codecs) {
  std::vector<std::string> names;
  std::string list;
  for (const auto& codec : codecs) {
    auto name = config_name(codec);
    if (is_telephone_event(codec) || std::find(names.begin(), names.end(), name) != names.end()) continue;
    list += (list.empty() ? "" : ", ") + name;
    names.push_back(std::move(name));
  }
  return list;
}

}  // namespace w2s::sdp
