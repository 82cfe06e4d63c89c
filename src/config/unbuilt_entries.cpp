#include "fields.hpp"
#include "readers.hpp"

namespace w2s::config {
namespace {

// A service that is not built yet may be switched off, not on.
void refuse_yes(const Entry& entry, std::string_view service) {
  const auto yes = read_yes_no(entry, entry.value);
  if (yes && *yes) entry.error(std::string{service} + " is not built yet; say no or remove this entry");
}

}  // namespace

void read_enable_media_coder(const Entry& entry) {
  refuse_yes(entry, "the Media Coder");
}

void read_enable_rtp_symmetric(const Entry& entry) {
  const auto yes = read_yes_no(entry, entry.value);
  if (yes && !*yes)
    entry.warn("no effect yet: no; RTP is always symmetric, with the checks of docs/architecture.md");
}

void read_enable_videojb(const Entry& entry) {
  const auto yes = read_yes_no(entry, entry.value);
  if (yes && *yes) entry.warn("no effect yet: the video jitter buffer comes with video");
}

void read_avpf_tail_length(const Entry& entry) {
  const auto fields = read_fields(entry, 2);
  if (!fields) return;
  const auto min = read_number(entry, (*fields)[0], 1);
  const auto max = read_number(entry, (*fields)[1], 1);
  if (!min || !max) return;
  if (*min > *max) return entry.error("the minimum is greater than the maximum; write min;max");
  entry.warn("no effect yet: RTCP-NACK comes with video");
}

void read_video_size_pref(const Entry& entry) {
  const auto known = read_keyword<bool>(entry, entry.value,
                                        {{"sqcif", true},
                                         {"qcif", true},
                                         {"qvga", true},
                                         {"cif", true},
                                         {"hvga", true},
                                         {"vga", true},
                                         {"4cif", true},
                                         {"svga", true},
                                         {"480p", true},
                                         {"720p", true},
                                         {"16cif", true},
                                         {"1080p", true}});
  if (known) entry.warn("no effect yet: the picture size comes with video");
}

void read_codec_opus_maxrates(const Entry& entry) {
  const auto fields = read_fields(entry, 2);
  if (!fields) return;
  bool ok = true;
  for (const auto field : *fields)
    ok = read_keyword<bool>(
             entry, field,
             {{"8000", true}, {"12000", true}, {"16000", true}, {"24000", true}, {"48000", true}})
             .has_value() &&
         ok;
  if (ok) entry.warn("no effect yet: Opus is relayed as it comes, its rates come with the Media Coder");
}

void read_enable_icestun(const Entry& entry) {
  const auto yes = read_yes_no(entry, entry.value);
  if (yes && *yes)
    entry.warn(
        "no effect yet: no STUN server is asked; behind a NAT, name the outer address with public-address");
}

void read_stun_server(const Entry& entry) {
  const auto fields = split(entry.value);
  if (fields.size() < 2 || fields.size() > 4)
    return entry.error("write " + std::string{entry.kind.format} + "; found " +
                       std::to_string(fields.size()) + " fields");
  const bool host_ok = IpAddress::parse(fields[0]) || is_domain_name(fields[0]);
  if (!host_ok) entry.error(in_quotes(fields[0]) + " is neither an address nor a host name");
  if (read_port(entry, fields[1]) && host_ok)
    entry.warn(
        "no effect yet: no STUN server is asked; behind a NAT, name the outer address with public-address");
}

void refuse_admin_transport(const Entry& entry) {
  entry.error("the admin interface is not built yet; remove this entry");
}

void refuse_click_to_call(const Entry& entry) {
  entry.error("click-to-call is not built yet; remove this entry");
}

}  // namespace w2s::config
