#include "format.hpp"

#include <algorithm>
#include <bitset>

#include "w2s/base/encoding.hpp"

#include "h264.hpp"

namespace w2s::sdp {
namespace {

constexpr std::size_t max_codec_name = 32;
constexpr std::size_t max_fmtp = 512;  // sprop-parameter-sets of H.264 take up to 300 octets
constexpr std::uint8_t longest_packet = 200;  // milliseconds

struct Known {
  std::string_view name;
  std::string_view written;  // as RFC 3551, 6184, 7587 and 7741 spell it
  std::uint32_t clock_rate;
  std::uint8_t channels;
  leg::MediaType type = leg::MediaType::audio;
};
// G722 samples at 16 kHz but its RTP clock is 8000 (RFC 3551 4.5.2).
constexpr Known known_codecs[] = {{"pcmu", "PCMU", 8000, 1},
                                  {"pcma", "PCMA", 8000, 1},
                                  {"g722", "G722", 8000, 1},
                                  {"opus", "opus", 48000, 2},
                                  {"telephone-event", "telephone-event", 8000, 1},
                                  {"telephone-event", "telephone-event", 48000, 1},
                                  {"vp8", "VP8", 90000, 1, leg::MediaType::video},
                                  {"h264", "H264", 90000, 1, leg::MediaType::video}};

std::optional<leg::Codec> static_codec(std::uint8_t number) {  // RFC 3551 6
  switch (number) {
    case 0: return leg::Codec{"pcmu", 8000, 1, {}};
    case 3: return leg::Codec{"gsm", 8000, 1, {}};
    case 8: return leg::Codec{"pcma", 8000, 1, {}};
    case 9: return leg::Codec{"g722", 8000, 1, {}};
    case 18: return leg::Codec{"g729", 8000, 1, {}};
    default: return std::nullopt;
  }
}

// The rest of "a=NAME:NUMBER rest" for rtpmap and fmtp.
std::optional<std::string_view> value_for_number(const Media& media, std::string_view name,
                                                 std::uint8_t number) {
  for (const auto& attribute : media.attributes) {
    if (attribute.name != name) continue;
    const std::string_view value = attribute.value;
    const auto blank = value.find_first_of(" \t");
    if (blank != std::string_view::npos && parse_number<std::uint8_t>(value.substr(0, blank)) == number)
      return trim(value.substr(blank));
  }
  return std::nullopt;
}

leg::MediaType type_of(const Media& media) {
  return iequals(media.type, "video") ? leg::MediaType::video : leg::MediaType::audio;
}

std::optional<leg::Codec> parse_encoding(std::string_view text) {  // "opus/48000/2"
  const auto parts = split(text, '/');
  if (parts.size() < 2 || parts.size() > 3 || !is_token(parts[0]) || parts[0].size() > max_codec_name)
    return std::nullopt;
  const auto clock = parse_number<std::uint32_t>(parts[1]);
  const auto channels = parts.size() == 3 ? parse_number<std::uint8_t>(parts[2]) : 1;
  if (!clock || *clock == 0 || !channels || *channels == 0) return std::nullopt;
  return leg::Codec{to_lower(parts[0]), *clock, *channels, {}};
}

std::optional<leg::Codec> codec_of(const Media& media, std::uint8_t number, const Formats& ours) {
  if (const auto encoding = value_for_number(media, "rtpmap", number)) {
    auto codec = parse_encoding(*encoding);
    if (codec) codec->type = type_of(media);
    return codec;
  }
  if (const auto* mine = find_number(ours, number)) return mine->codec;
  return type_of(media) == leg::MediaType::audio ? static_codec(number) : std::nullopt;
}

// A span that a packet can have; anything else (maxptime:255 of the first gateway of this name) says nothing.
std::uint8_t packet_time(std::string_view text) {
  const auto milliseconds = parse_number<std::uint8_t>(trim(text));
  return milliseconds && *milliseconds >= 1 && *milliseconds <= longest_packet ? *milliseconds
                                                                               : std::uint8_t{0};
}

// RFC 7587 6.1: minptime is the one parameter of Opus that is a packet's span.
bool is_sound_opus_parameter(std::string_view parameter) {
  const auto equals = std::min(parameter.find('='), parameter.size());
  return !iequals(trim(parameter.substr(0, equals)), "minptime") ||
         packet_time(parameter.substr(std::min(equals + 1, parameter.size()))) != 0;
}

// Receiver parameters that are worth telling the other leg; all else is between this peer and us.
std::string fmtp_of(const Media& media, std::uint8_t number, const leg::Codec& codec, const Formats& ours) {
  if (is_telephone_event(codec)) return "0-16";  // RFC 4733 2.4.1 and flash
  const auto value = value_for_number(media, "fmtp", number);
  if (codec.type == leg::MediaType::video) {
    if (!is_relayable(codec)) return {};
    auto fmtp = value && value->size() <= max_fmtp ? std::string(*value) : std::string();
    const auto* mine = find_number(ours, number);
    return is_h264(codec) && mine != nullptr && is_h264(mine->codec) ? completed(std::move(fmtp), mine->codec.fmtp) : fmtp;
  }
  if (!value || value->size() > max_fmtp) return {};
  if (codec.name != "opus") return {};
  std::string sound;
  for (const auto parameter : split(*value, ';'))
    if (is_sound_opus_parameter(parameter)) (sound += sound.empty() ? "" : ";") += parameter;
  return sound;
}

// RFC 8866 6.4 and 6.5: said for the whole m-line, meant for whatever audio codec is received.
void read_packet_times(const Media& media, leg::Codec& codec) {
  if (is_telephone_event(codec) || codec.type != leg::MediaType::audio) return;
  codec.ptime = packet_time(find(media.attributes, "ptime").value_or(""));
  codec.maxptime = packet_time(find(media.attributes, "maxptime").value_or(""));
}

void write_packet_times(Media& media, const Formats& formats) {
  const auto audio = std::find_if(formats.begin(), formats.end(),
                                  [](const Format& format) { return !is_telephone_event(format.codec); });
  if (audio == formats.end()) return;
  if (audio->codec.ptime != 0) media.attributes.push_back({"ptime", std::to_string(audio->codec.ptime)});
  if (audio->codec.maxptime != 0)
    media.attributes.push_back({"maxptime", std::to_string(audio->codec.maxptime)});
}

std::string written_encoding(const leg::Codec& codec) {
  std::string name = codec.name;
  for (const auto& known : known_codecs)
    if (known.name == codec.name) name = known.written;
  auto encoding = name + "/" + std::to_string(codec.clock_rate);
  if (codec.channels != 1) encoding += "/" + std::to_string(codec.channels);
  return encoding;
}

}  // namespace

bool is_telephone_event(const leg::Codec& codec) {
  return iequals(codec.name, "telephone-event");
}

bool is_relayable(const leg::Codec& codec) {
  return std::any_of(std::begin(known_codecs), std::end(known_codecs), [&](const Known& known) {
    return codec.type == known.type && codec.clock_rate == known.clock_rate &&
           codec.channels == known.channels && iequals(codec.name, known.name);
  });
}

const Format* find_codec(const Formats& formats, const leg::Codec& codec) {
  const auto found = std::find_if(formats.begin(), formats.end(),
                                  [&](const Format& format) { return same_codec(format.codec, codec); });
  return found == formats.end() ? nullptr : &*found;
}

const Format* find_number(const Formats& formats, std::uint8_t number) {
  const auto found = std::find_if(formats.begin(), formats.end(),
                                  [&](const Format& format) { return format.number == number; });
  return found == formats.end() ? nullptr : &*found;
}

void drop_stray_events(Formats& formats) {
  const auto is_stray = [&](const Format& event) {
    return is_telephone_event(event.codec) && event.codec.clock_rate != 8000 &&
           std::none_of(formats.begin(), formats.end(), [&](const Format& other) {
             return !is_telephone_event(other.codec) && other.codec.clock_rate == event.codec.clock_rate;
           });
  };
  Formats kept;
  std::copy_if(formats.begin(), formats.end(), std::back_inserter(kept),
               [&](const Format& format) { return !is_stray(format); });
  formats = std::move(kept);
}

bool has_audio(const Formats& formats) {
  return std::any_of(formats.begin(), formats.end(),
                     [](const Format& format) {
                       return format.codec.type == leg::MediaType::audio && !is_telephone_event(format.codec);
                     });
}

std::vector<leg::Codec> of_type(const std::vector<leg::Codec>& codecs, leg::MediaType type) {
  std::vector<leg::Codec> kept;
  std::copy_if(codecs.begin(), codecs.end(), std::back_inserter(kept),
               [&](const leg::Codec& codec) { return codec.type == type; });
  return kept;
}

Formats read_formats(const Media& media, const Formats& ours) {
  Formats formats;
  std::bitset<max_payload_number + 1>
      seen;  // keeps the work bounded when one number stands there 20,000 times
  for (const auto& text : media.formats) {
    const auto number = parse_number<std::uint8_t>(text);
    if (!number || *number > max_payload_number || seen[*number]) continue;
    seen.set(*number);
    auto codec = codec_of(media, *number, ours);
    if (!codec) continue;
    codec->fmtp = fmtp_of(media, *number, *codec, ours);
    if (is_h264(*codec)) codec->variant = h264_variant(codec->fmtp);
    read_packet_times(media, *codec);
    formats.push_back({std::move(*codec), *number});
  }
  return formats;
}

void write_formats(Media& media, const Formats& formats) {
  for (const auto& [codec, number] : formats) {
    const auto text = std::to_string(number);
    media.formats.push_back(text);
    media.attributes.push_back({"rtpmap", text + " " + written_encoding(codec)});
    if (!codec.fmtp.empty()) media.attributes.push_back({"fmtp", text + " " + codec.fmtp});
  }
  write_packet_times(media, formats);
}

}  // namespace w2s::sdp
