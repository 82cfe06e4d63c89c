#include "w2s/net/resolver.hpp"

#include <algorithm>
#include <netdb.h>
#include <stdexcept>
#include <sys/time.h>
#include <unordered_map>

#include <ares.h>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>

#include "w2s/base/bytes.hpp"
#include "w2s/base/encoding.hpp"
#include "w2s/net/deadline.hpp"
#include "w2s/net/error.hpp"

namespace w2s::net {
namespace asio = boost::asio;
namespace {

int milliseconds(Duration d) {
  return static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(d).count());
}

error_code to_error(int ares_status, int timeouts) {
  switch (ares_status) {
    case ARES_ENOTFOUND:  // c-ares 1.18 says this of silent nameservers, too
      return timeouts > 0 ? Errc::no_answer : Errc::host_not_found;
    case ARES_ENODATA:
    case ARES_EBADNAME:
    case ARES_ENONAME: return Errc::host_not_found;
    case ARES_ETIMEOUT:
    case ARES_ECONNREFUSED: return Errc::no_answer;
    default: return Errc::server_failure;
  }
}

std::vector<IpAddress> addresses_of(const ares_addrinfo& info) {
  std::vector<IpAddress> found;
  for (const auto* node = info.nodes; node != nullptr; node = node->ai_next) {
    const auto ip = Endpoint::from_sockaddr(node->ai_addr).ip;
    if (std::find(found.begin(), found.end(), ip) == found.end()) found.push_back(ip);
  }
  return found;
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

class Resolver::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::any_io_executor executor, ResolverOptions options)
      : executor_(std::move(executor)), options_(options), deadline_(executor_, [this] { on_time(); }) {}
  ~Impl() { stop(); }

  void start(const std::vector<Endpoint>& nameservers);
  void stop();
  void resolve(const std::string& host, Callback callback);

 private:
  // One socket of c-ares, watched but not owned: c-ares opens and closes it.
  struct Socket {
    explicit Socket(const asio::any_io_executor& executor) : descriptor(executor) {}
    asio::posix::stream_descriptor descriptor;
    bool want_read = false, want_write = false;
    bool reading = false, writing = false;
  };
  // What c-ares carries for one question; it may outlive its look-up, which gives up at its deadline.
  struct Query {
    Impl* impl;
    std::string host;
    std::uint64_t lookup;
  };
  struct Lookup {
    std::uint64_t id;
    Time deadline;
    std::vector<Callback> waiting;
  };

  static void on_socket_state(void* self, ares_socket_t fd, int readable, int writable);
  static void on_answer(void* query, int status, int timeouts, ares_addrinfo* info);

  void ask(const std::string& host, std::uint64_t id);
  void watch(ares_socket_t fd, bool readable, bool writable);
  void wait(ares_socket_t fd, const std::shared_ptr<Socket>& socket);
  void on_ready(ares_socket_t fd, const std::shared_ptr<Socket>& socket, bool readable);
  void on_time();
  void arm();
  void finish(const Query& query, const Result<std::vector<IpAddress>>& result);
  void answer(Lookup lookup, const Result<std::vector<IpAddress>>& result);
  void post(Callback callback, Result<std::vector<IpAddress>> result);

  asio::any_io_executor executor_;
  ResolverOptions options_;
  Deadline deadline_;
  ares_channel channel_ = nullptr;
  std::unordered_map<ares_socket_t, std::shared_ptr<Socket>> sockets_;
  std::unordered_map<std::string, Lookup> lookups_;
  std::uint64_t last_id_ = 0;
  std::size_t queries_ = 0;
  std::size_t waiting_ = 0;
};

void Resolver::Impl::start(const std::vector<Endpoint>& nameservers) {
  ares_options options{};
  options.flags = ARES_FLAG_NOSEARCH;  // a host of a SIP URI is a full name (RFC 3261 19.1.1)
  options.timeout = milliseconds(options_.try_timeout);
  options.tries = options_.tries;
  char files_then_dns[] = "fb";  // the other order would turn a nameserver's silence into "not found"
  options.lookups = files_then_dns;
  options.sock_state_cb = &Impl::on_socket_state;
  options.sock_state_cb_data = this;
  const int mask =
      ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB;
  if (const int status = ares_init_options(&channel_, &options, mask); status != ARES_SUCCESS)
    throw std::runtime_error(std::string("cannot start the resolver: ") + ares_strerror(status));
  if (nameservers.empty()) return;
  std::string list;
  for (const auto& server : nameservers) list += server_text(server) + ",";
  list += system_servers(channel_);
  if (const int status = ares_set_servers_ports_csv(channel_, list.c_str()); status != ARES_SUCCESS)
    throw std::runtime_error("cannot use the nameservers " + list + ": " + ares_strerror(status));
}

void Resolver::Impl::stop() {
  if (channel_ == nullptr) return;
  lookups_.clear();
  ares_destroy(
      std::exchange(channel_, nullptr));  // ends its queries and closes its sockets, through our callbacks
  deadline_.set(std::nullopt);
}

