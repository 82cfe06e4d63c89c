#include "remote_description.hpp"

#include <algorithm>

#include "w2s/base/encoding.hpp"

namespace w2s::sdp {
namespace {

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> names) {
  return std::any_of(names.begin(), names.end(), [&](auto name) { return iequals(text, name); });
}

// Older browsers' code (sipML5) writes RTP/SAVPF for DTLS-SRTP, in one m-line or in all, and means it if there is a
// fingerprint (RFC 5763), its own or that of the BUNDLE group.
std::optional<leg::Kind> kind_of_line(const Session& session, const Media& media) {
  const auto& protocol = media.protocol;
  if (is_one_of(protocol, {"UDP/TLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP"})) return leg::Kind::web;
  if (is_one_of(protocol, {"RTP/SAVPF", "RTP/SAVP"}) && has_fingerprint(session, media)) return leg::Kind::web;
  if (is_one_of(protocol, {"RTP/AVP", "RTP/AVPF"})) return leg::Kind::phone;
  return std::nullopt;
}

bool is_in_bundle(const Session& session, const Media& media) {
  const auto bundle = bundled_mids(session);
  return std::find(bundle.begin(), bundle.end(), mid_of(media)) != bundle.end();
}

// RFC 9143 6: port 0 with a=bundle-only is not disabled, it has its group's transport.
bool is_live(const Session& session, const Media& media, leg::MediaType type) {
  if (!iequals(media.type, leg::name(type))) return false;
  return media.port != 0 || (find(media.attributes, "bundle-only") && is_in_bundle(session, media));
}

// RFC 8285 5: "NUMBER[/direction] URI …". Only ids of the one-byte form, and only if the peer receives it
// too.
std::optional<std::uint8_t> read_mid_extension(const Session& session, const Media& media) {
  for (const auto* level : {&media.attributes, &session.attributes}) {
    for (const auto& attribute : *level) {
      const auto parts = split(attribute.value);
      if (attribute.name != "extmap" || parts.size() < 2 || parts[1] != mid_extension_uri) continue;
      const auto slash = parts[0].find('/');
      if (slash != std::string_view::npos && parts[0].substr(slash) != "/sendrecv") continue;
      const auto id = parse_number<std::uint8_t>(parts[0].substr(0, slash));
      if (id && *id >= 1 && *id <= 14) return id;
    }
  }
  return std::nullopt;
}

// The hold of RFC 2543: c=0.0.0.0 says "send me nothing", whatever the attribute says.
leg::Direction phone_direction(const Session& session, const Media& media) {
  const auto direction = direction_of(session, media);
  const auto& connection = media.connection ? media.connection : session.connection;
  const auto ip = connection ? IpAddress::parse(connection->address) : std::nullopt;
  if (!ip || !ip->is_unspecified()) return direction;
  return make_direction(sends(direction), false);
}

std::vector<MediaLine> read_lines(const Session& session) {
  std::vector<MediaLine> lines;
  for (const auto& media : session.media)
    lines.push_back({media.type, media.protocol, media.formats.front(), mid_of(media)});
  return lines;
}

// RFC 4585 4.2: for one payload number, or "*" for all. What it names for one is taken for all: whoever can do
// it, can do it.
Feedback read_feedback(const Media& media) {
  Feedback feedback;
  for (const auto& attribute : media.attributes) {
    if (attribute.name != "rtcp-fb") continue;
    const auto parts = split(attribute.value);
    if (parts.size() < 3) continue;
    feedback.pli |= iequals(parts[1], "nack") && iequals(parts[2], "pli");
    feedback.fir |= iequals(parts[1], "ccm") && iequals(parts[2], "fir");
  }
  return feedback;
}

RemoteStream read_stream(const Session& session, leg::Kind kind, std::size_t line, const Formats& ours) {
  const auto& media = session.media[line];
  RemoteStream stream;
  stream.line = line;
  stream.formats = read_formats(media, ours);
  stream.feedback = read_feedback(media);
  if (kind == leg::Kind::web) {
    stream.direction = direction_of(session, media);
    stream.mid_extension = read_mid_extension(session, media);
  } else {
    stream.direction = phone_direction(session, media);
    stream.rtp = rtp_endpoint(session, media);
    stream.rtcp = rtcp_endpoint(media, stream.rtp);
  }
  return stream;
}

Result<RemoteDescription> read(const Session& session, leg::Kind kind, std::size_t audio,
                               const Formats& ours) {
  const auto& media = session.media[audio];
  RemoteDescription remote;
  remote.version = session.origin.version;
  remote.lines = read_lines(session);
  remote.audio = read_stream(session, kind, audio, ours);
  if (kind == leg::Kind::phone) {
    if (!media.connection && !session.connection)
      return Errc::malformed;  // RFC 8866 5.7: one of them must be
    return remote;
  }
  remote.transport = read_secure_transport(session, media);
  if (remote.transport.fingerprint.empty()) return Errc::no_fingerprint;
  if (remote.transport.ice_ufrag.empty()) return Errc::no_ice_credentials;
  remote.bundled = !mid_of(media).empty() && is_in_bundle(session, media);
  remote.rtcp_mux = find(media.attributes, "rtcp-mux").has_value();
  return remote;
}

// A browser's video has no ICE session and no DTLS association of its own here: it must share those of audio.
bool can_carry_video(const Session& session, leg::Kind kind, const RemoteDescription& remote, const Media& media) {
  if (!is_live(session, media, leg::MediaType::video) || kind_of_line(session, media) != kind) return false;
  if (kind == leg::Kind::phone) return media.connection || session.connection;
  return remote.bundled && !mid_of(media).empty() && is_in_bundle(session, media);
}

// RFC 3264 6: the answer has our m-lines in our order. Some phones leave refused ones at the end away.
bool lines_fit(const Session& answer, const LocalDescription& ours) {
  if (answer.media.size() > ours.lines.size() || answer.media.size() <= ours.audio.line) return false;
  return std::equal(answer.media.begin(), answer.media.end(), ours.lines.begin(),
                    [](const Media& media, const MediaLine& line) { return iequals(media.type, line.type); });
}

// RFC 9143 9.1: in a group a number means one thing, or what comes with it is of neither stream.
bool share_a_number(const Formats& one, const Formats& other) {
  return std::any_of(one.begin(), one.end(), [&](const Format& format) {
    return is_relayable(format.codec) && find_number(other, format.number) != nullptr;
  });
}

}  // namespace

