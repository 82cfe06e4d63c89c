#pragma once
#include "session.hpp"

// Payload formats of an m-line: a codec and the number that stands for it in one description.
namespace w2s::sdp {

struct Format {
  leg::Codec codec;
  std::uint8_t number = 0;
  bool operator==(const Format&) const = default;
};
using Formats = std::vector<Format>;

bool is_telephone_event(const leg::Codec& codec);
bool is_relayable(const leg::Codec& codec);
const Format* find_codec(const Formats& formats, const leg::Codec& codec);
const Format* find_number(const Formats& formats, std::uint8_t number);

// RFC 4733 2.1: events share the clock of the audio they interrupt. 8000 Hz is kept beside every codec, since
// that is all that Firefox and most phones have; 48000 Hz needs an audio codec of that clock.
void drop_stray_events(Formats& formats);
bool has_audio(const Formats& formats);
std::vector<leg::Codec> of_type(const std::vector<leg::Codec>& codecs, leg::MediaType type);

// What the m-line offers, in its order and each number once. A number without rtpmap means what RFC 3551 says
// or, in an answer, what `ours` says; one that means nothing is left out. Only those codecs keep an fmtp for
// which the other leg should know it; audio codecs carry the m-line's a=ptime and a=maxptime.
Formats read_formats(const Media& media, const Formats& ours = {});
void write_formats(Media& media, const Formats& formats);

}  // namespace w2s::sdp