void Resolver::Impl::resolve(const std::string& host, Callback callback) {
  if (const auto ip = IpAddress::parse(host)) return post(std::move(callback), std::vector<IpAddress>{*ip});
  auto name = to_lower(host);
  auto found = lookups_.find(name);
  if (waiting_ >= options_.max_waiting || (found == lookups_.end() && queries_ >= options_.max_pending))
    return post(std::move(callback), error_code(Errc::too_many_lookups));
  ++waiting_;
  if (found != lookups_.end()) return found->second.waiting.push_back(std::move(callback));
  const auto id = ++last_id_;
  auto& lookup = lookups_[name];
  lookup = Lookup{id, Clock::now() + options_.lookup_deadline, {}};
  lookup.waiting.push_back(std::move(callback));
  ask(name, id);
  arm();
}

void Resolver::Impl::ask(const std::string& host, std::uint64_t id) {
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  ++queries_;
  auto query = std::make_unique<Query>(Query{this, host, id});
  // on_answer takes the query back, exactly once, perhaps inside this call.
  ares_getaddrinfo(channel_, host.c_str(), nullptr, &hints, &Impl::on_answer, query.release());
}

void Resolver::Impl::on_answer(void* argument, int status, int timeouts, ares_addrinfo* info) {
  const std::unique_ptr<Query> query(static_cast<Query*>(argument));
  const std::unique_ptr<ares_addrinfo, decltype(&ares_freeaddrinfo)> owner(info, &ares_freeaddrinfo);
  --query->impl->queries_;
  if (status != ARES_SUCCESS) return query->impl->finish(*query, to_error(status, timeouts));
  auto addresses = addresses_of(*info);
  if (addresses.empty()) return query->impl->finish(*query, error_code(Errc::host_not_found));
  query->impl->finish(*query, std::move(addresses));
}

void Resolver::Impl::finish(const Query& query, const Result<std::vector<IpAddress>>& result) {
  const auto found = lookups_.find(query.host);
  if (found == lookups_.end() || found->second.id != query.lookup) return;  // it gave up before
  auto lookup = std::move(found->second);
  lookups_.erase(found);
  answer(std::move(lookup), result);
}

void Resolver::Impl::answer(Lookup lookup, const Result<std::vector<IpAddress>>& result) {
  waiting_ -= lookup.waiting.size();
  for (auto& callback : lookup.waiting) post(std::move(callback), result);
}

void Resolver::Impl::post(Callback callback, Result<std::vector<IpAddress>> result) {
  asio::post(executor_,
             [self = weak_from_this(), callback = std::move(callback), result = std::move(result)] {
               const auto alive = self.lock();
               if (alive && alive->channel_ != nullptr) callback(result);
             });
}

void Resolver::Impl::on_socket_state(void* self, ares_socket_t fd, int readable, int writable) {
  static_cast<Impl*>(self)->watch(fd, readable != 0, writable != 0);
}

void Resolver::Impl::watch(ares_socket_t fd, bool readable, bool writable) {
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

void Resolver::Impl::wait(ares_socket_t fd, const std::shared_ptr<Socket>& socket) {
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

void Resolver::Impl::on_ready(ares_socket_t fd, const std::shared_ptr<Socket>& socket, bool readable) {
  (readable ? socket->reading : socket->writing) = false;
  const auto current = sockets_.find(fd);
  // c-ares may have closed it, and opened another one with the same number, while this was queued.
  if (channel_ == nullptr || current == sockets_.end() || current->second != socket) return;
  ares_process_fd(channel_, readable ? fd : ARES_SOCKET_BAD, readable ? ARES_SOCKET_BAD : fd);
  if (const auto still = sockets_.find(fd); still != sockets_.end() && still->second == socket)
    wait(fd, socket);
  arm();
}

void Resolver::Impl::on_time() {
  ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  const auto now = Clock::now();
  for (auto i = lookups_.begin(); i != lookups_.end();) {
    if (i->second.deadline > now) {
      ++i;
      continue;
    }
    answer(std::move(i->second), error_code(Errc::no_answer));
    i = lookups_.erase(i);
  }
  arm();
}

void Resolver::Impl::arm() {
  std::optional<Time> next;
  timeval left{};
  if (ares_timeout(channel_, nullptr, &left) != nullptr)
    next = Clock::now() + std::chrono::seconds(left.tv_sec) + std::chrono::microseconds(left.tv_usec);
  for (const auto& [host, lookup] : lookups_) next = earlier(next, lookup.deadline);
  deadline_.set(next);
}

Resolver::Resolver(asio::any_io_executor executor, std::vector<Endpoint> nameservers, ResolverOptions options)
    : impl_(std::make_shared<Impl>(std::move(executor), options)) {
  impl_->start(nameservers);
}

Resolver::~Resolver() {
  impl_->stop();
}

void Resolver::resolve(const std::string& host, Callback callback) {
  impl_->resolve(host, std::move(callback));
}

}  // namespace w2s::net
