#include "media/pump/media_table.hpp"

#include <utility>

#include "w2s/rtp/demux.hpp"

#include "media/local_addresses.hpp"

namespace w2s::media {
namespace {

std::size_t index(leg::Side side) {
  return static_cast<std::size_t>(side);
}

LegId id_of(const auto& request) {
  return {request.media, request.side, request.number};
}

constexpr std::array streams{leg::MediaType::audio, leg::MediaType::video};

constexpr const char* no_more_sockets = "the kernel watches no more sockets";

leg::LegOpened refusal(const LegId& id, std::string error) {
  leg::LegOpened out{};
  out.media = id.media;
  out.side = id.side;
  out.number = id.number;
  out.error = std::move(error);
  return out;
}

std::string none_free_on(const IpAddress& local) {
  return "no free port pair of rtp-port-range on " + local.to_string();
}

}  // namespace

MediaTable::MediaTable(LegContext& context, SocketWatcher& watcher)
    : context_(context),
      watcher_(watcher),
      ports_(context.options.rtp_port_low, context.options.rtp_port_high, context.options.socket_buffer,
             context.rng),
      by_ufrag_(0, KeyedHash(context.rng)),
      by_source_(0, by_ufrag_.hash_function()) {}

MediaTable::~MediaTable() {
  while (!media_.empty()) close(media_.begin()->first);
}

leg::LegOpened MediaTable::open(const leg::OpenLeg& request) {
  auto& media = media_[request.media];
  const auto side = index(request.side);
  const bool spare = request.number != leg::LegNumber::first;
  auto& place = spare ? media.spares[side] : media.legs[side];
  // A leg that is opened again (a browser forked to a phone) starts anew.
  if (spare)
    clear(place);
  else
    close_leg(media, side);
  auto opened = request.kind == leg::Kind::web ? open_web(request, place) : open_phone(request, place);
  if (!opened.error.empty() && !media.legs[0].leg && !media.legs[1].leg) media_.erase(request.media);
  context_.counters.open_media.store(media_.size(), std::memory_order_relaxed);
  return opened;
}

leg::LegOpened MediaTable::open_web(const leg::OpenLeg& request, Place& place) {
  auto leg = std::make_unique<WebLeg>(context_, id_of(request), request.toward.embedded_v4_or_self());
  auto opened = leg->opened();
  if (!opened.error.empty()) return opened;
  index_ufrags(*leg);
  place.web = leg.get();
  place.leg = std::move(leg);
  return opened;
}

leg::LegOpened MediaTable::open_phone(const leg::OpenLeg& request, Place& place) {
  const auto local = local_address_toward(request.toward);
  if (!local) return refusal(id_of(request), "no route to " + request.toward.to_string());
  auto audio = ports_.take(*local);
  if (!audio) return refusal(id_of(request), none_free_on(*local));
  auto leg = std::make_unique<PhoneLeg>(context_, id_of(request), std::move(*audio));
  if (!watch(*leg, leg::MediaType::audio)) {
    unwatch(*leg);
    return refusal(id_of(request), no_more_sockets);
  }
  if (request.video) {  // a call of audio is better than no call
    if (const auto why = add_video(*leg); !why.empty())
      context_.log.warn_rarely("media.no_place_for_video", why, {{"call", leg->call()}, {"error", why}});
  }
  auto opened = leg->opened();
  place.phone = leg.get();
  place.leg = std::move(leg);
  return opened;
}

// Why it was not possible; empty: it was.
std::string MediaTable::add_video(PhoneLeg& leg) {
  const auto& local = leg.ports(leg::MediaType::audio)->rtp.local().ip;
  auto ports = ports_.take(local);
  if (!ports) return none_free_on(local) + " for video";
  leg.add_video(std::move(*ports));
  if (watch(leg, leg::MediaType::video)) return {};
  unwatch(leg, leg::MediaType::video);
  leg.remove_video();
  return no_more_sockets;
}

leg::LegOpened MediaTable::open_video(const leg::OpenVideo& request) {
  const auto id = id_of(request);
  const auto found = media_.find(request.media);
  const Place nowhere;
  const auto& place = found != media_.end() ? found->second.legs[index(request.side)] : nowhere;
  if (!place.leg || place.leg->number() != request.number) return refusal(id, "the leg is closed");
  auto* phone = place.phone;
  if (phone == nullptr || phone->ports(leg::MediaType::video) != nullptr) return place.leg->opened();
  auto why = add_video(*phone);
  return why.empty() ? phone->opened() : refusal(id, std::move(why));
}

Leg* MediaTable::find(leg::MediaId media, leg::Side side) const {
  const auto found = media_.find(media);
  return found == media_.end() ? nullptr : found->second.legs[index(side)].leg.get();
}

MediaTable::Place* MediaTable::find_spare(leg::MediaId media, leg::Side side, leg::LegNumber number) {
  const auto found = media_.find(media);
  if (found == media_.end()) return nullptr;
  auto& place = found->second.spares[index(side)];
  return place.leg && place.leg->number() == number ? &place : nullptr;
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
  auto* web = media_.at(plan.media).legs[index(plan.side)].web;
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

void MediaTable::request_key_frame(Time now, const leg::RequestKeyFrame& request) {
  if (auto* leg = find(request.media, request.side)) leg->request_key_frame(now);
}

void MediaTable::replace(Time now, const leg::ReplaceLeg& replace) {
  auto* spare = find_spare(replace.media, replace.side, replace.number);
  if (spare == nullptr) return;
  auto& media = media_.at(replace.media);
  auto& place = media.legs[index(replace.side)];
  if (place.leg) {
    place.leg->release_keys(now);
    place.leg->log_summary();
  }
  close_leg(media, index(replace.side));
  place = std::exchange(*spare, {});
}

void MediaTable::drop(const leg::DropLeg& drop) {
  if (auto* spare = find_spare(drop.media, drop.side, drop.number)) clear(*spare);
}

void MediaTable::close(leg::MediaId id) {
  const auto found = media_.find(id);
  if (found == media_.end()) return;
  for (const auto& place : found->second.legs)
    if (place.leg) place.leg->log_summary();
  for (const auto side : {leg::Side::a, leg::Side::b}) {
    clear(found->second.spares[index(side)]);
    close_leg(found->second, index(side));
  }
  media_.erase(found);
  context_.counters.open_media.store(media_.size(), std::memory_order_relaxed);
}

void MediaTable::close_leg(Media& media, std::size_t side) {
  if (const auto& other = media.legs[1 - side].leg) other->disconnect();
  clear(media.legs[side]);
}

void MediaTable::clear(Place& place) {
  if (auto* web = std::exchange(place.web, nullptr)) {
    forget_ufrags(*web);
    for (const auto& source : web->sources()) forget_source(source, *web);
  }
  if (auto* phone = std::exchange(place.phone, nullptr)) unwatch(*phone);
  place.leg.reset();
}

void MediaTable::forget_source(const Endpoint& source, const WebLeg& leg) {
  const auto found = by_source_.find(source);
  if (found != by_source_.end() && found->second == &leg) by_source_.erase(found);
}

bool MediaTable::watch(PhoneLeg& leg, leg::MediaType stream) {
  const auto* ports = leg.ports(stream);
  return ports == nullptr || (watcher_.watch(ports->rtp.fd(), leg, {stream, false}) &&
                              watcher_.watch(ports->rtcp.fd(), leg, {stream, true}));
}

void MediaTable::unwatch(const PhoneLeg& leg) {
  for (const auto stream : streams) unwatch(leg, stream);
}

void MediaTable::unwatch(const PhoneLeg& leg, leg::MediaType stream) {
  const auto* ports = leg.ports(stream);
  if (ports == nullptr) return;
  watcher_.unwatch(ports->rtp.fd());
  watcher_.unwatch(ports->rtcp.fd());
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
    for (const auto* places : {&media.legs, &media.spares})
      for (const auto& place : *places)
        if (place.leg) place.leg->on_time(now);
}

void MediaTable::count_drop() {
  PumpCounters::increment(context_.counters.dropped);
}

}  // namespace w2s::media
