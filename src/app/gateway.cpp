#include "gateway.hpp"

#include <boost/asio/post.hpp>

#include "options.hpp"
#include "route_finder.hpp"
#include "sip_core.hpp"
#include "w2s/net/deadline.hpp"
#include "wire_log.hpp"

namespace w2s::app {

namespace {

constexpr Duration stop_limit = 2s;

}  // namespace

class Gateway::Impl final : public Outside, public std::enable_shared_from_this<Gateway::Impl> {
 public:
  Impl(boost::asio::io_context& io, const config::Config& config, Log& log)
      : io_(io),
        log_(log),
        outbound_proxy_(outbound_proxy(config)),
        resolver_(io.get_executor(), name_servers(config)),
        transports_(io.get_executor(), transport_options(config), log, handlers()),
        routes_(io.get_executor(), resolver_, transports_, allow_destination(config), outbound_proxy_, log),
        core_(surroundings(), breaker_options(config), {}, config.server_quarantine, rng_, log, *this),
        media_(media_options(config), log, [this](media::Sessions::Reply reply) { post_reply(std::move(reply)); }),
        deadline_(io.get_executor(), [this] { tick(); }) {}

  void stop() {
    if (stopping_) return;
    stopping_ = Clock::now() + stop_limit;
    log_.info("stopping", {{"calls", core_.calls()}});
    core_.end_all_calls(Clock::now(), "the gateway stops");
    tick();
  }

  void reload_certificates() { transports_.reload_certificates(); }

 private:
  // ---- Outside ----
  void transmit(const sip::Message& message, const sip::Target& target) override { transports_.send(message, target); }

  void find_route(const Ticket& ticket, const sip::FindRoute& wish) override {
    const bool to_browser = wish.hop.flow != sip::FlowId::none;
    routes_.find(wish.hop, wish.call_id, [this, ticket, to_browser, source = wish.source](RouteFinder::Outcome outcome) {
      if (auto* egress = std::get_if<sip::Egress>(&outcome)) {
        // Towards a browser the proxy's Record-Route and Contact name the listener that the network side talks to.
        if (to_browser && ticket.user == User::proxy) {
          std::tie(egress->contact, egress->contact_transport) = contact_for(source);
        }
        core_.on_route(Clock::now(), ticket, *egress);
      } else {
        core_.on_route_failed(Clock::now(), ticket, std::get<sip::RouteFailure>(outcome));
      }
      rearm();
    });
  }

  void hold(const sip::HoldFlow& hold) override { transports_.hold(hold.flow, hold.held); }
  void open(const leg::OpenLeg& request) override { media_.open(request); }
  void open_video(const leg::OpenVideo& request) override { media_.open_video(request); }
  void apply(const leg::LegPlan& plan) override { media_.apply(plan); }
  void send_dtmf(const leg::SendDtmf& dtmf) override { media_.send_dtmf(dtmf); }
  void request_key_frame(const leg::RequestKeyFrame& request) override { media_.request_key_frame(request); }
  void replace(const leg::ReplaceLeg& replace) override { media_.replace(replace); }
  void drop(const leg::DropLeg& drop) override { media_.drop(drop); }
  void close(const leg::CloseMedia& close) override { media_.close(close); }
  std::optional<sip::Target> way_back(const sip::Target& place) override { return routes_.way_back(place); }
  std::pair<Endpoint, sip::Transport> contact_for(const sip::Target& peer) override {
    return routes_.contact_for(peer.remote.ip);
  }

  // ---- wiring ----
  static std::vector<Endpoint> name_servers(const config::Config& config) {
    std::vector<Endpoint> servers;
    for (const auto& address : config.nameservers) servers.push_back({address, 53});
    return servers;
  }

  sip::Surroundings surroundings() {
    sip::Surroundings result;
    result.is_own = [this](const sip::Uri& uri) { return transports_.is_own_host(uri.host, uri.port); };
    result.is_open = [this](sip::FlowId flow) { return transports_.is_open(flow); };
    result.outbound_proxy = outbound_proxy_;
    result.advertised = [this](const IpAddress& local) { return transports_.advertised(local); };
    return result;
  }

  transport::Handlers handlers() {
    transport::Handlers result;
    result.on_message = [this](sip::Message message, const sip::Target& source) {
      core_.on_message(Clock::now(), std::move(message), source);
      rearm();
    };
    result.on_broken = [this](error_code error, const sip::Target& source) {
      log_.debug("message.broken", {{"source", source.remote}, {"error", error.message()}});
    };
    result.on_flow_closed = [this](sip::FlowId flow) {
      core_.on_flow_closed(Clock::now(), flow);
      rearm();
    };
    result.on_send_failed = [this](const sip::Target& target) {
      core_.on_send_failed(Clock::now(), target);
      rearm();
    };
    if (log_.enabled(LogLevel::trace)) {
      result.on_wire = [this](bool outgoing, const sip::Target& peer, std::string_view bytes) {
        log_.write(LogLevel::trace, outgoing ? "sip.out" : "sip.in",
                   {{"peer", peer.remote}, {"message", without_secrets(bytes)}});
      };
    }
    return result;
  }

  // Runs on a pump's thread; the answer is handled on ours, if we still exist by then.
  void post_reply(media::Sessions::Reply reply) {
    boost::asio::post(io_, [weak = weak_from_this(), reply = std::move(reply)] {
      if (const auto self = weak.lock()) self->on_reply(reply);
    });
  }

  void on_reply(const media::Sessions::Reply& reply) {
    if (const auto* opened = std::get_if<leg::LegOpened>(&reply)) core_.on_leg_opened(Clock::now(), *opened);
    else core_.on_media_event(Clock::now(), std::get<leg::Event>(reply));
    rearm();
  }

  void tick() {
    const auto now = Clock::now();
    core_.on_time(now);
    if (stopping_ && (core_.settled() || now >= *stopping_)) {
      transports_.stop();
      deadline_.set(std::nullopt);
      io_.stop();
      return;
    }
    rearm();
  }

  void rearm() {
    if (stopping_ && core_.settled()) deadline_.set(Clock::now());
    else deadline_.set(earlier(core_.next_time(), stopping_));
  }

  boost::asio::io_context& io_;
  Log& log_;
  SystemRng rng_;
  std::optional<Time> stopping_;
  std::optional<sip::NextHop> outbound_proxy_;
  net::Resolver resolver_;
  transport::SipTransports transports_;
  RouteFinder routes_;
  SipCore core_;
  media::Sessions media_;
  net::Deadline deadline_;
};

Gateway::Gateway(boost::asio::io_context& io, const config::Config& config, Log& log)
    : impl_(std::make_shared<Impl>(io, config, log)) {}
Gateway::~Gateway() = default;
void Gateway::stop() { impl_->stop(); }
void Gateway::reload_certificates() { impl_->reload_certificates(); }

}  // namespace w2s::app
