// The digest of breaker calls (design section 4, "Digest").
#include <algorithm>

#include "call.hpp"
#include "w2s/base/encoding.hpp"

namespace w2s::breaker {

using sip::HeaderId;
using sip::Message;

std::optional<sip::RouteFailure> Call::take_credentials() {
  const auto contacts = setup_.invite.contacts();
  if (!contacts || contacts->empty()) return std::nullopt;
  const auto& params = contacts->front().params;
  if (!params.has("impi") && !params.has("ha1")) return std::nullopt;
  const auto& source = setup_.source;
  const bool safe = source.transport == sip::Transport::wss || source.remote.ip.is_loopback();
  if (!safe && !context_.options.allow_insecure_ha1) {
    return sip::RouteFailure{403, {}, "ha1 came over plain ws: use wss, or set allow-insecure-ha1"};
  }
  sip::Credentials credentials;
  credentials.username = percent_decode(params.unquoted("impi"));
  credentials.ha1 = Redacted<std::string>(to_lower(params.unquoted("ha1")));
  credentials.realm = setup_.realm;
  const auto& ha1 = credentials.ha1.reveal();
  const bool is_hex = std::all_of(ha1.begin(), ha1.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
  if (credentials.username.empty() || !is_hex || (ha1.size() != 32 && ha1.size() != 64)) {
    return sip::RouteFailure{400, {}, "impi and ha1 go together, and ha1 is 32 or 64 hex digits"};
  }
  digest_.emplace(std::move(credentials));
  return std::nullopt;
}

// An account answers for a browser whose registration its server has accepted under that user's name, and tells its
// digest to that server alone: whoever can register there as this user may call as this user.
void Call::use_account(const Pending& pending, const std::vector<sip::Challenge>& challenges) {
  // In a transfer the browser may be the called one.
  const auto& browser = a_.is_browser() ? a_ : b_;
  const auto self = a_.is_browser() ? setup_.invite.from() : setup_.invite.to();
  if (!browser.is_browser() || !self || !context_.options.registered_at(browser.binding_token, pending.sent_to)) return;
  for (const auto& challenge : challenges) {
    for (const auto& account : context_.options.accounts) {
      if (account.realm != challenge.realm || account.user != percent_decode(self->uri.user)) continue;
      const auto address = IpAddress::parse(account.server);
      if (address ? *address != pending.sent_to : !iequals(account.server, pending.sent_to_name)) continue;
      sip::DigestClient client({account.user, account.ha1, account.realm});
      if (!client.can_answer(challenge)) continue;
      log_state("call.account", {{"user", account.user}, {"realm", account.realm}});
      digest_ = std::move(client);
      return;
    }
  }
}

// A browser without ha1 or account answers the challenges of leg b itself.
void Call::pass_authorizations(const LegState& from, const Message& received, Message& sent) const {
  if (from.side == leg::Side::a && a_.is_browser() && !digest_) copy_authorizations(received, sent);
}

bool Call::answer_challenge(const Pending& pending, const Message& response, std::optional<sip::RouteFailure>& refusal,
                            Outputs& out) {
  const auto& leg = leg_of(pending);
  if (!leg.made_here || leg.is_browser()) return false;  // no browser is told a digest
  if (!pending.makes_leg() && dialog_of(pending) == nullptr) return false;
  const auto challenges = sip::parse_challenges(response);
  if (!digest_) use_account(pending, challenges);
  if (!digest_) return false;
  // The realm that the caller's REGISTER met here; else the first that the INVITE meets is the one.
  const auto& expected = answered_realm_.empty() ? digest_->credentials().realm : answered_realm_;
  const auto fits = [&](const sip::Challenge& challenge) {
    return digest_->can_answer(challenge) && (expected.empty() || challenge.realm == expected);
  };
  const auto challenge = std::find_if(challenges.begin(), challenges.end(), fits);
  if (challenge == challenges.end()) {
    refusal = sip::RouteFailure{403, {}, challenges.empty()
                                             ? "the server's challenge is no Digest"
                                             : "ha1 cannot answer realm " + challenges.front().realm +
                                                   (expected.empty() ? "" : ": it is for realm " + expected)};
    return false;
  }
  // One answer per challenge; a stale nonce earns one more (threats.md section 5, "endless re-INVITE").
  if (pending.answered_challenges > (challenge->stale ? 1 : 0)) {
    refusal = sip::RouteFailure{403, {}, "ha1 is wrong for realm " + challenge->realm};
    return false;
  }
  answered_realm_ = challenge->realm;

  Pending again = pending;
  ++again.answered_challenges;
  auto& request = again.request;
  request.set(challenge->proxy ? HeaderId::proxy_authorization : HeaderId::authorization,
              digest_->answer(*challenge, request.method(), request.request_uri(), context_.rng));
  send_again(again, out);
  if (again.request.is("REFER")) remember_refer(pending_.rbegin()->second);
  if (again.makes_leg()) {
    log_state("call.authenticate", {{"leg", leg::name(again.side)}, {"realm", answered_realm_}});
  }
  return true;
}

}  // namespace w2s::breaker
