#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "w2s/base/time.hpp"

#include "media/dtls/context.hpp"
#include "media/dtls/datagram_bio.hpp"
#include "media/dtls/records.hpp"
#include "media/srtp/srtp.hpp"

struct ssl_st;

namespace w2s::media::dtls {

// What a handshake with use_srtp yields (RFC 5764 4.2).
struct SrtpKeys {
  SrtpProfile profile;
  SrtpKey ours;    // protects what we send
  SrtpKey theirs;  // protects what the peer sends
};
const char* name(SrtpProfile profile);

enum class Role { passive, active };

// One DTLS-SRTP handshake: datagrams in, datagrams out, a timeout. It answers from the moment it exists, so
// it is made when answering is allowed. Whatever arrives, it never throws, and only two things fail it for
// good: a certificate that is not the signalled one, and no common SRTP profile.
class Association {
 public:
  enum class State { handshaking, connected, wrong_fingerprint, no_srtp_profile };

  // `fingerprint` is the peer's, "sha-256 AB:…". An active one sends its ClientHello here.
  // `transmit` is called inside on_datagram and on_time and must not call back.
  Association(const Context& context, Role role, std::string fingerprint,
              std::function<void(ByteView)> transmit);
  ~Association();
  Association(const Association&) = delete;
  Association& operator=(const Association&) = delete;

  void on_datagram(ByteView datagram);
  // Early or repeated calls change nothing. OpenSSL reads the clock for its retransmission timer, we cannot.
  void on_time();
  // How long until on_time has something to do.
  std::optional<Duration> next_timeout() const;

  State state() const { return state_; }
  const std::string& fingerprint() const { return fingerprint_; }
  // The keys, once, after `connected`.
  std::optional<SrtpKeys> take_keys();
  // What went wrong so far, for the person who reads why a call failed; empty: nothing did.
  const std::string& trouble() const { return trouble_; }

 private:
  struct Free {
    void operator()(ssl_st* ssl) const;
  };
  void begin();
  void continue_handshake();
  void on_handshake_done();
  void on_handshake_error(int result);
  void on_plain_alert(const Record& record);
  void absorb();
  std::optional<SrtpKeys> export_keys() const;

  const Context& context_;
  Role role_;
  std::string fingerprint_;
  DatagramIo io_;
  std::unique_ptr<ssl_st, Free> ssl_;
  State state_ = State::handshaking;
  bool broken_ = false;  // an active handshake failed; on_time begins anew
  std::optional<SrtpKeys> keys_;
  std::string trouble_;
};

}  // namespace w2s::media::dtls
