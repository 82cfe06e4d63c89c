#include <array>
#include <chrono>

#include "media/stream.hpp"

namespace w2s::media {
namespace {

// An encoder is asked again only when its key frame could have come: that takes a round trip and an encoding,
// and another one, many times the size of other frames, would help nobody. A receiver repeats its request
// until it can show the video, so what is left out here comes again.
constexpr Duration least_key_frame_interval = 500ms;

constexpr std::size_t most_rtcp = 256;  // an SR with one block, a CNAME of ours, feedback and what SRTCP adds

}  // namespace

// RTCP ends here: the other leg's peer hears what we received and sent, never this peer's numbers about us.
// A BYE ends nothing either, calls are ended by SIP.
void Stream::on_rtcp(Time now, rtp::CompoundView compound) {
  while (const auto packet = compound.next()) {
    const auto* report = std::get_if<rtp::SenderReport>(&*packet);
    if (report != nullptr && incoming_ && incoming_->source() == report->sender)
      incoming_->on_sender_report(now, report->info);
    else if (other_ != nullptr && asks_for_key_frame(*packet))
      other_->request_key_frame(now);
  }
}

// A peer may only ask about what we send it.
bool Stream::asks_for_key_frame(const rtp::RtcpPacket& packet) const {
  if (const auto* indication = std::get_if<rtp::PictureLossIndication>(&packet))
    return indication->media == ssrc();
  const auto* request = std::get_if<rtp::FullIntraRequest>(&packet);
  for (std::size_t i = 0; request != nullptr && i < request->size(); ++i)
    if ((*request)[i].media == ssrc()) return true;
  return false;
}

void Stream::request_key_frame(Time now) {
  if (type_ != leg::MediaType::video) return;
  if (!can_ask_for_key_frame()) {
    key_frame_missing_ = true;
    return;
  }
  if (key_frame_asked_ && now - *key_frame_asked_ < least_key_frame_interval) return;
  key_frame_asked_ = now;
  key_frame_missing_ = false;
  ask_for_key_frame(now);
}

// Feedback names the SSRC that it is about, which is known once a packet has come.
bool Stream::can_ask_for_key_frame() const {
  if (!planned() || !plan_->may_send() || !incoming_) return false;
  return plan_->key_frame_request == leg::KeyFrameRequest::info || can_send();
}

void Stream::ask_for_key_frame(Time now) {
  if (plan_->key_frame_request == leg::KeyFrameRequest::info)
    return context_.report(leg::KeyFrameWanted{leg_.media, leg_.side, leg_.number});
  // RFC 4585 3.1: feedback goes in a compound, behind a report, as nobody has negotiated less (RFC 5506).
  std::array<std::uint8_t, most_rtcp> buffer;
  const MutableByteView out(buffer);
  const auto report = write_report(now, out);
  const auto rest = out.subspan(report);
  const auto video = incoming_->source();
  const auto feedback = plan_->key_frame_request == leg::KeyFrameRequest::fir
                            ? rtp::write_fir(rest, ssrc(), {video, full_intra_requests_++})
                            : rtp::write_pli(rest, {ssrc(), video});
  Packet packet{out, report + feedback};
  transport_.send_rtcp(type_, packet);
}

// RFC 3550 6.2: five seconds on average between half and one and a half times that, the first after half of
// it.
Duration Stream::report_interval() {
  constexpr auto average = std::chrono::milliseconds(5000);
  return average / 2 + std::chrono::milliseconds(context_.rng.u32() % average.count());
}

void Stream::send_report(Time now) {
  if (!can_send() || (!incoming_ && counts_.sent == 0)) return;
  if (!next_report_) next_report_ = now + report_interval() / 2;
  if (now < *next_report_) return;
  next_report_ = now + report_interval();
  std::array<std::uint8_t, most_rtcp> buffer;
  Packet packet{buffer, write_report(now, buffer)};
  if (packet.length != 0) transport_.send_rtcp(type_, packet);
}

std::size_t Stream::write_report(Time now, MutableByteView out) {
  // A source that has sent nothing since our last report gets no block (RFC 3550 6.4).
  std::array<rtp::ReportBlock, 1> block;
  std::size_t blocks = 0;
  if (incoming_ && counts_.received != reported_received_)
    block[blocks++] = incoming_->make_report_block(now);
  reported_received_ = counts_.received;

  const auto unix_time = std::chrono::system_clock::now().time_since_epoch();
  const auto ntp_now = rtp::ntp_time(
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(unix_time).count()));
  return outgoing_.write_report(now, ntp_now, std::span(block).first(blocks), cname_, out);
}

}  // namespace w2s::media
