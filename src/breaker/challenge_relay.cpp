#include "challenge_relay.hpp"

#include "w2s/base/encoding.hpp"
#include "w2s/sip/digest.hpp"

namespace w2s::breaker {

using sip::HeaderId;
using sip::Message;

namespace {

bool offers_auth_int(std::string_view value) { return to_lower(value).find("auth-int") != std::string::npos; }

// The challenge without auth-int. Quoted values are echoed as they were written.
std::string with_auth_only(const sip::Challenge& challenge) {
  std::string text = "Digest realm=\"";
  for (const char c : challenge.realm) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  text += "\", nonce=\"" + challenge.nonce + "\", qop=\"auth\"";
  if (!challenge.opaque.empty()) text += ", opaque=\"" + challenge.opaque + '"';
  if (!challenge.algorithm_token.empty()) text += ", algorithm=" + challenge.algorithm_token;
  if (challenge.stale) text += ", stale=true";
  return text;
}

}  // namespace

bool copy_challenges(const Message& refused, Message& to) {
  bool any = false;
  for (const auto& field : refused.fields()) {
    if (field.id != HeaderId::www_authenticate && field.id != HeaderId::proxy_authenticate) continue;
    if (!offers_auth_int(field.value)) {
      to.append(field.id, field.value);
      any = true;
      continue;
    }
    auto alone = Message::response(refused.status(), refused.reason());
    alone.append(field.id, field.value);
    for (const auto& challenge : sip::parse_challenges(alone)) {
      if (challenge.qop_given && !challenge.qop_auth) continue;
      to.append(field.id, with_auth_only(challenge));
      any = true;
    }
  }
  return any;
}

void copy_authorizations(const Message& from, Message& to) {
  for (const auto& field : from.fields()) {
    if (field.id == HeaderId::authorization || field.id == HeaderId::proxy_authorization) to.append(field.id, field.value);
  }
}

void ChallengedInvites::remember(Time now, Key key, LegIdentity leg) {
  while (!order_.empty() && order_.front().first <= now) {
    const auto found = legs_.find(order_.front().second);
    if (found != legs_.end() && found->second.until <= now) legs_.erase(found);
    order_.pop_front();
  }
  order_.emplace_back(now + lifetime, key);
  legs_[std::move(key)] = {std::move(leg), now + lifetime};
}

std::optional<LegIdentity> ChallengedInvites::take(Time now, const Key& key) {
  const auto found = legs_.find(key);
  if (found == legs_.end()) return std::nullopt;
  auto entry = std::move(found->second);
  legs_.erase(found);
  if (entry.until <= now) return std::nullopt;
  return std::move(entry.leg);
}

ChallengedInvites::Key challenge_key(const std::string& binding_token, const Message& invite) {
  const auto from = invite.from();
  return {binding_token, invite.call_id(), from ? from->tag() : ""};
}

}  // namespace w2s::breaker
