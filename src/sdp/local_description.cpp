#include "local_description.hpp"

#include <algorithm>

#include "w2s/base/encoding.hpp"

namespace w2s::sdp {
namespace {

// RFC 3264 6: port 0, with the transport and one format of the offer; RFC 9143 7.3.3: the mid stays.
Media refuse(const MediaLine& line, leg::Kind kind) {
  Media media{line.type, 0, line.protocol, {line.format}, {}, {}};
  if (kind == leg::Kind::web) media.attributes.push_back({"inactive", {}});
  if (!line.mid.empty()) media.attributes.push_back({"mid", line.mid});
  return media;
}

std::string candidate_line(std::size_t foundation, const leg::Candidate& candidate) {  // RFC 8839 5.1
  const auto& [ip, port] = candidate.address;
  return std::to_string(foundation) + " 1 udp " + std::to_string(candidate.priority) + " " + ip.to_string() +
         " " + std::to_string(port) + " typ host";
}

void add_candidates(Attributes& attributes, const leg::LegOpened& local) {
  std::size_t foundation = 1;
  for (const auto& candidate : local.candidates)
    attributes.push_back({"candidate", candidate_line(foundation++, candidate)});
  attributes.push_back({"end-of-candidates", {}});
}

// Whatever the direction: without these lines in the answer to its hold Chromium removes the receive stream, and after
// the resume it decodes our packets but hands them to nobody. Its own recvonly answers keep them too.
// The SSRC must be the one we send with, or browsers play silence. One msid for both streams: they belong together.
void add_source(Attributes& attributes, const MediaLine& line, const leg::OpenedStream& opened,
                const std::string& cname) {
  attributes.push_back({"msid", cname + " " + to_lower(line.type)});
  attributes.push_back({"ssrc", std::to_string(opened.ssrc) + " cname:" + cname});
}

// RFC 9143 7.1.3 has it in the first m-line of the group alone; Firefox refuses a description that lacks it in any.
void add_transport(Attributes& attributes, const LocalDescription& description, const leg::LegOpened& local) {
  attributes.push_back({"ice-ufrag", local.ice_ufrag});
  attributes.push_back({"ice-pwd", local.ice_pwd});
  attributes.push_back({"fingerprint", local.fingerprint});
  attributes.push_back({"setup", name(description.setup)});
}

// RFC 8829 5.2.1, 5.3.1: of the m-lines of a BUNDLE group only the first has candidates.
bool has_candidates(const LocalDescription& description, const StreamDescription& stream) {
  return !description.video || stream.line == std::min(description.audio.line, description.video->line);
}

void add_web_attributes(Attributes& attributes, const LocalDescription& description, const StreamDescription& stream,
                        const leg::OpenedStream& opened, const leg::LegOpened& local) {
  if (has_candidates(description, stream)) add_candidates(attributes, local);
  add_transport(attributes, description, local);
  const auto& line = description.lines[stream.line];
  if (!line.mid.empty()) attributes.push_back({"mid", line.mid});
  if (stream.mid_extension)
    attributes.push_back(
        {"extmap", std::to_string(*stream.mid_extension) + " " + std::string(mid_extension_uri)});
  add_source(attributes, line, opened, local.cname);
  if (description.rtcp_mux) attributes.push_back({"rtcp-mux", {}});
}

void add_phone_attributes(Attributes& attributes, const leg::OpenedStream& opened) {
  if (opened.rtcp.port != opened.rtp.port + 1) attributes.push_back({"rtcp", std::to_string(opened.rtcp.port)});
}

// Also under RTP/AVP, as SIP video phones do it: those that know nothing of RTCP feedback skip the line.
void add_feedback(Attributes& attributes, const Feedback& feedback) {
  if (feedback.pli) attributes.push_back({"rtcp-fb", "* nack pli"});
  if (feedback.fir) attributes.push_back({"rtcp-fb", "* ccm fir"});
}

Media accept(const LocalDescription& description, const StreamDescription& stream, const leg::OpenedStream& opened,
             leg::Kind kind, const leg::LegOpened& local) {
  const auto& line = description.lines[stream.line];
  Media media{line.type, opened.rtp.port, line.protocol, {}, {}, {}};
  write_formats(media, stream.formats);
  add_feedback(media.attributes, stream.feedback);
  media.attributes.push_back({leg::name(stream.direction), {}});
  if (kind == leg::Kind::web)
    add_web_attributes(media.attributes, description, stream, opened, local);
  else
    add_phone_attributes(media.attributes, opened);
  return media;
}

std::string bundle_group(const LocalDescription& description) {
  std::string mids;
  for (std::size_t i = 0; i < description.lines.size(); ++i)
    if (i == description.audio.line || (description.video && i == description.video->line))
      mids += " " + description.lines[i].mid;
  return "BUNDLE" + mids;
}

}  // namespace

Session build(const LocalDescription& description, leg::Kind kind, const leg::LegOpened& local,
              Origin origin) {
  const bool accepts = !description.audio.formats.empty();
  Session session;
  session.origin = std::move(origin);
  session.connection = Connection{local.audio.rtp.ip.to_string()};
  if (kind == leg::Kind::web) {
    if (description.bundled && accepts) session.attributes.push_back({"group", bundle_group(description)});
    session.attributes.push_back({"ice-lite", {}});
  }
  for (std::size_t i = 0; i < description.lines.size(); ++i) {
    if (accepts && i == description.audio.line)
      session.media.push_back(accept(description, description.audio, local.audio, kind, local));
    else if (accepts && description.video && i == description.video->line)
      session.media.push_back(accept(description, *description.video, *local.video, kind, local));
    else
      session.media.push_back(refuse(description.lines[i], kind));
  }
  return session;
}

}  // namespace w2s::sdp
