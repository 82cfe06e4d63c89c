// REFER and Replaces across the b2bua (RFC 3515, RFC 3891): what names a dialog on one leg is made to name the dialog of the
// other leg.
#include <algorithm>

#include "call.hpp"
#include "w2s/base/encoding.hpp"

namespace w2s::breaker {

using sip::HeaderId;
using sip::Message;

namespace {

// RFC 3420 2: a sipfrag is a piece of a SIP message, so its lines end with CRLF. baresip 1.0 writes LF, which sipML5 cannot
// read.
void end_lines_with_crlf(Message& notify) {
  const std::string type(notify.get(HeaderId::content_type).value_or(""));
  if (!to_lower(type).starts_with("message/sipfrag")) return;
  std::string body;
  for (const char c : notify.body()) {
    if (c == '\n' && !body.ends_with('\r')) body += '\r';
    body += c;
  }
  notify.set_body(std::move(body), type);
}

}  // namespace

std::optional<Counterpart> Call::counterpart(leg::Side side, const sip::Replaces& named) const {
  const auto& here = side == leg::Side::a ? a_ : b_;
  const auto& there = side == leg::Side::a ? b_ : a_;
  if (state_ == State::ended || !here.dialog || !there.dialog || here.call_id != named.call_id ||
      here.dialog->id().remote_tag != named.from_tag) {
    return std::nullopt;
  }
  Counterpart found;
  found.replaces = {there.dialog->id().call_id, there.dialog->id().remote_tag, there.dialog->id().local_tag, named.others};
  found.known_as = here.contact.uri;
  found.browser = here.binding_token;
  found.peer_uri = there.dialog->remote_uri();
  found.peer_browser = there.binding_token;
  if (const auto target = sip::parse_uri(there.dialog->remote_target())) found.peer = *target;
  return found;
}

// The other side of the dialog that a Replaces from this leg's peer names; nullopt: none of ours.
std::optional<Counterpart> Call::named_by(const LegState& from, const sip::Replaces& named) const {
  auto found = context_.counterpart(named);
  if (!found && from.is_browser()) {
    // JsSIP writes the tags of a call that it received the other way round. Only a dialog of its own is taken so.
    found = context_.counterpart({named.call_id, named.from_tag, named.to_tag, named.others});
    if (found && found->browser != from.binding_token) found.reset();
  }
  return found;
}

// An attended transfer: the peer is to take the place of a call that is ours too. The party to be called knows that call
// by its own leg's identifiers; when the Refer-To means it by our address, it is named by its own.
void Call::map_refer_to(const LegState& from, Message& refer) const {
  const auto value = refer.get(HeaderId::refer_to);
  if (!value) return;
  auto refer_to = sip::parse_name_addr(*value);
  if (!refer_to) return;
  const auto named = sip::replaces_of(refer_to->uri);
  if (!named) return;
  const auto found = named_by(from, *named);
  if (!found) return;
  sip::set_replaces(refer_to->uri, found->replaces);
  if (found->peer_browser.empty() && found->is_meant_by(refer_to->uri)) {
    auto direct = *found->peer;
    direct.headers = refer_to->uri.headers;
    refer_to->uri = std::move(direct);
  }
  refer.set(HeaderId::refer_to, refer_to->to_string());
}

void Call::map_replaces(const Message& received, Message& invite) const {
  if (received.has_option(HeaderId::supported, "replaces")) invite.append(HeaderId::supported, "replaces");
  const auto value = received.get(HeaderId::replaces);
  if (!value) return;
  const auto named = sip::parse_replaces(*value);
  const auto found = named ? context_.counterpart(*named) : std::nullopt;
  invite.append(HeaderId::replaces, found ? found->replaces.to_string() : std::string(*value));  // else others' dialog
  if (received.has_option(HeaderId::require, "replaces")) invite.append(HeaderId::require, "replaces");
}

void Call::remember_refer(const Pending& pending) {
  constexpr std::size_t newest = 8;
  const auto received = pending.answered_request.cseq();
  if (!received) return;
  referrals_.push_front({pending.side, pending.request.cseq()->number, received->number});
  if (referrals_.size() > newest) referrals_.pop_back();
}

void Call::map_refer_event(const LegState& from, Message& notify) const {
  end_lines_with_crlf(notify);
  const auto event = notify.get(HeaderId::event);
  if (!event) return;
  const auto id_at = to_lower(*event).find(";id=");
  if (id_at == std::string::npos || !iequals(trim(event->substr(0, event->find(';'))), "refer")) return;
  const auto number_at = id_at + 4;
  const auto end = std::min(event->find(';', number_at), event->size());
  const auto id = parse_number<std::uint32_t>(trim(event->substr(number_at, end - number_at)));
  for (const auto& referral : referrals_) {
    if (referral.sent_on != from.side || id != referral.sent) continue;
    notify.set(HeaderId::event, std::string(event->substr(0, number_at)) + std::to_string(referral.received) + std::string(event->substr(end)));
    return;
  }
}

}  // namespace w2s::breaker
