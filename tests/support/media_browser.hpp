#pragma once
// The media half of a browser, scripted: one UDP socket, ICE checks, a DTLS handshake, SRTP and SRTCP.
//
//   MediaBrowser browser;
//   browser.meet(opened);                       // the gateway's description
//   plan.web = browser.description();           // ours, for the gateway's LegPlan
//   ASSERT_TRUE(browser.check(true));           // answered connectivity check
//   ASSERT_TRUE(browser.handshake());
//   browser.send_rtp({.payload_type = {0}, …}, payload);
//   auto packet = browser.receive_rtp();
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "w2s/leg/leg.hpp"
#include "w2s/rtp/demux.hpp"
#include "w2s/rtp/packet.hpp"

#include "dtls_peer.hpp"
#include "media/srtp/srtp.hpp"
#include "stun_client.hpp"
#include "test_socket.hpp"

namespace w2s::test {

// An RTP packet without extension.
inline Bytes rtp_packet(const rtp::Header& header, ByteView payload) {
  Bytes packet(rtp::header_size + payload.size());
  rtp::write_header(packet, header);
  std::copy(payload.begin(), payload.end(), packet.begin() + rtp::header_size);
  return packet;
}

class MediaBrowser {
 public:
  static constexpr Duration patience = 5s;    // for what must come
  static constexpr Duration silence = 150ms;  // for what must not

  explicit MediaBrowser(const DtlsPeer::Options& dtls = {}) : dtls_(std::make_unique<DtlsPeer>(dtls)) {}

  // The gateway's ICE credentials and default candidate.
  void meet(const leg::LegOpened& gateway) {
    gateway_ = gateway.audio.rtp;
    check_ = {ufrag_, gateway.ice_ufrag, gateway.ice_pwd};
  }
  leg::WebRemote description(leg::DtlsRole gateways_role = leg::DtlsRole::passive) const {
    leg::WebRemote remote;
    remote.ice_ufrag = ufrag_;
    remote.ice_pwd = Redacted<std::string>("browserpasswordbrowserpw");
    remote.fingerprint = dtls_->fingerprint();
    remote.our_role = gateways_role;
    return remote;
  }

  const TestSocket& socket() const { return *socket_; }
  const Endpoint& gateway() const { return gateway_; }
  DtlsPeer& dtls() { return *dtls_; }
  const StunCheck& check_parameters() const { return check_; }
  // Continues from another port, as after a change of network.
  void move() { socket_ = std::make_unique<TestSocket>(); }
  // A restart with a new ufrag of ours, and the gateway's new credentials from its answer.
  void restart_ice(const leg::IceCredentials& gateways) {
    check_ = {ufrag_ = "restarted", gateways.ufrag, gateways.pwd.reveal()};
  }

  // One connectivity check; true when the answer names our address.
  bool check(bool use_candidate, Duration timeout = patience) {
    auto request = check_;
    request.use_candidate = use_candidate;
    mapped_.reset();
    socket_->send_to(gateway_, stun_check(request));
    pump(timeout, [this] { return mapped_.has_value(); });
    return mapped_ == socket_->local();
  }

  bool handshake(Duration timeout = patience) {
    if (!started_) dtls_->start();
    started_ = true;
    flush_dtls();
    pump(timeout, [this] { return dtls_->connected(); });
    if (!dtls_->connected() || dtls_->profile().empty()) return dtls_->connected();
    const auto keys = dtls_->keys();
    sender_.emplace(keys.profile, keys.ours);
    receiver_.emplace(keys.profile, keys.theirs);
    return true;
  }

  bool has_keys() const { return sender_.has_value(); }
  void send_rtp(const rtp::Header& header, ByteView payload) { send_plain_rtp(rtp_packet(header, payload)); }
  void send_plain_rtp(const Bytes& plain) { socket_->send_to(gateway_, protect_rtp(plain)); }
  Bytes protect_rtp(const Bytes& plain) {
    Bytes packet = plain;
    packet.resize(plain.size() + sender_->overhead());
    packet.resize(sender_->protect_rtp(packet, plain.size()));
    return packet;
  }
  void send_rtcp(const Bytes& plain) {
    Bytes packet = plain;
    packet.resize(plain.size() + sender_->overhead());
    packet.resize(sender_->protect_rtcp(packet, plain.size()));
    socket_->send_to(gateway_, packet);
  }

  // The next packet from the gateway that our keys open.
  std::optional<Bytes> receive_rtp(Duration timeout = patience) { return receive(rtp_, timeout); }
  std::optional<Bytes> receive_rtcp(Duration timeout = patience) { return receive(rtcp_, timeout); }
  std::size_t unreadable() const { return unreadable_; }  // packets that our keys did not open

 private:
  std::optional<Bytes> receive(std::deque<Bytes>& queue, Duration timeout) {
    pump(timeout, [&] { return !queue.empty(); });
    if (queue.empty()) return std::nullopt;
    auto out = std::move(queue.front());
    queue.pop_front();
    return out;
  }

  template <class Done>
  void pump(Duration timeout, Done done) {
    const auto deadline = Clock::now() + timeout;
    while (!done() && Clock::now() < deadline) {
      const auto left = std::min<Duration>(deadline - Clock::now(), 50ms);  // DTLS retransmits
      if (const auto datagram = socket_->receive(left)) on_datagram(datagram->bytes);
      if (started_) dtls_->on_time();
      flush_dtls();
    }
  }

  void on_datagram(const Bytes& datagram) {
    switch (rtp::classify(datagram)) {
      case rtp::PacketKind::stun: mapped_ = stun_mapped_address(datagram); break;
      case rtp::PacketKind::dtls:
        started_ = true;
        dtls_->on_datagram(datagram);
        break;
      case rtp::PacketKind::rtp: open(datagram, rtp_, &media::SrtpReceiver::unprotect_rtp); break;
      case rtp::PacketKind::rtcp: open(datagram, rtcp_, &media::SrtpReceiver::unprotect_rtcp); break;
      case rtp::PacketKind::turn_channel:
      case rtp::PacketKind::unknown: ++unreadable_; break;
    }
  }

  using Unprotect = media::SrtpReceiver::Verdict (media::SrtpReceiver::*)(MutableByteView, std::size_t&);
  void open(Bytes datagram, std::deque<Bytes>& queue, Unprotect unprotect) {
    std::size_t length = datagram.size();
    if (!receiver_ || ((*receiver_).*unprotect)(datagram, length) != media::SrtpReceiver::Verdict::ok) {
      ++unreadable_;
      return;
    }
    datagram.resize(length);
    queue.push_back(std::move(datagram));
  }

  void flush_dtls() {
    for (const auto& datagram : dtls_->take_outgoing()) socket_->send_to(gateway_, datagram);
  }

  std::unique_ptr<TestSocket> socket_ = std::make_unique<TestSocket>();
  std::unique_ptr<DtlsPeer> dtls_;
  std::string ufrag_ = "brow";
  StunCheck check_;
  Endpoint gateway_;
  bool started_ = false;
  std::optional<Endpoint> mapped_;
  std::optional<media::SrtpSender> sender_;
  std::optional<media::SrtpReceiver> receiver_;
  std::deque<Bytes> rtp_;
  std::deque<Bytes> rtcp_;
  std::size_t unreadable_ = 0;
};

}  // namespace w2s::test
