#include <algorithm>

#include "fields.hpp"
#include "readers.hpp"

namespace w2s::config {
namespace {

struct RelayedCodec {
  std::string_view name;
  Codec codec;
};
constexpr RelayedCodec relayed_codecs[] = {
    {"opus", Codec::opus}, {"pcma", Codec::pcma},       {"pcmu", Codec::pcmu},      {"g722", Codec::g722},
    {"vp8", Codec::vp8},   {"h264-bp", Codec::h264_bp}, {"h264-mp", Codec::h264_mp}};

// The other names of 2.x. The guide prints speex-uw for speex-uwb.
constexpr std::string_view other_codecs[] = {
    "amr-nb-be", "amr-nb-oa", "speex-nb", "speex-wb", "speex-uwb", "speex-uw", "g729",
    "gsm",       "ilbc",      "h263",     "h263+",    "theora",    "mp4v-es"};

}  // namespace

void read_codecs(const Entry& entry) {
  const auto fields = read_list(entry);
  if (!fields) return;
  auto& codecs = entry.config().codecs;
  if (std::exchange(entry.draft.default_codecs, false)) codecs.clear();
  std::string without_effect;
  for (const auto field : *fields) {
    const auto is_field = [&](const auto& name) { return iequals(name, field); };
    const auto relayed = std::find_if(std::begin(relayed_codecs), std::end(relayed_codecs),
                                      [&](const RelayedCodec& known) { return is_field(known.name); });
    if (relayed != std::end(relayed_codecs)) {
      if (std::find(codecs.begin(), codecs.end(), relayed->codec) == codecs.end())
        codecs.push_back(relayed->codec);
    } else if (std::any_of(std::begin(other_codecs), std::end(other_codecs), is_field)) {
      without_effect += (without_effect.empty() ? "" : ", ") + to_lower(field);
    } else {
      entry.draft.codecs_refused = true;
      entry.error(in_quotes(field) + " is no codec known here; docs/configuration.md lists them");
    }
  }
  if (!without_effect.empty())
    entry.warn("no effect yet: " + without_effect + "; opus, pcma, pcmu, g722, vp8, h264-bp and h264-mp are relayed");
}

void read_dtmf_type(const Entry& entry) {
  const auto type = read_keyword<DtmfType>(entry, entry.value,
                                           {{"rfc4733", DtmfType::rfc4733}, {"rfc2833", DtmfType::info}});
  if (type) entry.config().dtmf_type = *type;
}

void read_srtp_mode(const Entry& entry) {
  if (iequals(entry.value, "mandatory"))
    return entry.error("mandatory (SRTP towards the SIP side) is not built yet; use optional");
  const auto mode = read_keyword<SrtpMode>(entry, entry.value,
                                           {{"none", SrtpMode::none}, {"optional", SrtpMode::optional}});
  if (mode) entry.config().srtp_mode = *mode;
}

void read_srtp_type(const Entry& entry) {
  const auto fields = read_list(entry, ";,");
  if (!fields) return;
  bool dtls = false, sdes = false;
  for (const auto field : *fields) {
    if (iequals(field, "dtls"))
      dtls = true;
    else if (iequals(field, "sdes"))
      sdes = true;
    else
      return entry.error(in_quotes(field) + " is not known here; use sdes;dtls or dtls");
  }
  if (!dtls) return entry.error("browsers accept nothing but DTLS, and SDES is not built yet; add dtls");
  if (sdes) entry.warn("no effect yet: sdes; browsers get DTLS, the SIP side plain RTP");
}

void read_ice_transport(const Entry& entry) {
  const auto fields = read_fields(entry, 3);
  if (!fields) return;
  if (iequals(fields->front(), "tcp")) return entry.error("ICE over tcp is not built yet; use udp");
  IceTransport found;
  const bool proto_ok = read_keyword<bool>(entry, fields->front(), {{"udp", true}}).has_value();
  const bool address_ok = read_address_or_star(entry, (*fields)[1], found.address);
  const bool port_ok = read_port_or_star(entry, (*fields)[2], found.port);
  if (proto_ok && address_ok && port_ok) entry.config().ice_transport = found;
}

void read_ice_mode(const Entry& entry) {
  if (iequals(entry.value, "full")) return entry.error("full ICE is not built yet; use lite");
  static_cast<void>(read_keyword<bool>(entry, entry.value, {{"lite", true}}));
}

void read_rtp_port_range(const Entry& entry) {
  const auto fields = read_fields(entry, 2);
  if (!fields) return;
  const auto low = read_port(entry, (*fields)[0]);
  const auto high = read_port(entry, (*fields)[1]);
  if (!low || !high) return;
  // RFC 3550 11: RTP on an even port, RTCP on the next.
  const unsigned first_even = (*low + 1U) & ~1U;
  if (first_even + 1 > *high)
    return entry.error("from " + std::to_string(*low) + " to " + std::to_string(*high) +
                       " there is no even port followed by an odd one; write low;high");
  entry.config().rtp_port_range = {*low, *high};
}

void read_rtp_buffsize(const Entry& entry) {
  const auto bytes = read_number(entry, entry.value, 1, 0x7fffffff);
  if (bytes) entry.config().rtp_buffer_size = *bytes;
}

void read_media_threads(const Entry& entry) {
  read_count_or_star(entry, entry.value, 256, entry.config().media_threads);
}

void read_media_io(const Entry& entry) {
  if (iequals(entry.value, "io_uring")) return entry.error("io_uring is not built yet; use auto or epoll");
  const auto io =
      read_keyword<MediaIo>(entry, entry.value, {{"auto", MediaIo::automatic}, {"epoll", MediaIo::epoll}});
  if (io) entry.config().media_io = *io;
}

void read_media_timeout(const Entry& entry) {
  const auto seconds = read_number(entry, entry.value, 1, 86400);
  if (seconds) entry.config().media_timeout = std::chrono::seconds{*seconds};
}

void read_websocket_grace(const Entry& entry) {
  const auto seconds = read_number(entry, entry.value, 0, 86400);
  if (seconds) entry.config().websocket_grace = std::chrono::seconds{*seconds};
}

}  // namespace w2s::config
