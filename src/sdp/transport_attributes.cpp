#include "transport_attributes.hpp"

#include <algorithm>

#include "w2s/base/encoding.hpp"

namespace w2s::sdp {
namespace {

constexpr std::size_t max_mid = 64;

struct FingerprintHash {
  std::string_view name;
  std::size_t bytes;
};
// RFC 8122 5 in the order of preference; sha-1 and md5 do not bind a certificate any more.
constexpr FingerprintHash fingerprint_hashes[] = {{"sha-256", 32}, {"sha-384", 48}, {"sha-512", 64}};

// The m-lines where an attribute of this m-line's transport may stand, nearest first.
std::vector<const Attributes*> transport_levels(const Session& session, const Media& media) {
  std::vector<const Attributes*> levels{&media.attributes, &session.attributes};
  const auto bundle = bundled_mids(session);
  if (std::find(bundle.begin(), bundle.end(), mid_of(media)) == bundle.end()) return levels;
  for (const auto& other : session.media)
    if (mid_of(other) == bundle.front()) levels.push_back(&other.attributes);
  return levels;
}

// RFC 8122 5: upper-case hex pairs with colons, as many as the hash has bytes.
std::optional<std::string> parse_fingerprint(std::string_view value, const FingerprintHash& hash) {
  const auto parts = split(value);
  if (parts.size() != 2 || !iequals(parts[0], hash.name)) return std::nullopt;
  const auto bytes = from_hex(parts[1]);
  if (!bytes || bytes->size() != hash.bytes) return std::nullopt;
  auto text = hex(*bytes, ':');
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c; });
  return std::string(hash.name) + " " + text;
}

std::optional<std::string> fingerprint_in(const Attributes& attributes) {
  for (const auto& hash : fingerprint_hashes)
    for (const auto& attribute : attributes)
      if (attribute.name == "fingerprint")
        if (auto fingerprint = parse_fingerprint(attribute.value, hash)) return fingerprint;
  return std::nullopt;
}

// RFC 8839 5.4: ice-ufrag has 4 to 256 and ice-pwd 22 to 256 characters.
bool is_credential(std::string_view text, std::size_t shortest) {
  return text.size() >= shortest && text.size() <= 256 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

Setup parse_setup(std::string_view text) {
  for (const auto setup : {Setup::actpass, Setup::active, Setup::passive, Setup::holdconn})
    if (text == name(setup)) return setup;
  return Setup::absent;
}

}  // namespace

const char* name(Setup setup) {
  switch (setup) {
    case Setup::absent: return "";
    case Setup::actpass: return "actpass";
    case Setup::active: return "active";
    case Setup::passive: return "passive";
    case Setup::holdconn: return "holdconn";
  }
  return "";
}

std::vector<std::string_view> bundled_mids(const Session& session) {
  for (const auto& attribute : session.attributes) {
    if (attribute.name != "group") continue;
    auto parts = split(attribute.value);
    if (parts.size() < 2 || parts.front() != "BUNDLE") continue;
    parts.erase(parts.begin());
    return parts;
  }
  return {};
}

std::string mid_of(const Media& media) {
  const auto mid = find(media.attributes, "mid");
  return mid && is_token(*mid) && mid->size() <= max_mid ? std::string(*mid) : std::string();
}

SecureTransport read_secure_transport(const Session& session, const Media& media) {
  SecureTransport transport;
  for (const auto* level : transport_levels(session, media)) {
    const auto ufrag = find(*level, "ice-ufrag");
    const auto pwd = find(*level, "ice-pwd");
    if (transport.ice_ufrag.empty() && ufrag && pwd && is_credential(*ufrag, 4) && is_credential(*pwd, 22)) {
      transport.ice_ufrag = *ufrag;
      transport.ice_pwd = *pwd;
    }
    if (transport.fingerprint.empty()) transport.fingerprint = fingerprint_in(*level).value_or("");
    if (const auto setup = find(*level, "setup"); setup && transport.setup == Setup::absent)
      transport.setup = parse_setup(*setup);
  }
  return transport;
}

bool has_fingerprint(const Session& session, const Media& media) {
  const auto levels = transport_levels(session, media);
  return std::any_of(levels.begin(), levels.end(), [](const auto* level) { return find(*level, "fingerprint"); });
}

Endpoint rtp_endpoint(const Session& session, const Media& media) {
  const auto& connection = media.connection ? media.connection : session.connection;
  const auto ip = connection ? IpAddress::parse(connection->address) : std::nullopt;
  return {ip.value_or(IpAddress{}), media.port};
}

Endpoint rtcp_endpoint(const Media& media, const Endpoint& rtp) {
  // RFC 3550 11: RTCP is on the next port unless a=rtcp says otherwise.
  const Endpoint next{rtp.ip, rtp.port == 0 ? rtp.port : static_cast<std::uint16_t>(rtp.port + 1)};
  const auto rtcp = find(media.attributes, "rtcp");
  if (!rtcp) return next;
  const auto parts = split(*rtcp);  // "53020" or "53020 IN IP4 192.0.2.1"
  const auto port = parts.empty() ? std::nullopt : parse_number<std::uint16_t>(parts[0]);
  if (!port) return next;
  const auto ip = parts.size() == 4 ? IpAddress::parse(parts[3]) : std::nullopt;
  return {ip.value_or(rtp.ip), *port};
}

}  // namespace w2s::sdp
