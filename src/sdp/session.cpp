#include "session.hpp"

#include <algorithm>

#include "w2s/base/address.hpp"

namespace w2s::sdp {
namespace {

std::string network_address(const std::string& address) {
  return (address.find(':') == std::string::npos ? "IN IP4 " : "IN IP6 ") + address;
}

void append_connection(std::string& out, const std::optional<Connection>& connection) {
  if (connection) out += "c=" + network_address(connection->address) + "\r\n";
}

void append_attributes(std::string& out, const Attributes& attributes) {
  for (const auto& [name, value] : attributes) {
    out += "a=" + name;
    if (!value.empty()) out += ":" + value;
    out += "\r\n";
  }
}

void append_media(std::string& out, const Media& media) {
  out += "m=" + media.type + " " + std::to_string(media.port) + " " + media.protocol;
  for (const auto& format : media.formats) out += " " + format;
  out += "\r\n";
  append_connection(out, media.connection);
  append_attributes(out, media.attributes);
}

}  // namespace

std::string to_string(const Session& session) {
  const auto& origin = session.origin;
  std::string out = "v=0\r\no=" + origin.username + " " + origin.session_id + " " + origin.version + " " +
                    network_address(origin.address) + "\r\ns=-\r\n";
  append_connection(out, session.connection);
  out += "t=0 0\r\n";
  append_attributes(out, session.attributes);
  for (const auto& media : session.media) append_media(out, media);
  return out;
}

std::optional<std::string_view> find(const Attributes& attributes, std::string_view name) {
  const auto found =
      std::find_if(attributes.begin(), attributes.end(), [&](const auto& a) { return a.name == name; });
  if (found == attributes.end()) return std::nullopt;
  return found->value;
}

std::optional<std::string_view> find(const Session& session, const Media& media, std::string_view name) {
  const auto at_media = find(media.attributes, name);
  return at_media ? at_media : find(session.attributes, name);
}

bool is_token(std::string_view text) {
  static constexpr std::string_view separators = "\"(),/:;<=>?@[\\]";
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c < 0x7f && separators.find(c) == std::string_view::npos;
  });
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const auto end = std::min(text.find(separator), text.size());
    if (end > 0) parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

}  // namespace w2s::sdp
