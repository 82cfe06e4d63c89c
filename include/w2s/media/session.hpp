#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "w2s/base/log.hpp"
#include "w2s/base/rng.hpp"
#include "w2s/base/time.hpp"
#include "w2s/leg/leg.hpp"
#include "w2s/net/allow_destination.hpp"

namespace w2s::media {

struct Options {
  IpAddress ice_address;                    // unspecified: all local unicast addresses
  bool ice_any_address = true;
  std::uint16_t ice_port = 10065;           // pump k takes ice_port + k
  std::uint16_t rtp_port_low = 20000;
  std::uint16_t rtp_port_high = 29999;
  struct PublicAddress {
    std::optional<IpAddress> local;         // nullopt: for every local address
    IpAddress advertised;
  };
  std::vector<PublicAddress> public_addresses;
  unsigned threads = 1;
  int socket_buffer = 0;                    // rtp-buffsize, bytes; 0: system default
  Duration media_timeout = 60s;
  net::AllowDestination allow;              // where RTP may be sent
};

// All media of the gateway behind one door: pumps, ICE, DTLS, SRTP, sockets. Calls are messages to the call's pump and
// return at once; answers and events come on the callback, which runs on a pump's thread (the owner posts them on).
class Sessions {
 public:
  using Reply = std::variant<leg::LegOpened, leg::Event>;
  // Binds the browser ports and starts the pumps; throws std::system_error naming the address that cannot be bound.
  Sessions(const Options& options, Log& log, std::function<void(Reply)> on_reply);
  ~Sessions();  // stops and joins the pumps

  void open(const leg::OpenLeg& request);   // answered by LegOpened, also on failure
  void open_video(const leg::OpenVideo& request);  // the same
  void apply(const leg::LegPlan& plan);     // starts or changes a leg; media flows once both legs have a plan
  void send_dtmf(const leg::SendDtmf& dtmf);
  void request_key_frame(const leg::RequestKeyFrame& request);
  void replace(const leg::ReplaceLeg& replace);
  void drop(const leg::DropLeg& drop);
  void close(const leg::CloseMedia& close); // always allowed; afterwards no more events of that media

  struct Counters {
    std::uint64_t open_media = 0;
    std::uint64_t packets_from_browsers = 0, packets_from_phones = 0;
    std::uint64_t dropped = 0;
  };
  Counters counters() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace w2s::media
