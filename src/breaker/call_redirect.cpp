// 3xx on leg b (RFC 3261 8.1.3.4): passed to the caller, or followed here.
#include "call.hpp"
#include "w2s/base/encoding.hpp"

namespace w2s::breaker {

using sip::HeaderId;
using sip::Message;

namespace {

// RFC 5806: whom the call was diverted from. A redirecting server that says it itself is not repeated.
void add_diversion(Message& invite, const Message& response, const std::string& diverted_from) {
  std::vector<std::string> said;
  for (const auto& field : response.fields()) {
    if (iequals(field.name, "Diversion")) said.push_back(field.value);
  }
  if (said.empty()) said.push_back('<' + diverted_from + ">;reason=unknown;counter=1");
  if (const auto earlier = invite.get("Diversion")) said.emplace_back(*earlier);
  invite.remove("Diversion");
  for (auto& value : said) invite.append("Diversion", std::move(value));
}

}  // namespace

// Also called for the failure of a target that a 3xx named: the next one is tried. False: leg a gets this response.
bool Call::follow_redirect(const Pending& pending, const Message& response, Outputs& out) {
  if (!context_.options.follow_redirects || b_.is_browser() || state_ >= State::answering) return false;
  const int status = response.status();
  if (status / 100 == 3) {
    if (!redirection_) redirection_.emplace(setup_.request_uri);
    redirection_->learn(response);
  }
  if (!redirection_ || status >= 600) return false;
  const auto target = redirection_->next();
  if (!target) return false;

  auto again = pending;
  again.answered_challenges = 0;
  // Where no Route and no outbound proxy stands in between, the new target is also the new next hop.
  const auto former = sip::parse_uri(pending.request.request_uri());
  if (former && b_.first_hop == sip::hop_of(*former)) b_.first_hop = sip::hop_of(target->uri);
  again.request.set_request_uri(target->uri.to_string());
  again.request.remove(HeaderId::authorization);  // made for the former Request-URI
  again.request.remove(HeaderId::proxy_authorization);
  if (status / 100 == 3) add_diversion(again.request, response, target->diverted_from);
  log_state("call.redirect", {{"leg", "b"}, {"status", status}, {"target", target->uri.to_string()}});
  if (status / 100 == 3) respond(invite_id_, response_to(a_, setup_.invite, 181), out);
  if (offered_b_) b_.description = offered_b_;
  send_again(again, out);
  return true;
}

}  // namespace w2s::breaker
