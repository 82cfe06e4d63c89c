#include "referral.hpp"

#include <algorithm>
#include <chrono>

#include "w2s/base/encoding.hpp"

namespace w2s::breaker {

using sip::HeaderId;
using sip::Message;

std::variant<Referral, sip::RouteFailure> read_refer(const Message& refer) {
  const auto values = refer.values(HeaderId::refer_to);
  if (values.size() != 1) return sip::RouteFailure{400, {}, "a REFER has exactly one Refer-To"};  // RFC 3515 2.4.2
  auto target = sip::parse_name_addr(values.front());
  if (!target) return sip::RouteFailure{400, {}, "Refer-To: " + target.error().message()};
  auto& uri = target->uri;
  if (!uri.is_sip()) return sip::RouteFailure{416, {}, "Refer-To is neither sip: nor sips:"};
  if (const auto method = uri.params.get("method"); method && *method != "INVITE") {
    return sip::RouteFailure{501, {}, "only an INVITE can be referred to"};
  }
  Referral referral;
  referral.replaces = sip::replaces_of(uri);
  if (!referral.replaces && sip::names_replaces(uri)) return sip::RouteFailure{400, {}, "the Replaces in Refer-To is malformed"};
  uri.headers.clear();  // RFC 3261 19.1.1: neither stands in a Request-URI
  uri.params.erase("method");
  referral.target = {target->display_name, uri, {}};
  referral.to = referral.target.to_string();
  if (const auto value = refer.get(HeaderId::referred_by)) {
    auto referred_by = sip::parse_name_addr(*value);
    if (!referred_by) return sip::RouteFailure{400, {}, "Referred-By: " + referred_by.error().message()};
    referred_by->params.erase("cid");  // the signed token that it names stays here, with the REFER's body
    referral.referred_by = std::move(*referred_by);
  }
  referral.subscribes = !iequals(trim(refer.get("Refer-Sub").value_or("true")), "false");
  return referral;
}

void ReferSubscription::learn(int status, std::string_view reason) {
  auto line = "SIP/2.0 " + std::to_string(status) + ' ' + std::string(reason);
  if (line == told_) return;
  final_ = status >= 200;
  news_ = std::move(line);
}

void ReferSubscription::write(Time now, Message& notify) {
  const auto left = std::chrono::ceil<std::chrono::seconds>(expires_at_ - now).count();
  notify.append(HeaderId::event, event_);
  notify.append(HeaderId::subscription_state,
                final_ ? "terminated;reason=noresource" : "active;expires=" + std::to_string(std::max<std::int64_t>(left, 1)));
  told_ = std::move(*news_);
  news_.reset();
  notify.set_body(told_ + "\r\n", "message/sipfrag;version=2.0");
  under_way_ = true;
  over_ = over_ || final_;
}

void ReferSubscription::on_answer(int status) {
  under_way_ = false;
  over_ = over_ || status >= 300;
}

}  // namespace w2s::breaker
