#include "w2s/sip/digest.hpp"

#include <cstdio>

#include "w2s/base/encoding.hpp"

#include "challenge_parser.hpp"
#include "digest_response.hpp"

namespace w2s::sip {

namespace {

constexpr std::size_t cnonce_bytes = 16;

std::optional<HashAlgorithm> algorithm_of(std::string_view token) {
  if (token.empty() || iequals(token, "MD5")) return HashAlgorithm::md5;  // RFC 7616 3.3: MD5 when absent
  if (iequals(token, "SHA-256")) return HashAlgorithm::sha256;
  if (iequals(token, "SHA-512-256")) return HashAlgorithm::sha512_256;
  return std::nullopt;
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    out += text[i];
  }
  return out;
}

// A quoted-string. Control characters cannot stand in one: they would end the header field, so they are left
// out.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) continue;
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

bool lists_auth(std::string_view qop) {
  while (!qop.empty()) {
    const auto comma = qop.find(',');
    if (iequals(trim(qop.substr(0, comma)), "auth")) return true;
    qop.remove_prefix(comma == std::string_view::npos ? qop.size() : comma + 1);
  }
  return false;
}

std::optional<Challenge> digest_challenge(const RawChallenge& raw, bool proxy) {
  const auto* realm = raw.find("realm");
  const auto* nonce = raw.find("nonce");
  if (!iequals(raw.scheme, "Digest") || realm == nullptr || nonce == nullptr) return std::nullopt;
  const auto value = [&](std::string_view name) {
    const auto* found = raw.find(name);
    return found == nullptr ? std::string() : *found;
  };
  Challenge challenge;
  challenge.proxy = proxy;
  challenge.realm = unescaped(*realm);
  challenge.nonce = *nonce;
  challenge.opaque = value("opaque");
  challenge.algorithm_token = value("algorithm");
  challenge.algorithm = algorithm_of(challenge.algorithm_token);
  challenge.qop_given = raw.find("qop") != nullptr;
  challenge.qop_auth = lists_auth(value("qop"));
  challenge.stale = iequals(value("stale"), "true");
  return challenge;
}

bool is_hash_of(HashAlgorithm algorithm, std::string_view ha1) {
  switch (algorithm) {
    case HashAlgorithm::md5: return ha1.size() == 32;
    case HashAlgorithm::sha256:
    case HashAlgorithm::sha512_256: return ha1.size() == 64;
  }
  return false;
}

std::string eight_hex_digits(std::uint32_t number) {
  char text[9];
  std::snprintf(text, sizeof(text), "%08x", number);
  return text;
}

}  // namespace

std::vector<Challenge> parse_challenges(const Message& response) {
  std::vector<Challenge> challenges;
  for (const auto& field : response.fields()) {
    const bool proxy = field.id == HeaderId::proxy_authenticate;
    if (!proxy && field.id != HeaderId::www_authenticate) continue;
    for (const auto& raw : split_challenges(field.value))
      if (auto challenge = digest_challenge(raw, proxy)) challenges.push_back(std::move(*challenge));
  }
  return challenges;
}

std::string make_ha1(HashAlgorithm algorithm, std::string_view username, std::string_view realm,
                     std::string_view password) {
  std::string input(username);
  input.append(":").append(realm).append(":").append(password);
  return hex_digest(algorithm, input);
}

bool DigestClient::can_answer(const Challenge& challenge) const {
  if (!challenge.algorithm || (challenge.qop_given && !challenge.qop_auth)) return false;
  const auto& ha1 = credentials_.ha1.reveal();
  return is_hash_of(*challenge.algorithm, ha1) && ha1.find_first_not_of("0123456789abcdefABCDEF") == ha1.npos;
}

std::string DigestClient::answer(const Challenge& challenge, std::string_view method, std::string_view uri,
                                 Rng& rng) {
  nonce_count_ = challenge.nonce == last_nonce_ ? nonce_count_ + 1 : 1;
  last_nonce_ = challenge.nonce;
  const auto nonce_count = eight_hex_digits(nonce_count_);
  const auto cnonce = rng.token(cnonce_bytes);
  const auto ha1 = to_lower(credentials_.ha1.reveal());
  const auto response = digest_response({.algorithm = challenge.algorithm.value_or(HashAlgorithm::md5),
                                         .ha1 = ha1,
                                         .nonce = challenge.nonce,
                                         .method = method,
                                         .uri = uri,
                                         .qop_auth = challenge.qop_auth,
                                         .nonce_count = nonce_count,
                                         .cnonce = cnonce});
  std::string out = "Digest username=" + quoted(credentials_.username) +
                    ", realm=" + quoted(challenge.realm) + ", nonce=\"" + challenge.nonce +
                    "\", uri=" + quoted(uri) + ", response=\"" + response + "\"";
  if (!challenge.algorithm_token.empty()) out += ", algorithm=" + challenge.algorithm_token;
  if (challenge.qop_auth) out += ", cnonce=\"" + cnonce + "\", qop=auth, nc=" + nonce_count;
  if (!challenge.opaque.empty()) out += ", opaque=\"" + challenge.opaque + "\"";
  return out;
}

}  // namespace w2s::sip
