#include "our_description.hpp"

#include <algorithm>

#include "w2s/base/encoding.hpp"

#include "h264.hpp"

namespace w2s::sdp {
namespace {

// The codecs that the peer offered, with its numbers and the other leg's fmtp.
Formats chosen_formats(const Formats& offered, const std::vector<leg::Codec>& codecs, leg::MediaType type) {
  Formats chosen;
  for (const auto& codec : of_type(codecs, type)) {
    const auto* theirs = find_codec(offered, codec);
    if (theirs == nullptr || find_number(chosen, theirs->number) != nullptr) continue;
    chosen.push_back({codec, theirs->number});
    if (is_h264(codec)) chosen.back().codec.fmtp = with_profile_of(codec.fmtp, theirs->codec.fmtp);
  }
  return chosen;
}

Formats chosen_audio(const Formats& offered, const std::vector<leg::Codec>& codecs) {
  auto chosen = chosen_formats(offered, codecs, leg::MediaType::audio);
  drop_stray_events(chosen);
  if (!has_audio(chosen)) return {};
  for (auto& [codec, number] : chosen)
    if (is_telephone_event(codec)) codec.fmtp = "0-16";
  return chosen;
}

std::string free_mid(const std::vector<MediaLine>& lines) {
  for (std::size_t number = lines.size();; ++number) {
    const auto mid = std::to_string(number);
    if (std::none_of(lines.begin(), lines.end(), [&](const MediaLine& line) { return line.mid == mid; }))
      return mid;
  }
}

bool is_secure(const MediaLine& line) {
  return line.protocol.find("SAVP") != std::string::npos;
}

// Where our offer may have its video: an m-line of video that there is already, else a new one at the end (RFC
// 3264 8.1, 8.2).
std::size_t video_line(std::vector<MediaLine>& lines, const MediaLine& audio) {
  for (std::size_t i = 0; i < lines.size(); ++i)
    if (iequals(lines[i].type, "video") && is_secure(lines[i]) == is_secure(audio) &&
        lines[i].mid.empty() == audio.mid.empty())
      return i;
  lines.push_back({"video", audio.protocol, "0", audio.mid.empty() ? "" : free_mid(lines)});
  return lines.size() - 1;
}

// Our offer of video, where the transport allows it. `formats` are not empty.
void offer_video(LocalDescription& local, leg::Kind kind, Formats formats, const Formats& bound,
                 leg::Direction direction) {
  if (kind == leg::Kind::web && !local.bundled) return;
  if (!local.video) {
    local.video.emplace();
    local.video->line = video_line(local.lines, local.lines[local.audio.line]);
    local.video->mid_extension = local.audio.mid_extension;
  }
  local.video->feedback = {true, true};
  local.video->direction = direction;
  local.video->formats = std::move(formats);
  for (auto& [codec, number] : local.video->formats) {
    if (!is_h264(codec)) continue;
    // RFC 3264 8.3.2: what a number has stood for it stands for, also the kind of Baseline.
    if (const auto* known = find_number(bound, number); known != nullptr && is_h264(known->codec))
      codec.fmtp = with_profile_of(codec.fmtp, known->codec.fmtp);
    else if (kind == leg::Kind::web)
      codec.fmtp = constrained(codec.fmtp);
  }
}

}  // namespace

LocalDescription describe_answer(const Exchange& exchange, const std::vector<leg::Codec>& codecs,
                                 leg::Directions directions, bool video_open) {
  const auto& remote = *exchange.remote;
  LocalDescription local;
  local.lines = remote.lines;
  local.audio = {remote.audio.line, chosen_audio(remote.audio.formats, codecs),
                 limited_by(directions.audio, remote.audio.direction), remote.audio.mid_extension, {}};
  local.setup = exchange.role == leg::DtlsRole::active ? Setup::active : Setup::passive;
  local.bundled = remote.bundled;
  local.rtcp_mux = remote.rtcp_mux;
  if (!remote.video || !video_open || local.audio.formats.empty()) return local;
  const auto& video = *remote.video;
  auto formats = chosen_formats(video.formats, codecs, leg::MediaType::video);
  if (!formats.empty())
    local.video = {video.line, std::move(formats), limited_by(directions.video, video.direction),
                   video.mid_extension, video.feedback};
  return local;
}

// RFC 3264 8: an offer in a session keeps the m-lines; RFC 5763 5: every offer of ours says actpass. What was
// refused is not offered again by this alone.
LocalDescription describe_refresh(leg::Kind kind, const Exchange* before) {
  const bool web = kind == leg::Kind::web;
  LocalDescription local;
  if (before != nullptr) {
    local = before->local;
    if (!before->has_video()) local.video.reset();
  } else {
    local.lines = {{"audio", web ? "UDP/TLS/RTP/SAVPF" : "RTP/AVP", "0", web ? "0" : ""}};
    local.bundled = web;
  }
  local.rtcp_mux = web;
  local.setup = Setup::actpass;
  return local;
}

LocalDescription describe_offer(leg::Kind kind, const Exchange& next, const Exchange* before,
                                const std::vector<leg::Codec>& codecs, leg::Directions directions, bool video_open) {
  auto local = describe_refresh(kind, before);
  const auto& numbers = next.audio.numbers;
  local.audio.formats = numbers.assign(of_type(codecs, leg::MediaType::audio), next.video.numbers.bound());
  local.audio.direction = directions.audio;
  auto taken = numbers.bound();
  taken.insert(taken.end(), local.audio.formats.begin(), local.audio.formats.end());
  auto video = next.video.numbers.assign(of_type(codecs, leg::MediaType::video), taken);
  if (video_open && !video.empty())
    offer_video(local, kind, std::move(video), next.video.numbers.bound(), directions.video);
  else if (kind == leg::Kind::web && local.video)
    local.video->direction = leg::Direction::inactive;  // port 0 would stop a browser's camera for good (RFC 8829 5.10)
  else
    local.video.reset();
  return local;
}

}  // namespace w2s::sdp
