#pragma once
#include <deque>
#include <map>
#include <memory>
#include <unordered_map>
#include <variant>

#include "attempts.hpp"
#include "w2s/base/log.hpp"
#include "w2s/base/rng.hpp"
#include "w2s/base/time.hpp"
#include "w2s/breaker/breaker.hpp"
#include "w2s/leg/leg.hpp"
#include "w2s/proxy/proxy.hpp"
#include "w2s/sip/transaction_table.hpp"
#include "w2s/sip/transaction_user.hpp"

namespace w2s::app {

// What the core does to the world. The gateway does it for real, simulations on virtual time.
class Outside {
 public:
  virtual ~Outside() = default;
  virtual void transmit(const sip::Message& message, const sip::Target& target) = 0;
  // Answered by SipCore::on_route or on_route_failed, at once or later.
  virtual void find_route(const Ticket& ticket, const sip::FindRoute& wish) = 0;
  virtual void hold(const sip::HoldFlow& hold) = 0;
  virtual void open(const leg::OpenLeg& request) = 0;
  virtual void open_video(const leg::OpenVideo& request) = 0;
  virtual void apply(const leg::LegPlan& plan) = 0;
  virtual void send_dtmf(const leg::SendDtmf& dtmf) = 0;
  virtual void request_key_frame(const leg::RequestKeyFrame& request) = 0;
  virtual void replace(const leg::ReplaceLeg& replace) = 0;
  virtual void drop(const leg::DropLeg& drop) = 0;
  virtual void close(const leg::CloseMedia& close) = 0;
  // For a response whose connection is gone: `place` with our address in it; nullopt: nothing may be sent there.
  virtual std::optional<sip::Target> way_back(const sip::Target& place) = 0;
  // The address of ours, and its transport, that `peer` is told in Contact and Record-Route.
  virtual std::pair<Endpoint, sip::Transport> contact_for(const sip::Target& peer) = 0;
};

// All of SIP between the wire and the media, without I/O: transactions, dispatch, proxy and breaker.
class SipCore {
 public:
  SipCore(sip::Surroundings surroundings, breaker::Options breaker, sip::TransactionTimers timers,
          Duration server_quarantine, Rng& rng, Log& log, Outside& outside);

  void on_message(Time now, sip::Message message, const sip::Target& source);
  void on_send_failed(Time now, const sip::Target& target);
  void on_flow_closed(Time now, sip::FlowId flow);
  void on_route(Time now, const Ticket& ticket, const sip::Egress& egress);
  void on_route_failed(Time now, const Ticket& ticket, const sip::RouteFailure& failure);
  void on_leg_opened(Time now, const leg::LegOpened& opened);
  void on_media_event(Time now, const leg::Event& event);
  void on_time(Time now);
  std::optional<Time> next_time() const;
  void end_all_calls(Time now, std::string_view cause);

  std::size_t calls() const { return breaker_.calls(); }
  std::size_t call_records() const { return breaker_.records(); }
  std::size_t call_requests() const { return breaker_.requests(); }
  bool settled() const { return breaker_.settled() && internal_.empty(); }
  std::size_t proxied() const { return proxy_.pending(); }
  std::size_t bindings() const { return proxy_.bindings(); }
  std::size_t transactions() const { return transactions_.size(); }

 private:
  void handle(Time now, sip::TransactionOutputs outputs);
  template <class Output>
  void handle_users(Time now, User user, std::vector<Output> outputs) {
    for (auto& output : outputs) {
      std::visit([&](auto& o) { act(now, user, std::move(o)); }, output);
    }
  }

  // Transaction outputs.
  void act(Time now, sip::Transmit output);
  void act(Time now, sip::RequestReceived output);
  void act(Time now, sip::AckReceived output);
  void act(Time now, sip::CancelReceived output);
  void act(Time now, sip::ResponseReceived output);
  void act(Time now, sip::ClientFailed output);
  void act(Time now, sip::ServerFailed output);
  void act(Time now, sip::ClientEnded output);
  void act(Time now, sip::ServerEnded output);
  void act(Time now, sip::StrayResponse output);
  // Outputs of the users.
  void act(Time now, User user, sip::FindRoute output);
  void act(Time now, User user, sip::SendRequest output);
  void act(Time now, User user, sip::CancelRequest output);
  void act(Time now, User user, sip::Respond output);
  void act(Time now, User user, sip::HoldFlow output);
  void act(Time now, User user, leg::OpenLeg output);
  void act(Time now, User user, leg::OpenVideo output);
  void act(Time now, User user, leg::LegPlan output);
  void act(Time now, User user, leg::SendDtmf output);
  void act(Time now, User user, leg::RequestKeyFrame output);
  void act(Time now, User user, leg::ReplaceLeg output);
  void act(Time now, User user, leg::DropLeg output);
  void act(Time now, User user, leg::CloseMedia output);

  void send(Time now, const Ticket& ticket, sip::Message request, const sip::Target& target, sip::Egress egress,
            std::optional<sip::Message> kept);
  void tell_route(Time now, const Ticket& ticket, const sip::Egress& egress);
  void try_next(Time now, const Ticket& ticket, std::string_view why);
  void cancel(Time now, sip::ServerTransactionId id, const std::vector<sip::Field>& reasons);
  void deliver_internal(Time now);
  void connection_lost(Time now, sip::FlowId flow);
  bool breaker_takes(const sip::Message& invite, const proxy::Binding& browser) const;
  bool start_call_from_browser(Time now, const sip::RequestReceived& received);
  bool start_call_to_browser(Time now, const sip::RequestReceived& received);

  sip::Surroundings surroundings_;
  Rng& rng_;
  Log& log_;
  Outside& outside_;
  sip::TransactionTable transactions_;
  proxy::Proxy proxy_;
  breaker::Breaker breaker_;
  struct Holds {
    bool by_proxy = false;
    int calls = 0;
  };
  std::unordered_map<sip::FlowId, Holds> holds_;
  Attempts attempts_;
  // On its way over FlowId::internal. on_time() delivers it, so that nothing is handled within something else.
  struct Internal {
    Time since;
    sip::Message message;
    sip::Target target;
  };
  std::deque<Internal> internal_;
};

}  // namespace w2s::app
