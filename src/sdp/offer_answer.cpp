#include "w2s/sdp/offer_answer.hpp"

#include <algorithm>

#include "direction.hpp"
#include "exchange.hpp"

namespace w2s::sdp {
namespace {

// Nothing that the other leg could care about: the same wish for directions and all that was agreed still on
// offer. ICE restarts, moved ports, refused m-lines and the o= version are between this peer and us.
bool is_refresh(const RemoteDescription& now, const Exchange* before) {
  return before != nullptr && now.direction == before->remote->direction &&
         std::all_of(before->payloads.begin(), before->payloads.end(),
                     [&](const leg::Payload& p) { return find_codec(now.formats, p.codec) != nullptr; });
}

bool ice_restarted(const RemoteDescription& now, const Exchange* before) {
  if (before == nullptr) return false;
  const auto& old = before->remote->transport;
  return now.transport.ice_ufrag != old.ice_ufrag || now.transport.ice_pwd != old.ice_pwd;
}

PeerMedia describe(leg::Kind kind, const RemoteDescription& remote, const Exchange* before) {
  PeerMedia media;
  media.kind = kind;
  Formats seen;
  for (const auto& format : remote.formats) {
    if (find_codec(seen, format.codec) != nullptr) continue;
    seen.push_back(format);
    media.codecs.push_back(format.codec);
  }
  media.direction = remote.direction;
  media.wish = remote.direction;
  media.rtp = remote.rtp;
  media.ice_restarted = ice_restarted(remote, before);
  media.only_refresh = is_refresh(remote, before);
  return media;
}

// See PeerMedia::wish: `offered` is what our offer allowed.
leg::Direction wish_behind(leg::Direction answered, leg::Direction offered) {
  return make_direction(sends(answered) || !receives(offered), receives(answered) || !sends(offered));
}

// The codecs that the peer offered, with its numbers and the other leg's fmtp.
Formats chosen_formats(const Formats& offered, const std::vector<leg::Codec>& codecs) {
  Formats chosen;
  for (const auto& codec : codecs) {
    const auto* theirs = find_codec(offered, codec);
    if (theirs != nullptr && find_number(chosen, theirs->number) == nullptr)
      chosen.push_back({codec, theirs->number});
  }
  drop_stray_events(chosen);
  if (!has_audio(chosen)) return {};
  for (auto& [codec, number] : chosen)
    if (is_telephone_event(codec)) codec.fmtp = "0-16";
  return chosen;
}

LocalDescription describe_answer(const Exchange& exchange, const std::vector<leg::Codec>& codecs,
                                 leg::Direction direction) {
  const auto& remote = *exchange.remote;
  LocalDescription local;
  local.lines = remote.lines;
  local.audio = remote.audio;
  local.formats = chosen_formats(remote.formats, codecs);
  local.direction = limited_by(direction, remote.direction);
  local.setup = exchange.role == leg::DtlsRole::active ? Setup::active : Setup::passive;
  local.bundled = remote.bundled;
  local.rtcp_mux = remote.rtcp_mux;
  local.mid_extension = remote.mid_extension;
  return local;
}

// RFC 3264 8: an offer in a session keeps the m-lines; RFC 5763 5: every offer of ours says actpass.
LocalDescription describe_offer(leg::Kind kind, const Exchange* before) {
  const bool web = kind == leg::Kind::web;
  LocalDescription local;
  if (before != nullptr) {
    local = before->local;
  } else {
    local.lines = {{"audio", web ? "UDP/TLS/RTP/SAVPF" : "RTP/AVP", "0", web ? "0" : ""}};
    local.bundled = web;
  }
  local.rtcp_mux = web;
  local.setup = Setup::actpass;
  return local;
}

leg::WebRemote web_remote(const Exchange& exchange) {
  const auto& remote = *exchange.remote;
  const auto& local = exchange.local;
  leg::WebRemote web;
  web.ice_ufrag = remote.transport.ice_ufrag;
  web.ice_pwd = Redacted(remote.transport.ice_pwd);
  web.fingerprint = remote.transport.fingerprint;
  web.our_role = exchange.role;
  if (remote.mid_extension == local.mid_extension) web.mid_extension = local.mid_extension;
  web.mid = local.lines[local.audio].mid;
  return web;
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

  Exchange exchange;
  if (agreed_) exchange.numbers = agreed_->numbers;
  exchange.numbers.remember(remote->formats);
  exchange.role = role_towards(*remote, agreed_.get());
  auto media = describe(kind_, *remote, agreed_.get());
  exchange.remote = std::move(*remote);
  open_ = std::make_shared<const Exchange>(std::move(exchange));
  return media;
}

std::string OfferAnswer::answer(const leg::LegOpened& local, const std::vector<leg::Codec>& codecs,
                                leg::Direction direction) {
  const bool first_time = open_ != nullptr;
  const auto& source = first_time ? open_ : agreed_;
  if (!source || source->we_offered) return local_description();  // nothing to answer

  Exchange exchange = *source;
  exchange.local = describe_answer(exchange, codecs, direction);
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
                               leg::Direction direction) {
  auto description = describe_offer(kind_, agreed_.get());
  description.formats = agreed_ ? agreed_->numbers.assign(codecs) : PayloadNumbers().assign(codecs);
  description.direction = direction;
  return publish_offer(std::move(description), local, !open_ || !open_->we_offered);
}

std::string OfferAnswer::refresh_offer(const leg::LegOpened& local) {
  return publish_offer(describe_offer(kind_, agreed_.get()), local, false);
}

std::string OfferAnswer::publish_offer(LocalDescription description, const leg::LegOpened& local,
                                       bool new_exchange) {
  Exchange exchange;
  exchange.we_offered = true;
  if (agreed_) exchange.numbers = agreed_->numbers;
  exchange.numbers.remember(description.formats);
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
  auto media = describe(kind_, *remote, agreed_.get());
  media.wish = wish_behind(remote->direction, source->local.direction);
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
  const auto& remote = *agreed_->remote;
  if (kind_ == leg::Kind::web)
    plan.web = web_remote(*agreed_);
  else
    plan.phone = leg::PhoneRemote{remote.rtp, remote.rtcp};
  plan.payloads = agreed_->payloads;
  plan.tolerated = agreed_->tolerated;
  plan.peer_direction = limited_by(remote.direction, agreed_->local.direction);
  return plan;
}

// RFC 3264 8: the o= line stays, and its version rises with every change. Towards browsers it rises with
// every exchange, since sipML5 takes a description with the version it knows for "nothing changed" and
// ignores it.
std::string OfferAnswer::publish(const LocalDescription& description, const leg::LegOpened& local,
                                 bool new_exchange) {
  if (version_ == 0) origin_address_ = local.rtp.ip.to_string();
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
