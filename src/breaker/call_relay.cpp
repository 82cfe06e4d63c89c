// Requests inside the call that are neither offers nor BYE: carried from one dialog to the other.
#include <algorithm>

#include "call.hpp"
#include "dtmf_info.hpp"
#include "media_control.hpp"
#include "passed_headers.hpp"

namespace w2s::breaker {

using sip::HeaderId;
using sip::Message;

namespace {

constexpr std::size_t most_waiting_keys = 32;
// A peer that was just asked for a key frame is making it; asking again costs bandwidth and gains nothing.
constexpr Duration key_frame_interval = 1500ms;

bool takes_events(const leg::StreamPlan& audio) {
  return audio.wants_media() && std::any_of(audio.payloads.begin(), audio.payloads.end(), [](const auto& payload) {
           return payload.codec.name == "telephone-event";
         });
}

}  // namespace

void Call::on_info(Time now, LegState& from, sip::ServerTransactionId id, const Message& request, Outputs& out) {
  auto& to = leg(leg::other(from.side));
  const auto type = request.get(HeaderId::content_type).value_or("");
  const bool has_video = to.description->plan(media_, to.side).video.has_value();
  if (has_video && asks_for_key_frame(type, request.body())) {
    respond(id, response_to(from, request, 200), out);
    return ask_for_key_frame(now, to, out);
  }
  const auto dtmf = parse_dtmf_info(type, request.body());
  const bool as_events = context_.options.dtmf_info_to_rtp && takes_events(to.description->plan(media_, to.side).audio);
  if (!dtmf || !as_events) return relay(from, id, request, out);
  out.push_back(leg::SendDtmf{media_, to.side, dtmf->digit, dtmf->duration_ms});
  respond(id, response_to(from, request, 200), out);
}

// The request is answered here, and the other leg's peer, which has the encoder, is asked in its turn: by RTCP if it has
// announced that, else by INFO too.
void Call::ask_for_key_frame(Time now, LegState& to, Outputs& out) {
  const auto plan = to.description->plan(media_, to.side);
  if (plan.video->key_frame_request == leg::KeyFrameRequest::info) return send_fast_update(now, to, out);
  if (!to.hung_up) out.push_back(leg::RequestKeyFrame{media_, to.side});
}

// RFC 5168 of ours.
void Call::send_fast_update(Time now, LegState& to, Outputs& out) {
  if (!to.takes_info || to.hung_up || !to.dialog || !to.dialog->confirmed()) return;
  if (to.key_frame_asked && now - *to.key_frame_asked < key_frame_interval) return;
  to.key_frame_asked = now;
  auto pending = in_dialog(to, Pending::Kind::relay, "INFO");
  pending.request.set_body(std::string(fast_update_body), media_control_type);
  send(std::move(pending), out);
}

// An RTP event for a peer that negotiated none (RFC 4733 is in no answer of its): the keys follow each other as INFOs,
// one at a time, since requests may overtake each other on the way.
void Call::on_key_pressed(const leg::KeyPressed& key, Outputs& out) {
  auto& to = leg(key.side);
  if (state_ != State::connected || to.hung_up) return;
  if (!to.takes_info || to.waiting_keys.size() == most_waiting_keys) {
    return log_state("call.key_press_dropped", {{"leg", leg::name(to.side)}, {"takes_info", to.takes_info}});
  }
  to.waiting_keys.push_back({key.digit, std::max(key.duration_ms, 40U)});
  if (to.waiting_keys.size() == 1) send_key(to, out);
}

void Call::send_key(LegState& to, Outputs& out) {
  auto pending = in_dialog(to, Pending::Kind::key, "INFO");
  pending.request.set_body(dtmf_relay_body(to.waiting_keys.front()), dtmf_relay_type);
  send(std::move(pending), out);
}

void Call::on_key_sent(LegState& to, Outputs& out) {
  to.waiting_keys.pop_front();
  if (state_ == State::connected && is_present(to) && !to.hung_up && !to.waiting_keys.empty()) send_key(to, out);
}

void Call::relay(LegState& from, sip::ServerTransactionId id, const Message& request, Outputs& out) {
  auto& to = leg(leg::other(from.side));
  if (to.hung_up || !to.dialog || !to.dialog->confirmed()) {
    auto response = response_to(from, request, 480);
    return respond(id, std::move(response), out);
  }
  auto pending = in_dialog(to, Pending::Kind::relay, request.method());
  pending.answers = id;
  pending.answered_request = request;
  pass_headers(from, request, pending.request);
  copy_body(request, pending.request);
  pass_authorizations(from, request, pending.request);
  if (request.is("REFER")) {
    map_refer_to(from, pending.request);
    for (const auto header : {HeaderId::require, HeaderId::supported}) {  // RFC 4488: the peers agree on it
      if (request.has_option(header, "norefersub")) pending.request.append(header, "norefersub");
    }
    remember_refer(pending);
  }
  if (request.is("NOTIFY")) map_refer_event(from, pending.request);
  send(std::move(pending), out);
}

void Call::on_relay_response(Time now, const Pending& pending, const Message& response, Outputs& out) {
  if (pending.answers == sip::ServerTransactionId::none) return;
  auto& from = leg(leg::other(pending.side));
  if (takes_refer_over(pending, response)) {
    leg_of(pending).takes_refer = response.status() == 420;
    return start_transfer(now, from, pending.answers, pending.answered_request, out);
  }
  auto relayed = response_to(from, pending.answered_request, response.status(), response.reason());
  pass_headers(leg_of(pending), response, relayed);
  copy_body(response, relayed);
  if (response.status() == 401 || response.status() == 407) copy_challenges(response, relayed);
  respond(pending.answers, std::move(relayed), out);
}

}  // namespace w2s::breaker
