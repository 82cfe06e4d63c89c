// Requests inside the call that are neither offers nor BYE: carried from one dialog to the other.
#include <algorithm>

#include "call.hpp"
#include "dtmf_info.hpp"

namespace w2s::breaker {

using sip::HeaderId;
using sip::Message;

void Call::on_info(LegState& from, sip::ServerTransactionId id, const Message& request, Outputs& out) {
  const auto& to = leg(leg::other(from.side));
  const auto dtmf = parse_dtmf_info(request.get(HeaderId::content_type).value_or(""), request.body());
  const bool takes_events = std::any_of(to.peer_codecs.begin(), to.peer_codecs.end(),
                                        [](const auto& codec) { return codec.name == "telephone-event"; });
  if (!dtmf || !takes_events || !context_.options.dtmf_info_to_rtp) return relay(from, id, request, out);
  out.push_back(leg::SendDtmf{media_, to.side, dtmf->digit, dtmf->duration_ms});
  respond(id, response_to(from, request, 200), out);
}

void Call::relay(LegState& from, sip::ServerTransactionId id, const Message& request, Outputs& out) {
  auto& to = leg(leg::other(from.side));
  if (!to.dialog || !to.dialog->confirmed()) {
    auto response = response_to(from, request, 480);
    return respond(id, std::move(response), out);
  }
  Pending pending;
  pending.kind = Pending::Kind::relay;
  pending.side = to.side;
  pending.answers = id;
  pending.answered_request = request;
  pending.request = to.dialog->make_request(request.method());
  copy_passed_headers(request, pending.request);
  if (!request.body().empty()) {
    pending.request.set_body(request.body(), request.get(HeaderId::content_type).value_or("application/octet-stream"));
  }
  send(std::move(pending), out);
}

void Call::on_relay_response(const Pending& pending, const Message& response, Outputs& out) {
  if (pending.answers == sip::ServerTransactionId::none) return;
  auto& from = leg(leg::other(pending.side));
  auto relayed = response_to(from, pending.answered_request, response.status(), response.reason());
  copy_passed_headers(response, relayed);
  if (!response.body().empty()) {
    relayed.set_body(response.body(), response.get(HeaderId::content_type).value_or("application/octet-stream"));
  }
  respond(pending.answers, std::move(relayed), out);
}

}  // namespace w2s::breaker