Result<leg::Kind> kind_of_offer(const Session& session) {
  bool audio_seen = false;
  for (const auto& media : session.media) {
    if (!is_live(session, media, leg::MediaType::audio)) continue;
    audio_seen = true;
    if (const auto kind = kind_of_line(session, media)) return *kind;
  }
  return audio_seen ? Errc::unsupported_profile : Errc::no_audio;
}

Result<RemoteDescription> read_offer(const Session& session, leg::Kind kind) {
  bool audio_seen = false;
  for (std::size_t i = 0; i < session.media.size(); ++i) {
    if (!is_live(session, session.media[i], leg::MediaType::audio)) continue;
    audio_seen = true;
    if (kind_of_line(session, session.media[i]) != kind) continue;
    auto remote = read(session, kind, i, {});
    for (std::size_t j = 0; remote && j < session.media.size() && !remote->video; ++j)
      if (can_carry_video(session, kind, *remote, session.media[j]))
        remote->video = read_stream(session, kind, j, {});
    if (remote && kind == leg::Kind::web && remote->video && share_a_number(remote->audio.formats, remote->video->formats))
      remote->video.reset();
    return remote;
  }
  return audio_seen ? Errc::unsupported_profile : Errc::no_audio;
}

Result<RemoteDescription> read_answer(const Session& session, leg::Kind kind, const LocalDescription& ours) {
  if (!lines_fit(session, ours)) return Errc::answer_mismatch;
  const auto& media = session.media[ours.audio.line];
  if (media.port == 0) return Errc::no_audio;
  if (kind_of_line(session, media) != kind) return Errc::answer_mismatch;
  auto remote = read(session, kind, ours.audio.line, ours.audio.formats);
  if (!remote) return remote;
  // RFC 3264 6.1: an answer chooses among what was offered; anything else in it means nothing.
  const auto keep_offered = [](RemoteStream& stream, const StreamDescription& offered) {
    std::erase_if(stream.formats,
                  [&](const Format& f) { return find_codec(offered.formats, f.codec) == nullptr; });
  };
  keep_offered(remote->audio, ours.audio);
  drop_stray_events(remote->audio.formats);
  if (!has_audio(remote->audio.formats)) return Errc::no_common_codec;
  if (!ours.video || session.media.size() <= ours.video->line ||
      !can_carry_video(session, kind, *remote, session.media[ours.video->line]))
    return remote;
  auto video = read_stream(session, kind, ours.video->line, ours.video->formats);
  keep_offered(video, *ours.video);
  if (!video.formats.empty()) remote->video = std::move(video);
  return remote;
}

}  // namespace w2s::sdp
