#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "w2s/sdp/offer_answer.hpp"

// A session description (RFC 8866) as a value, reduced to the lines that a call uses: v o s c t a m.
// The others (i u e p b r z k) are legal and are dropped.
namespace w2s::sdp {

// Nothing that a browser or phone writes comes near these; Chromium's audio and video offer has 6 KB.
inline constexpr std::size_t max_description_bytes = 64 * 1024;
inline constexpr std::size_t max_media_lines = 64;
inline constexpr std::uint8_t max_payload_number = 127;

struct Attribute {
  std::string name;
  std::string value;  // empty for a flag such as a=rtcp-mux
  bool operator==(const Attribute&) const = default;
};
using Attributes = std::vector<Attribute>;

struct Connection {
  std::string address;  // as written: an IP address, or a host name that nobody here resolves
  bool operator==(const Connection&) const = default;
};

struct Origin {
  std::string username = "-";
  std::string session_id;
  std::string version;
  std::string address;
  bool operator==(const Origin&) const = default;
};

struct Media {
  std::string type;
  std::uint16_t port = 0;
  std::string protocol;
  std::vector<std::string> formats;
  std::optional<Connection> connection;
  Attributes attributes;
  bool operator==(const Media&) const = default;
};

struct Session {
  Origin origin;
  std::optional<Connection> connection;
  Attributes attributes;
  std::vector<Media> media;
  bool operator==(const Session&) const = default;
};

// Accepts CRLF, LF and CR as line ends. Fails with Errc::malformed only.
Result<Session> parse(std::string_view body);
std::string to_string(const Session& session);  // CRLF line ends

// The value of the first attribute of that name; empty for a flag.
std::optional<std::string_view> find(const Attributes& attributes, std::string_view name);
// Media level wins over session level (Firefox writes fingerprint and direction at session level).
std::optional<std::string_view> find(const Session& session, const Media& media, std::string_view name);

bool is_token(std::string_view text);                                              // RFC 8866 9
std::vector<std::string_view> split(std::string_view text, char separator = ' ');  // no empty parts

}  // namespace w2s::sdp
