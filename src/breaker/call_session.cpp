// Session timers (RFC 4028): each leg has its own, and a refresh never crosses to the other leg.
#include "call.hpp"

namespace w2s::breaker {

using sip::HeaderId;
using sip::Message;

bool Call::refuse_session(LegState& leg, sip::ServerTransactionId id, const Message& request, Outputs& out) {
  const auto min_se = leg.session.refuses(request);
  if (!min_se) return false;
  auto response = response_to(leg, request, 422);
  response.append(HeaderId::min_se, std::to_string(min_se->count()));
  respond(id, std::move(response), out);
  return true;
}

// The 200 to an INVITE or UPDATE of the peer.
Message Call::success(Time now, LegState& leg, const Message& request) {
  auto response = response_to(leg, request, 200);
  response.append(HeaderId::allow, std::string(allowed_methods));
  leg.session.accept(now, request, response);
  return response;
}

// By UPDATE where the peer takes it, since that touches nothing; else by a re-INVITE that says what was said last.
void Call::refresh_sessions(Time now, Outputs& out) {
  for (auto* leg : {&a_, &b_}) {
    if (!leg->session.must_refresh(now) || !is_free(*leg)) continue;
    leg->session.refreshing();
    if (leg->allows_update) send(in_dialog(*leg, Pending::Kind::refresh, "UPDATE"), out);
    else send_offer(*leg, "INVITE", leg->description->refresh_offer(leg->opened), false, out);
  }
}

void Call::on_refresh_response(Time now, const Pending& pending, const Message& response, Outputs& out) {
  auto& leg = leg_of(pending);
  const int status = response.status();
  if (state_ == State::ended || !is_present(leg) || leg.hung_up) return;
  if (status < 300) {
    leg.dialog->refresh_target(response);
    leg.session.on_success(now, response);
    return;
  }
  if (status == 405 || status == 501) leg.allows_update = false;
  if (status == 422 && leg.session.on_too_small(response)) {
    send(in_dialog(leg, Pending::Kind::refresh, "UPDATE"), out);
    return;
  }
  leg.session.refresh_failed(now);
}

}  // namespace w2s::breaker
