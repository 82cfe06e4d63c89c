#include "media/web_leg.hpp"

#include <utility>

#include "media/local_addresses.hpp"

namespace w2s::media {
namespace {

// From the moment both sides know each other's description. A browser gives up after about as long.
constexpr Duration connect_timeout = 20s;

// How long a browser that has lost its network may take to come back, after consent has run out.
constexpr Duration consent_grace = 10s;

}  // namespace

WebLeg::WebLeg(LegContext& context, const LegId& id, const IpAddress& toward)
    : Leg(context, id),
      credentials_(ice::Credentials::make(context.rng)),
      candidates_(candidates(context.options.public_addresses, toward, context.browser_port.addresses(),
                             context.browser_port.port())) {}

leg::LegOpened WebLeg::opened() const {
  auto opened = describe();
  if (candidates_.empty()) {
    opened.error = "this host has no address on which a browser could reach it";
    return opened;
  }
  const auto& address = candidates_.front().address;
  opened.audio = {address, address, audio_.ssrc().value};
  opened.video = {address, address, video_.ssrc().value};
  opened.ice_ufrag = credentials_.ufrag;
  opened.ice_pwd = credentials_.pwd.reveal();
  opened.fingerprint = context_.dtls.certificate().fingerprint();
  opened.candidates = candidates_;
  return opened;
}

const ice::Credentials* WebLeg::credentials(std::string_view ufrag) const {
  if (ufrag == credentials_.ufrag) return &credentials_;
  return before_restart_ && ufrag == before_restart_->ufrag ? &*before_restart_ : nullptr;
}

std::vector<std::string> WebLeg::ufrags() const {
  std::vector<std::string> ufrags{credentials_.ufrag};
  if (before_restart_) ufrags.push_back(before_restart_->ufrag);
  return ufrags;
}

// RFC 8445 9: an ICE restart changes ufrag and password of both sides, and nothing else: the DTLS association
// and its keys go on, and so does the media, over the pairs there are until the browser has nominated a new
// one.
void WebLeg::take_credentials() {
  if (!plan_->ice || *plan_->ice == credentials_) return;
  before_restart_ = std::exchange(credentials_, *plan_->ice);
  pairs_.restart();
  context_.log.info("media.ice_restarted", {{"call", id_.call()}, {"leg", name(id_.side)}});
}

// RFC 8843 9.1.1: a payload number of a BUNDLE group means one thing, so it tells the stream.
void WebLeg::take_payload_numbers() {
  of_video_.reset();
  if (!plan_->video) return;
  for (const auto* payloads : {&plan_->video->payloads, &plan_->video->tolerated})
    for (const auto& payload : *payloads) of_video_.set(payload.receive & 0x7f);
}

void WebLeg::on_plan(Time now) {
  if (!plan_->web) return;
  take_credentials();
  take_payload_numbers();
  // The same fingerprint is the same association, whatever else the re-offer changed (RFC 8842 5.5).
  if (association_ && association_->fingerprint() != plan_->web->fingerprint) {
    association_.reset();
    sender_.reset();
    receiver_.reset();
  }
  if (!association_ && !deadline_) deadline_ = now + connect_timeout;
  begin_dtls_if_due();
}

WebLeg::Forgotten WebLeg::on_check(Time now, const ice::Path& path, bool use_candidate,
                                   std::string_view ufrag) {
  Forgotten forgotten;
  const auto credentials = ufrag == credentials_.ufrag ? ice::PairList::Credentials::present
                                                       : ice::PairList::Credentials::before_restart;
  const auto removed = pairs_.on_check(now, path, use_candidate, credentials);
  if (before_restart_ && pairs_.restart_concluded()) {
    forgotten.sources = pairs_.forget_old_session();
    forgotten.ufrag = before_restart_->ufrag;
    before_restart_.reset();
    context_.log.info("media.ice_restart_concluded", {{"call", id_.call()}, {"leg", name(id_.side)}});
  }
  if (removed) forgotten.sources.push_back(*removed);
  select(now);
  begin_dtls_if_due();
  return forgotten;
}

void WebLeg::select(Time now) {
  const auto* pair = pairs_.selected(now);
  if (pair == nullptr) {
    selected_.reset();
    return;
  }
  consent_lost_.reset();
  if (selected_ == *pair) return;
  selected_ = *pair;
  context_.log.info(
      "media.ice_pair_chosen",
      {{"call", id_.call()}, {"leg", name(id_.side)}, {"local", pair->local}, {"remote", pair->remote}});
}

// Without a plan there is no association, so an early ClientHello is dropped: the browser sends it again.
void WebLeg::begin_dtls_if_due() {
  if (association_ || !selected_ || !plan_ || !plan_->web) return;
  const auto role = plan_->web->our_role == leg::DtlsRole::active ? dtls::Role::active : dtls::Role::passive;
  association_ = std::make_unique<dtls::Association>(context_.dtls, role, plan_->web->fingerprint,
                                                     [this](ByteView datagram) {
                                                       if (selected_)
                                                         context_.browser_port.send(*selected_, datagram);
                                                     });
}

void WebLeg::on_dtls(Time, ByteView datagram) {
  if (!association_) return audio_.drop();
  const auto before = association_->state();
  association_->on_datagram(datagram);
  if (association_->state() != before) on_dtls_progress();
}

void WebLeg::on_dtls_progress() {
  deadline_.reset();
  switch (association_->state()) {
    case dtls::Association::State::handshaking: return;
    case dtls::Association::State::wrong_fingerprint: return fail(leg::Failure::dtls_fingerprint, "");
    case dtls::Association::State::no_srtp_profile: return fail(leg::Failure::srtp_no_profile, "");
    case dtls::Association::State::connected: break;
  }
  const auto keys = association_->take_keys();
  sender_.emplace(keys->profile, keys->ours);
  receiver_.emplace(keys->profile, keys->theirs);
  context_.log.info("media.dtls_connected",
                    {{"call", id_.call()}, {"leg", name(id_.side)}, {"profile", dtls::name(keys->profile)}});
  connected();
}

bool WebLeg::accept(SrtpReceiver::Verdict verdict, Stream& stream) {
  if (verdict == SrtpReceiver::Verdict::ok) return true;
  if (verdict == SrtpReceiver::Verdict::authentication_failed) ++unauthentic_;
  stream.drop();
  return false;
}

void WebLeg::on_srtp(Time now, Packet& packet) {
  auto& stream = stream_of({packet.buffer[1]});  // in clear under SRTP too
  if (!receiver_) return stream.miss();
  if (!accept(receiver_->unprotect_rtp(packet.buffer, packet.length), stream)) return;
  PumpCounters::increment(context_.counters.from_browsers);
  on_rtp(now, stream, packet);
}

void WebLeg::on_srtcp(Time now, Packet& packet) {
  if (!receiver_) return audio_.drop();
  if (!accept(receiver_->unprotect_rtcp(packet.buffer, packet.length), audio_)) return;
  const auto compound = rtp::CompoundView::parse(packet.bytes());
  if (!compound) return audio_.drop();
  // A compound may be about any stream of the transport; each takes what names its SSRCs.
  audio_.on_rtcp(now, *compound);
  video_.on_rtcp(now, *compound);
}

void WebLeg::send_rtp(leg::MediaType type, Packet& packet, bool transient) {
  packet.length = sender_->protect_rtp(packet.buffer, packet.length);
  if (packet.length == 0) return stream(type).drop();
  if (transient)
    context_.browser_port.send(*selected_, packet.bytes());
  else
    context_.browser_port.queue(*selected_, packet.bytes());
}

void WebLeg::send_rtcp(leg::MediaType, Packet& packet) {
  packet.length = sender_->protect_rtcp(packet.buffer, packet.length);
  if (packet.length != 0) context_.browser_port.send(*selected_, packet.bytes());
}

void WebLeg::on_tick(Time now) {
  if (association_) {
    if (const auto left = association_->next_timeout(); left && *left <= Duration::zero())
      association_->on_time();
  }
  check_deadline(now);
  check_consent(now);
}

void WebLeg::check_consent(Time now) {
  if (selected_ && pairs_.selected(now) == nullptr) {
    // RFC 7675 5.1: without consent nothing may be sent, and nothing is until the browser checks again.
    selected_.reset();
    consent_lost_ = now;
    context_.log.info("media.ice_consent_lost", {{"call", id_.call()}, {"leg", name(id_.side)}});
  }
  if (!consent_lost_ || now - *consent_lost_ < consent_grace) return;
  consent_lost_.reset();
  fail(leg::Failure::ice_consent_lost, "");
}

void WebLeg::check_deadline(Time now) {
  if (!deadline_ || now < *deadline_) return;
  deadline_.reset();
  if (pairs_.empty()) return fail(leg::Failure::ice_timeout, "");
  const bool heard = association_ && !association_->trouble().empty();
  fail(leg::Failure::dtls_failed, heard ? association_->trouble() : "not finished in time");
}

std::string WebLeg::stuck_at(const Stream& stream) const {
  if (pairs_.empty()) return "ICE";
  if (!receiver_) return "DTLS";
  if (stream.received() == 0) return unauthentic_ > 0 ? "SRTP" : "no RTP from the browser";
  return {};
}

}  // namespace w2s::media
