#include "dns_channel.hpp"

#include <algorithm>
#include <arpa/nameser.h>
#include <stdexcept>
#include <sys/time.h>

#include <ares.h>

#include "w2s/net/error.hpp"

namespace w2s::net {
namespace asio = boost::asio;
namespace {

int milliseconds(Duration d) {
  return static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(d).count());
}

error_code to_error(int ares_status, int timeouts) {
  switch (ares_status) {
    case ARES_EBADNAME: return Errc::host_not_found;
    case ARES_ETIMEOUT: return Errc::no_answer;
    // c-ares 1.18 says this whatever each nameserver did: kept silent, refused, or had a failure of its own.
    case ARES_ECONNREFUSED: return timeouts > 0 ? Errc::no_answer : Errc::server_failure;
    default: return Errc::server_failure;
  }
}

std::string server_text(const Endpoint& server) {
  return Endpoint{server.ip, server.port != 0 ? server.port : std::uint16_t{53}}.to_string();
}

// What c-ares found in the system's configuration, as ares_set_servers_ports_csv reads it.
std::string system_servers(ares_channel channel) {
  ares_addr_port_node* servers = nullptr;
  if (ares_get_servers_ports(channel, &servers) != ARES_SUCCESS) return {};
  std::string list;
  for (const auto* s = servers; s != nullptr; s = s->next) {
    Endpoint server;
    if (s->family == AF_INET) {
      server.ip = IpAddress::v4(load_be32(reinterpret_cast<const std::uint8_t*>(&s->addr.addr4)));
    } else {
      std::array<std::uint8_t, 16> bytes;
      std::copy_n(reinterpret_cast<const std::uint8_t*>(&s->addr.addr6), 16, bytes.begin());
      server.ip = IpAddress::v6(bytes);
    }
    server.port = static_cast<std::uint16_t>(s->udp_port);
    list += (list.empty() ? "" : ",") + server_text(server);
  }
  ares_free_data(servers);
  return list;
}

}  // namespace

DnsChannel::DnsChannel(asio::any_io_executor executor, Options options)
    : executor_(std::move(executor)), options_(options), deadline_(executor_, [this] { on_time(); }) {}

void DnsChannel::start(const std::vector<Endpoint>& nameservers) {
  ares_options options{};
  options.flags = ARES_FLAG_NOSEARCH;  // a host of a SIP URI is a full name (RFC 3261 19.1.1)
  options.timeout = milliseconds(options_.try_timeout);
  options.tries = options_.tries;
  options.sock_state_cb = &DnsChannel::on_socket_state;
  options.sock_state_cb_data = this;
  const int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
  if (const int status = ares_init_options(&channel_, &options, mask); status != ARES_SUCCESS)
    throw std::runtime_error(std::string("cannot start the resolver: ") + ares_strerror(status));
  if (nameservers.empty()) return;
  std::string list;
  for (const auto& server : nameservers) list += server_text(server) + ",";
  if (options_.system_servers) list += system_servers(channel_);
  if (const int status = ares_set_servers_ports_csv(channel_, list.c_str()); status != ARES_SUCCESS)
    throw std::runtime_error("cannot use the nameservers " + list + ": " + ares_strerror(status));
}

void DnsChannel::stop() {
  if (channel_ == nullptr) return;
  // Ends its queries and closes its sockets, through our callbacks.
  ares_destroy(std::exchange(channel_, nullptr));
  deadline_.set(std::nullopt);
}

void DnsChannel::ask(const DnsQuestion& question, Done done) {
  ++under_way_;
  auto query = std::make_unique<Query>(Query{this, question, std::move(done)});
  // on_answer takes the query back, exactly once, perhaps inside this call.
  ares_query(channel_, question.name.c_str(), ns_c_in, static_cast<int>(question.type),
             &DnsChannel::on_answer, query.release());
  arm();
}

// c-ares hands over the message itself whenever there was one: its own readers would drop the TTLs of SRV and
// NAPTR.
void DnsChannel::on_answer(void* argument, int status, int timeouts, unsigned char* bytes, int size) {
  const std::unique_ptr<Query> query(static_cast<Query*>(argument));
  --query->channel->under_way_;
  if (status == ARES_EDESTRUCTION || status == ARES_ECANCELLED) return;
  if (bytes == nullptr) return query->done(to_error(status, timeouts));
  query->done(parse_dns_answer({bytes, static_cast<std::size_t>(size)}, query->question));
}

void DnsChannel::on_socket_state(void* self, int fd, int readable, int writable) {
  static_cast<DnsChannel*>(self)->watch(fd, readable != 0, writable != 0);
}

void DnsChannel::watch(int fd, bool readable, bool writable) {
  auto& socket = sockets_[fd];
  if (!readable && !writable) {  // c-ares closes it next
    if (socket) {
      socket->want_read = socket->want_write = false;
      socket->descriptor.release();
    }
    sockets_.erase(fd);
    return;
  }
  if (!socket) {
    socket = std::make_shared<Socket>(executor_);
    socket->descriptor.assign(fd);
  }
  socket->want_read = readable;
  socket->want_write = writable;
  wait(fd, socket);
}

void DnsChannel::wait(int fd, const std::shared_ptr<Socket>& socket) {
  const auto start = [&](bool& busy, asio::posix::descriptor_base::wait_type type, bool readable) {
    busy = true;
    socket->descriptor.async_wait(type, [self = weak_from_this(), fd, socket, readable](error_code error) {
      const auto alive = self.lock();
      if (alive && !error) alive->on_ready(fd, socket, readable);
    });
  };
  if (socket->want_read && !socket->reading)
    start(socket->reading, asio::posix::descriptor_base::wait_read, true);
  if (socket->want_write && !socket->writing)
    start(socket->writing, asio::posix::descriptor_base::wait_write, false);
}

void DnsChannel::on_ready(int fd, const std::shared_ptr<Socket>& socket, bool readable) {
  (readable ? socket->reading : socket->writing) = false;
  const auto current = sockets_.find(fd);
  // c-ares may have closed it, and opened another one with the same number, while this was queued.
  if (channel_ == nullptr || current == sockets_.end() || current->second != socket) return;
  ares_process_fd(channel_, readable ? fd : ARES_SOCKET_BAD, readable ? ARES_SOCKET_BAD : fd);
  if (const auto still = sockets_.find(fd); still != sockets_.end() && still->second == socket)
    wait(fd, socket);
  arm();
}

void DnsChannel::on_time() {
  ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  arm();
}

void DnsChannel::arm() {
  if (channel_ == nullptr) return;
  timeval left{};
  if (ares_timeout(channel_, nullptr, &left) == nullptr) return deadline_.set(std::nullopt);
  deadline_.set(Clock::now() + std::chrono::seconds(left.tv_sec) + std::chrono::microseconds(left.tv_usec));
}

}  // namespace w2s::net
