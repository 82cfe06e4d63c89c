#include "media/relay.hpp"

namespace w2s::media {
namespace {

const leg::Payload* find(const std::vector<leg::Payload>& payloads, const leg::Codec& codec) {
  for (const auto& payload : payloads)
    if (same_codec(payload.codec, codec)) return &payload;
  return nullptr;
}

}  // namespace

void Relay::connect(const leg::StreamPlan& from, const leg::StreamPlan& to) {
  connected_ = true;
  open_ = from.may_send() && to.wants_media();
  routes_.fill({});
  const auto add = [&](const leg::Payload& payload) {
    auto& route = routes_[payload.receive & 0x7f];
    if (route.clock_rate != 0)
      return;  // the negotiated meaning of a number goes before one that was only offered
    const auto* same = find(to.payloads, payload.codec);
    route = {payload.codec.clock_rate, same != nullptr ? same->send : nowhere,
             payload.codec.name == "telephone-event"};
  };
  for (const auto& payload : from.payloads) add(payload);
  for (const auto& payload : from.tolerated) add(payload);
}

Relay::Outcome Relay::pass(Time now, const rtp::PacketView& view, Packet& packet, OutgoingStream& out) const {
  if (!connected_) return Outcome::not_connected;
  if (!open_) return Outcome::held;
  const auto& route = routes_[view.payload_type().value];
  if (route.is_event) return Outcome::event;
  if (route.to == nowhere) return Outcome::no_codec;
  if (!out.adopt(now, packet, route.clock_rate)) return Outcome::superseded;
  rtp::set_payload_type(packet.bytes(), {route.to});
  return Outcome::send;
}

}  // namespace w2s::media
