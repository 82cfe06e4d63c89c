#include "media/pump/media_table.hpp"

#include "w2s/rtp/demux.hpp"

#include "media/local_addresses.hpp"

namespace w2s::media {
namespace {

std::size_t index(leg::Side side) {
  return static_cast<std::size_t>(side);
}

leg::LegOpened refusal(const leg::OpenLeg& request, std::string error) {
  leg::LegOpened out{};
  out.media = request.media;
  out.side = request.side;
  out.error = std::move(error);
  return out;
}

}  // namespace

MediaTable::MediaTable(LegContext& context, SocketWatcher& watcher)
    : context_(context),
      watcher_(watcher),
      ports_(context.options.rtp_port_low, context.options.rtp_port_high, context.options.socket_buffer,
             context.rng) {}

MediaTable::~MediaTable() {
  while (!media_.empty()) close(media_.begin()->first);
}

leg::LegOpened MediaTable::open(const leg::OpenLeg& request) {
  auto& media = media_[request.media];
  close_leg(media,
            index(request.side));  // a leg that is opened again (a browser forked to a phone) starts anew
  auto opened = request.kind == leg::Kind::web ? open_web(request, media) : open_phone(request, media);
  if (!opened.error.empty() && !media.legs[0] && !media.legs[1]) media_.erase(request.media);
  context_.counters.open_media.store(media_.size(), std::memory_order_relaxed);
  return opened;
}

leg::LegOpened MediaTable::open_web(const leg::OpenLeg& request, Media& media) {
  auto leg =
      std::make_unique<WebLeg>(context_, request.media, request.side, request.toward.embedded_v4_or_self());
  auto opened = leg->opened();
  if (!opened.error.empty()) return opened;
  index_ufrags(*leg);
  media.web[index(request.side)] = leg.get();
  media.legs[index(request.side)] = std::move(leg);
  return opened;
}

leg::LegOpened MediaTable::open_phone(const leg::OpenLeg& request, Media& media) {
  const auto local = local_address_toward(request.toward);
  if (!local) return refusal(request, "no route to " + request.toward.to_string());
  auto ports = ports_.take(*local);
  if (!ports) return refusal(request, "no free port pair of rtp-port-range on " + local->to_string());
  auto leg = std::make_unique<PhoneLeg>(context_, request.media, request.side, std::move(*ports));
  if (!watcher_.watch(leg->ports().rtp.fd(), *leg, SocketWatcher::Use::rtp) ||
      !watcher_.watch(leg->ports().rtcp.fd(), *leg, SocketWatcher::Use::rtcp)) {
    unwatch(*leg);
    return refusal(request, "the kernel watches no more sockets");
  }
  auto opened = leg->opened();
  media.phone[index(request.side)] = leg.get();
  media.legs[index(request.side)] = std::move(leg);
  return opened;
}

Leg* MediaTable::find(leg::MediaId media, leg::Side side) const {
  const auto found = media_.find(media);
  return found == media_.end() ? nullptr : found->second.legs[index(side)].get();
}

void MediaTable::index_ufrags(WebLeg& leg) {
  for (const auto& ufrag : leg.ufrags()) by_ufrag_[ufrag] = &leg;
}

void MediaTable::forget_ufrags(const WebLeg& leg) {
  for (const auto& ufrag : leg.ufrags()) by_ufrag_.erase(ufrag);
}

void MediaTable::apply(Time now, const leg::LegPlan& plan) {
  auto* leg = find(plan.media, plan.side);
  if (leg == nullptr) return;
  auto* web = media_.at(plan.media).web[index(plan.side)];
  if (web != nullptr) forget_ufrags(*web);
  leg->apply(now, plan);
  if (web != nullptr) index_ufrags(*web);
  auto* other = find(plan.media, leg::other(plan.side));
  if (other == nullptr || !other->plan()) return;
  leg->connect(*other);
  other->connect(*leg);
}

void MediaTable::send_dtmf(Time now, const leg::SendDtmf& dtmf) {
  auto* leg = find(dtmf.media, dtmf.side);
  if (leg == nullptr || leg->press(now, dtmf.digit, std::chrono::milliseconds(dtmf.duration_ms))) return;
  context_.log.info("media.dtmf_not_sent",
                    {{"call", static_cast<std::uint64_t>(dtmf.media)}, {"leg", name(dtmf.side)}});
}

void MediaTable::close(leg::MediaId id) {
  const auto found = media_.find(id);
  if (found == media_.end()) return;
  for (const auto& leg : found->second.legs)
    if (leg) leg->log_summary();
  close_leg(found->second, 0);
  close_leg(found->second, 1);
  media_.erase(found);
  context_.counters.open_media.store(media_.size(), std::memory_order_relaxed);
}

void MediaTable::close_leg(Media& media, std::size_t side) {
  if (auto* web = std::exchange(media.web[side], nullptr)) {
    forget_ufrags(*web);
    for (const auto& source : web->sources()) forget_source(source, *web);
  }
  if (auto* phone = std::exchange(media.phone[side], nullptr)) {
    unwatch(*phone);
  }
  if (media.legs[1 - side]) media.legs[1 - side]->disconnect();
  media.legs[side].reset();
}

void MediaTable::forget_source(const Endpoint& source, const WebLeg& leg) {
  const auto found = by_source_.find(source);
  if (found != by_source_.end() && found->second == &leg) by_source_.erase(found);
}

void MediaTable::unwatch(const PhoneLeg& leg) {
  watcher_.unwatch(leg.ports().rtp.fd());
  watcher_.unwatch(leg.ports().rtcp.fd());
}

void MediaTable::on_browser_datagram(Time now, const ice::Path& path, Packet& packet) {
  const auto kind = rtp::classify(packet.bytes());
  if (kind == rtp::PacketKind::stun) return on_stun(now, path, packet.bytes());
  // Everything else counts only from where an authenticated check came (threats T12, T13, T15): no state, no
  // answer.
  const auto found = by_source_.find(path.remote);
  if (found == by_source_.end()) return count_drop();
  auto& leg = *found->second;
  switch (kind) {
    case rtp::PacketKind::dtls: return leg.on_dtls(now, packet.bytes());
    case rtp::PacketKind::rtp: return leg.on_srtp(now, packet);
    case rtp::PacketKind::rtcp: return leg.on_srtcp(now, packet);
    case rtp::PacketKind::stun:
    case rtp::PacketKind::turn_channel:
    case rtp::PacketKind::unknown: return count_drop();
  }
}

void MediaTable::on_stun(Time now, const ice::Path& path, ByteView datagram) {
  const auto ufrag = responder_.asked_ufrag(datagram);
  const auto found = ufrag ? by_ufrag_.find(*ufrag) : by_ufrag_.end();
  if (found == by_ufrag_.end()) return count_drop();
  auto& leg = *found->second;
  std::array<std::uint8_t, ice::StunResponder::max_reply> reply;
  const auto check = responder_.answer(datagram, path.remote, *leg.credentials(*ufrag), reply);
  if (check.verdict == ice::Check::Verdict::dropped) return count_drop();
  context_.browser_port.send(path, ByteView(reply).first(check.reply_length));
  if (check.verdict != ice::Check::Verdict::accepted) return;
  by_source_[path.remote] = &leg;
  const auto forgotten = leg.on_check(now, path, check.use_candidate, *ufrag);
  for (const auto& source : forgotten.sources) forget_source(source, leg);
  by_ufrag_.erase(forgotten.ufrag);
}

void MediaTable::on_time(Time now) {
  for (const auto& [id, media] : media_)
    for (const auto& leg : media.legs)
      if (leg) leg->on_time(now);
}

void MediaTable::count_drop() {
  PumpCounters::increment(context_.counters.dropped);
}

}  // namespace w2s::media
