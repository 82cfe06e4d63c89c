#include "local_description.hpp"

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

void add_ice(Attributes& attributes, const leg::LegOpened& local) {
  std::size_t foundation = 1;
  for (const auto& candidate : local.candidates)
    attributes.push_back({"candidate", candidate_line(foundation++, candidate)});
  attributes.push_back({"end-of-candidates", {}});
  attributes.push_back({"ice-ufrag", local.ice_ufrag});
  attributes.push_back({"ice-pwd", local.ice_pwd});
}

// Whatever the direction: without these lines in the answer to its hold Chromium removes the receive stream, and after
// the resume it decodes our packets but hands them to nobody. Its own recvonly answers keep them too.
// The SSRC must be the one we send with, or browsers play silence.
void add_source(Attributes& attributes, const leg::LegOpened& local) {
  attributes.push_back({"msid", local.cname + " audio"});
  attributes.push_back({"ssrc", std::to_string(local.ssrc) + " cname:" + local.cname});
}

void add_web_attributes(Attributes& attributes, const LocalDescription& description,
                        const leg::LegOpened& local) {
  add_ice(attributes, local);
  attributes.push_back({"fingerprint", local.fingerprint});
  attributes.push_back({"setup", name(description.setup)});
  const auto& mid = description.lines[description.audio].mid;
  if (!mid.empty()) attributes.push_back({"mid", mid});
  if (description.mid_extension)
    attributes.push_back(
        {"extmap", std::to_string(*description.mid_extension) + " " + std::string(mid_extension_uri)});
  add_source(attributes, local);
  if (description.rtcp_mux) attributes.push_back({"rtcp-mux", {}});
}

void add_phone_attributes(Attributes& attributes, const leg::LegOpened& local) {
  if (local.rtcp.port != local.rtp.port + 1) attributes.push_back({"rtcp", std::to_string(local.rtcp.port)});
}

Media accept(const LocalDescription& description, leg::Kind kind, const leg::LegOpened& local) {
  const auto& line = description.lines[description.audio];
  Media media{line.type, local.rtp.port, line.protocol, {}, {}, {}};
  write_formats(media, description.formats);
  media.attributes.push_back({leg::name(description.direction), {}});
  if (kind == leg::Kind::web)
    add_web_attributes(media.attributes, description, local);
  else
    add_phone_attributes(media.attributes, local);
  return media;
}

}  // namespace

Session build(const LocalDescription& description, leg::Kind kind, const leg::LegOpened& local,
              Origin origin) {
  const bool accepts = !description.formats.empty();
  Session session;
  session.origin = std::move(origin);
  session.connection = Connection{local.rtp.ip.to_string()};
  if (kind == leg::Kind::web) {
    if (description.bundled && accepts)
      session.attributes.push_back({"group", "BUNDLE " + description.lines[description.audio].mid});
    session.attributes.push_back({"ice-lite", {}});
  }
  for (std::size_t i = 0; i < description.lines.size(); ++i)
    session.media.push_back(accepts && i == description.audio ? accept(description, kind, local)
                                                              : refuse(description.lines[i], kind));
  return session;
}

}  // namespace w2s::sdp
