#include "w2s/transport/sip_transports.hpp"

#include <algorithm>

#include "binding.hpp"
#include "connection_table.hpp"
#include "delivery.hpp"
#include "own_addresses.hpp"
#include "tcp_acceptor.hpp"
#include "udp_listener.hpp"

namespace w2s::transport {

class SipTransports::Impl {
 public:
  Impl(boost::asio::any_io_executor executor, Options options, Log& log, Handlers handlers)
      : options_(std::make_shared<const Options>(std::move(options))),
        delivery_(std::make_shared<Delivery>(executor, std::move(handlers))),
        connections_(std::make_shared<ConnectionTable>(executor, options_, log, delivery_)),
        own_(bind(executor, log), options_->public_addresses) {
    for (const auto& listener : own_.listeners())
      log.info("listening", {{"transport", sip::uri_token(listener.transport)}, {"local", listener.local}});
    for (const auto& listener : udp_) listener->start();
    for (const auto& acceptor : acceptors_) acceptor->start();
  }
  ~Impl() { stop(); }

  void stop() {
    delivery_->stop();
    for (const auto& listener : udp_) listener->close();
    for (const auto& acceptor : acceptors_) acceptor->close();
    connections_->close_all();
  }

  void send(const sip::Message& message, const sip::Target& target) {
    if (target.transport == sip::Transport::udp) return send_datagram(message.to_string(), target);
    connections_->send(on_stream(message, target), target);
  }

  OwnAddresses& own() { return own_; }
  ConnectionTable& connections() { return *connections_; }

 private:
  std::vector<Listener> bind(const boost::asio::any_io_executor& executor, Log& log) {
    std::vector<Listener> bound;
    for (const auto& listener : options_->listeners) {
      if (listener.transport == sip::Transport::udp) {
        bind_datagrams(executor, listener, bound);
      } else {
        bind_streams(executor, listener, log, bound);
      }
    }
    return bound;
  }

  void bind_datagrams(const boost::asio::any_io_executor& executor, const ListenerOptions& listener,
                      std::vector<Listener>& bound) {
    for (auto& socket : bind_udp(executor, listener)) {
      udp_.push_back(std::make_shared<UdpListener>(std::move(socket), delivery_, options_->limits));
      bound.push_back({listener.transport, udp_.back()->local()});
    }
  }

  void bind_streams(const boost::asio::any_io_executor& executor, const ListenerOptions& listener, Log& log,
                    std::vector<Listener>& bound) {
    for (auto& acceptor : bind_tcp(executor, listener)) {
      bound.push_back({listener.transport, Endpoint::from_sockaddr(acceptor.local_endpoint().data())});
      auto on_accept = [connections = connections_, transport = listener.transport](tcp::socket socket) {
        connections->accept(transport, std::move(socket));
      };
      acceptors_.push_back(std::make_shared<TcpAcceptor>(std::move(acceptor), log, std::move(on_accept)));
    }
  }

  // RFC 5923 5: a peer that can check who we are may send its requests back over the connection that we open.
  std::string on_stream(const sip::Message& message, const sip::Target& target) const {
    if (!message.is_request() || target.transport != sip::Transport::tls || target.flow != sip::FlowId::none)
      return message.to_string();
    auto via = message.top_via();
    if (!via || !connections_->can_be_aliased_as(via->host)) return message.to_string();
    via->params.set("alias", std::nullopt);
    auto aliased = message;
    aliased.replace_value(sip::HeaderId::via, 0, via->to_string());
    return aliased.to_string();
  }

  void send_datagram(const std::string& bytes, const sip::Target& target) {
    auto* listener = datagram_listener(target);
    if (listener == nullptr) return delivery_->send_failed(target);
    delivery_->sending(target, bytes);
    if (!listener->send(bytes, target.remote)) delivery_->send_failed(target);
  }

  // The socket that `target.local` names, as bound or as advertised; else the one that reaches the peer.
  UdpListener* datagram_listener(const sip::Target& target) {
    const auto find = [&](const auto& is_it) -> UdpListener* {
      const auto found = std::find_if(udp_.begin(), udp_.end(), is_it);
      return found != udp_.end() ? found->get() : nullptr;
    };
    const auto& local = target.local;
    if (local.ip.is_v4() == target.remote.ip.is_v4()) {
      if (auto* bound = find([&](const auto& u) { return u->local() == local; })) return bound;
    }
    const auto* listener = own_.listener_towards(sip::Transport::udp, target.remote.ip, Clock::now());
    if (listener == nullptr) return nullptr;
    // Several may share one public address: the one that reaches the peer, if it is among them.
    const auto names = [&](const Endpoint& e) { return Endpoint{own_.advertised(e.ip), e.port} == local; };
    if (!names(listener->local)) {
      auto* advertised = find([&](const auto& u) {
        return names(u->local()) && u->local().ip.is_v4() == target.remote.ip.is_v4();
      });
      if (advertised != nullptr) return advertised;
    }
    return find([&](const auto& u) { return u->local() == listener->local; });
  }

  std::shared_ptr<const Options> options_;
  std::shared_ptr<Delivery> delivery_;
  std::shared_ptr<ConnectionTable> connections_;
  std::vector<std::shared_ptr<UdpListener>> udp_;
  std::vector<std::shared_ptr<TcpAcceptor>> acceptors_;
  OwnAddresses own_;
};

SipTransports::SipTransports(boost::asio::any_io_executor executor, Options options, Log& log,
                             Handlers handlers)
    : impl_(std::make_unique<Impl>(std::move(executor), std::move(options), log, std::move(handlers))) {}

SipTransports::~SipTransports() {
  impl_->stop();
}

const std::vector<Listener>& SipTransports::listeners() const {
  return impl_->own().listeners();
}

bool SipTransports::is_own_address(const Endpoint& endpoint) const {
  return impl_->own().contains(endpoint);
}

bool SipTransports::is_own_host(std::string_view host, std::optional<std::uint16_t> port) const {
  return impl_->own().contains_host(host, port);
}

std::optional<Endpoint> SipTransports::local_for(sip::Transport transport, const IpAddress& remote) const {
  return impl_->own().towards(transport, remote, Clock::now());
}

IpAddress SipTransports::advertised(const IpAddress& local) const {
  return impl_->own().advertised(local);
}

std::optional<sip::Target> SipTransports::flow_target(sip::FlowId flow) const {
  const auto* connection = impl_->connections().find_open(flow);
  return connection != nullptr ? std::optional(connection->peer()) : std::nullopt;
}

bool SipTransports::is_open(sip::FlowId flow) const {
  return impl_->connections().find_open(flow) != nullptr;
}

void SipTransports::send(const sip::Message& message, const sip::Target& target) {
  impl_->send(message, target);
}

void SipTransports::hold(sip::FlowId flow, bool held) {
  impl_->connections().hold(flow, held);
}

void SipTransports::close(sip::FlowId flow) {
  impl_->connections().close(flow);
}

void SipTransports::reload_certificates() {
  impl_->connections().reload_certificates();
}

void SipTransports::stop() {
  impl_->stop();
}

}  // namespace w2s::transport
