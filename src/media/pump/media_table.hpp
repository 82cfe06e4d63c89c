#pragma once
#include <array>
#include <memory>
#include <string>
#include <unordered_map>

#include "w2s/base/keyed_hash.hpp"

#include "media/ice/stun_responder.hpp"
#include "media/leg_context.hpp"
#include "media/phone_leg.hpp"
#include "media/web_leg.hpp"

namespace w2s::media {

// Where a pump registers the sockets of phone legs with its epoll.
class SocketWatcher {
 public:
  struct Use {
    leg::MediaType stream = leg::MediaType::audio;
    bool rtcp = false;
  };
  virtual ~SocketWatcher() = default;
  virtual bool watch(int fd, PhoneLeg& leg, Use use) = 0;  // false: the system's limit is reached
  virtual void unwatch(int fd) = 0;
};

// The calls of one pump: carries out what the control thread asks, and finds the leg that a browser's packet
// is for.
class MediaTable {
 public:
  MediaTable(LegContext& context, SocketWatcher& watcher);
  ~MediaTable();

  leg::LegOpened open(const leg::OpenLeg& request);
  leg::LegOpened open_video(const leg::OpenVideo& request);
  void apply(Time now, const leg::LegPlan& plan);
  void send_dtmf(Time now, const leg::SendDtmf& dtmf);
  void request_key_frame(Time now, const leg::RequestKeyFrame& request);
  // See leg::ReplaceLeg and leg::DropLeg; nothing happens when there is no spare leg of that number.
  void replace(Time now, const leg::ReplaceLeg& replace);
  void drop(const leg::DropLeg& drop);
  void close(leg::MediaId media);

  void on_browser_datagram(Time now, const ice::Path& path, Packet& packet);
  void on_time(Time now);
  bool empty() const { return media_.empty(); }

 private:
  // One leg, as what it is; a web leg is also in by_ufrag_ and by_source_.
  struct Place {
    std::unique_ptr<Leg> leg;
    WebLeg* web = nullptr;
    PhoneLeg* phone = nullptr;
  };
  // The two legs of one call, and what is to take their places.
  struct Media {
    std::array<Place, 2> legs;
    std::array<Place, 2> spares;
  };

  leg::LegOpened open_web(const leg::OpenLeg& request, Place& place);
  leg::LegOpened open_phone(const leg::OpenLeg& request, Place& place);
  std::string add_video(PhoneLeg& leg);
  Leg* find(leg::MediaId media, leg::Side side) const;
  Place* find_spare(leg::MediaId media, leg::Side side, leg::LegNumber number);
  void close_leg(Media& media, std::size_t side);
  void clear(Place& place);
  void index_ufrags(WebLeg& leg);
  void forget_ufrags(const WebLeg& leg);
  void forget_source(const Endpoint& source, const WebLeg& leg);
  bool watch(PhoneLeg& leg, leg::MediaType stream);
  void unwatch(const PhoneLeg& leg);
  void unwatch(const PhoneLeg& leg, leg::MediaType stream);
  void on_stun(Time now, const ice::Path& path, ByteView datagram);
  void count_drop();

  LegContext& context_;
  SocketWatcher& watcher_;
  PortPool ports_;
  ice::StunResponder responder_;
  std::unordered_map<leg::MediaId, Media> media_;
  std::unordered_map<std::string, WebLeg*, KeyedHash, std::equal_to<>> by_ufrag_;
  std::unordered_map<Endpoint, WebLeg*, KeyedHash> by_source_;
};

}  // namespace w2s::media
