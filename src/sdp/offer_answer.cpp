#include "w2s/sdp/offer_answer.hpp"

#include <algorithm>

#include "direction.hpp"
#include "exchange.hpp"
#include "our_description.hpp"

namespace w2s::sdp {
namespace {

leg::Directions directions_of(const RemoteDescription& remote) {
  return {remote.audio.direction, remote.video ? remote.video->direction : leg::Direction::inactive};
}

bool ice_restarted(const RemoteDescription& now, const Exchange* before) {
  if (before == nullptr) return false;
  const auto& old = before->remote->transport;
  return now.transport.ice_ufrag != old.ice_ufrag || now.transport.ice_pwd != old.ice_pwd;
}

PeerMedia describe(leg::Kind kind, const RemoteDescription& remote) {
  PeerMedia media;
  media.kind = kind;
  Formats seen;
  for (const auto* formats : {&remote.audio.formats, remote.video ? &remote.video->formats : nullptr}) {
    for (const auto& format : formats != nullptr ? *formats : Formats()) {
      if (find_codec(seen, format.codec) != nullptr) continue;
      seen.push_back(format);
      media.codecs.push_back(format.codec);
    }
  }
  media.direction = media.wish = directions_of(remote);
  return media;
}

// See PeerMedia::wish: `offered` is what our offer allowed.
leg::Direction wish_behind(leg::Direction answered, leg::Direction offered) {
  return make_direction(sends(answered) || !receives(offered), receives(answered) || !sends(offered));
}

// An exchange that knows the payload numbers of those before it.
Exchange next_exchange(const Exchange* before) {
  Exchange exchange;
  if (before == nullptr) return exchange;
  exchange.audio.numbers = before->audio.numbers;
  exchange.video.numbers = before->video.numbers;
  return exchange;
}

void remember(Exchange& exchange, const Formats& audio, const Formats* video) {
  exchange.audio.numbers.remember(audio);
  if (video != nullptr) exchange.video.numbers.remember(*video);
}

leg::WebRemote web_remote(const Exchange& exchange) {
  const auto& transport = exchange.remote->transport;
  leg::WebRemote web;
  web.ice_ufrag = transport.ice_ufrag;
  web.ice_pwd = Redacted(transport.ice_pwd);
  web.fingerprint = transport.fingerprint;
  web.our_role = exchange.role;
  return web;
}

leg::StreamPlan stream_plan(const Exchange::Stream& agreed, const StreamDescription& local, const RemoteStream& remote,
                            const std::string& mid) {
  leg::StreamPlan plan;
  plan.payloads = agreed.payloads;
  plan.tolerated = agreed.tolerated;
  plan.peer_direction = limited_by(remote.direction, local.direction);
  plan.rtp = remote.rtp;
  plan.rtcp = remote.rtcp;
  plan.mid = mid;
  if (remote.mid_extension == local.mid_extension) plan.mid_extension = local.mid_extension;
  if (remote.feedback.fir) plan.key_frame_request = leg::KeyFrameRequest::fir;
  if (remote.feedback.pli) plan.key_frame_request = leg::KeyFrameRequest::pli;
  return plan;
}

}  // namespace

OfferAnswer::OfferAnswer(leg::Kind kind, std::uint64_t session_id) : kind_(kind), session_id_(session_id) {}

Result<leg::Kind> OfferAnswer::kind_of(std::string_view offer) {
  const auto session = parse(offer);
  return session ? kind_of_offer(*session) : session.error();
}

// An offer that fails leaves everything as it was. One that meets an open offer of ours replaces it: glare is
// the dialog's business (RFC 3261 14.2), here only one exchange can be open.
Result<PeerMedia> OfferAnswer::on_offer(std::string_view body) {
  const auto session = parse(body);
  if (!session) return session.error();
  auto remote = read_offer(*session, kind_);
  if (!remote) return remote.error();

  auto exchange = next_exchange(agreed_.get());
  remember(exchange, remote->audio.formats, remote->video ? &remote->video->formats : nullptr);
  exchange.role = role_towards(*remote, agreed_.get());
  auto media = describe(kind_, *remote);
  media.repeated = agreed_ && agreed_->remote->version == remote->version;
  exchange.remote = std::move(*remote);
  open_ = std::make_shared<const Exchange>(std::move(exchange));
  return media;
}

std::string OfferAnswer::answer(const leg::LegOpened& local, const std::vector<leg::Codec>& codecs,
                                leg::Directions directions) {
  const bool first_time = open_ != nullptr;
  const auto& source = first_time ? open_ : agreed_;
  if (!source || source->we_offered) return local_description();  // nothing to answer

  Exchange exchange = *source;
  exchange.local = describe_answer(exchange, codecs, directions, local.video.has_value());
  settle(exchange);
  exchange.text = publish(exchange.local, local, first_time);
  agreed_ = std::make_shared<const Exchange>(std::move(exchange));
  open_.reset();
  return agreed_->text;
}

void OfferAnswer::reject_offer() {
  if (open_ && !open_->we_offered) open_.reset();
}

bool OfferAnswer::restarts_ice() const {
  return open_ && !open_->we_offered && kind_ == leg::Kind::web &&
         ice_restarted(*open_->remote, agreed_.get());
}

std::string OfferAnswer::offer(const leg::LegOpened& local, const std::vector<leg::Codec>& codecs,
                               leg::Directions directions) {
  auto description =
      describe_offer(kind_, next_exchange(agreed_.get()), agreed_.get(), codecs, directions, local.video.has_value());
  return publish_offer(std::move(description), local, !open_ || !open_->we_offered);
}

std::string OfferAnswer::refresh_offer(const leg::LegOpened& local) {
  return publish_offer(describe_refresh(kind_, agreed_.get()), local, false);
}

std::string OfferAnswer::publish_offer(LocalDescription description, const leg::LegOpened& local,
                                       bool new_exchange) {
  auto exchange = next_exchange(agreed_.get());
  exchange.we_offered = true;
  remember(exchange, description.audio.formats, description.video ? &description.video->formats : nullptr);
  exchange.local = std::move(description);
  exchange.text = publish(exchange.local, local, new_exchange);
  open_ = std::make_shared<const Exchange>(std::move(exchange));
  return open_->text;
}

// Also taken once more when our offer is answered already: the 200 may differ from the 183 (RFC 3261 13.2.1
// says that it must not, and phones do it).
Result<PeerMedia> OfferAnswer::on_answer(std::string_view body) {
  const auto& source = open_ ? open_ : agreed_;
  if (!source || !source->we_offered) return Errc::answer_mismatch;
  const auto session = parse(body);
  if (!session) return session.error();
  auto remote = read_answer(*session, kind_, source->local);
  if (!remote) return remote.error();

  Exchange exchange = *source;
  exchange.role = role_towards(*remote, agreed_.get());
  auto media = describe(kind_, *remote);
  media.wish.audio = wish_behind(remote->audio.direction, source->local.audio.direction);
  if (remote->video) media.wish.video = wish_behind(remote->video->direction, source->local.video->direction);
  exchange.remote = std::move(*remote);
  settle(exchange);
  agreed_ = std::make_shared<const Exchange>(std::move(exchange));
  open_.reset();
  return media;
}

void OfferAnswer::withdraw_offer() {
  if (open_ && open_->we_offered) open_.reset();
}

bool OfferAnswer::offer_pending() const {
  return open_ != nullptr;
}

bool OfferAnswer::own_offer_pending() const {
  return open_ && open_->we_offered;
}

bool OfferAnswer::agreed() const {
  return agreed_ != nullptr;
}

const std::string& OfferAnswer::local_description() const {
  static const std::string none;
  if (open_ && open_->we_offered) return open_->text;
  return agreed_ ? agreed_->text : none;
}

leg::LegPlan OfferAnswer::plan(leg::MediaId media, leg::Side side) const {
  leg::LegPlan plan;
  plan.media = media;
  plan.side = side;
  if (!agreed_) return plan;
  const auto& local = agreed_->local;
  const auto& remote = *agreed_->remote;
  if (kind_ == leg::Kind::web) plan.web = web_remote(*agreed_);
  plan.audio = stream_plan(agreed_->audio, local.audio, remote.audio, local.lines[local.audio.line].mid);
  if (agreed_->has_video())
    plan.video = stream_plan(agreed_->video, *local.video, *remote.video, local.lines[local.video->line].mid);
  return plan;
}

// RFC 3264 8: the o= line stays, and its version rises with every change. Towards browsers it rises with
// every exchange, since sipML5 takes a description with the version it knows for "nothing changed" and
// ignores it.
std::string OfferAnswer::publish(const LocalDescription& description, const leg::LegOpened& local,
                                 bool new_exchange) {
  if (version_ == 0) origin_address_ = local.audio.rtp.ip.to_string();
  const auto written = [&] {
    const Origin origin{"-", std::to_string(session_id_), std::to_string(version_), origin_address_};
    return to_string(build(description, kind_, local, origin));
  };
  const bool must_rise = version_ == 0 || (new_exchange && kind_ == leg::Kind::web);
  if (must_rise || written() != last_sent_) {
    ++version_;
    last_sent_ = written();
  }
  return last_sent_;
}

}  // namespace w2s::sdp
