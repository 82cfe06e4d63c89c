#include <algorithm>

#include "w2s/base/encoding.hpp"

#include "session.hpp"

namespace w2s::sdp {
namespace {

bool is_protocol(std::string_view text) {  // RFC 8866 9: proto = token *("/" token)
  const auto parts = split(text, '/');
  return !parts.empty() && std::all_of(parts.begin(), parts.end(), is_token);
}

// Control characters never belong into a description; refusing them keeps what is echoed clean.
bool is_clean(std::string_view line) {
  return std::all_of(line.begin(), line.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 || byte == '\t') && byte != 0x7f;
  });
}

std::optional<Connection> parse_connection(std::string_view value) {
  const auto parts = split(value);
  if (parts.size() != 3 || parts[0] != "IN" || (parts[1] != "IP4" && parts[1] != "IP6")) return std::nullopt;
  return Connection{std::string(parts[2])};
}

std::optional<Origin> parse_origin(std::string_view value) {
  const auto parts = split(value);
  if (parts.size() != 6) return std::nullopt;
  return Origin{std::string(parts[0]), std::string(parts[1]), std::string(parts[2]), std::string(parts[5])};
}

std::optional<Attribute> parse_attribute(std::string_view value) {
  const auto colon = value.find(':');
  const auto name = trim(value.substr(0, colon));
  if (!is_token(name)) return std::nullopt;
  if (colon == std::string_view::npos) return Attribute{std::string(name), {}};
  return Attribute{std::string(name), std::string(trim(value.substr(colon + 1)))};
}

// "RTP/AVP", "UDP/TLS/RTP/SAVPF", …: their formats are payload numbers (RFC 3551, 3711, 4585, 5124).
bool is_rtp(std::string_view protocol) {
  const auto parts = split(protocol, '/');
  return std::find(parts.begin(), parts.end(), "RTP") != parts.end();
}

bool is_payload_number(std::string_view text) {
  const auto number = parse_number<std::uint8_t>(text);
  return number && *number <= max_payload_number;
}

std::optional<Media> parse_media(std::string_view value) {
  const auto parts = split(value);
  if (parts.size() < 4 || !is_token(parts[0]) || !is_protocol(parts[2])) return std::nullopt;
  const auto port = parse_number<std::uint16_t>(parts[1].substr(0, parts[1].find('/')));  // "49170/2"
  if (!port) return std::nullopt;
  Media media{std::string(parts[0]), *port, std::string(parts[2]), {}, {}, {}};
  const bool rtp = is_rtp(media.protocol);
  for (auto format = parts.begin() + 3; format != parts.end(); ++format) {
    if (rtp ? !is_payload_number(*format) : !is_token(*format)) return std::nullopt;
    media.formats.emplace_back(*format);
  }
  return media;
}

class Parser {
 public:
  Result<Session> run(std::string_view body) {
    if (body.size() > max_description_bytes) return Errc::malformed;
    while (!body.empty()) {
      const auto end = std::min(body.find_first_of("\r\n"), body.size());
      if (end > 0 && !take(body.substr(0, end))) return Errc::malformed;
      body.remove_prefix(std::min(end + 1, body.size()));
    }
    if (!version_seen_ || !origin_seen_) return Errc::malformed;
    return std::move(session_);
  }

 private:
  bool take(std::string_view line) {
    if (line.size() < 2 || line[1] != '=' || !is_clean(line)) return false;
    const auto value = trim(line.substr(2));
    if (!version_seen_) return version_seen_ = line[0] == 'v' && value == "0";
    switch (line[0]) {
      case 'o': return take_origin(value);
      case 'c': return take_connection(value);
      case 'a': take_attribute(value); return true;
      case 'm': return take_media(value);
      default: return true;
    }
  }

  bool take_origin(std::string_view value) {
    auto origin = parse_origin(value);
    if (!origin || origin_seen_) return false;
    session_.origin = std::move(*origin);
    return origin_seen_ = true;
  }

  // RFC 8866 5.7 allows several c= lines for layered multicast; the first one is the address.
  bool take_connection(std::string_view value) {
    auto connection = parse_connection(value);
    if (!connection) return false;
    auto& slot = session_.media.empty() ? session_.connection : session_.media.back().connection;
    if (!slot) slot = std::move(connection);
    return true;
  }

  // An attribute that cannot be read is one that is not known: RFC 8866 5.13 has it ignored.
  void take_attribute(std::string_view value) {
    auto attribute = parse_attribute(value);
    auto& level = session_.media.empty() ? session_.attributes : session_.media.back().attributes;
    if (attribute) level.push_back(std::move(*attribute));
  }

  bool take_media(std::string_view value) {
    auto media = parse_media(value);
    if (!media || session_.media.size() == max_media_lines) return false;
    session_.media.push_back(std::move(*media));
    return true;
  }

  Session session_;
  bool version_seen_ = false;
  bool origin_seen_ = false;
};

}  // namespace

Result<Session> parse(std::string_view body) {
  return Parser{}.run(body);
}

}  // namespace w2s::sdp
