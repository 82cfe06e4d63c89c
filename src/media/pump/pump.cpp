#include "media/pump/pump.hpp"

#include <array>
#include <cerrno>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace w2s::media {
namespace {

// DTLS retransmission, consent, RTCP, media timeout and DTMF all live with this grain.
constexpr auto tick = std::chrono::milliseconds(10);

constexpr unsigned phone_batch = 8;  // packets of one phone per pass; more than that waits for the next

// Overloads for std::visit.
template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};

}  // namespace

Pump::Epoll::Epoll() : fd_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (fd_ < 0) throw std::system_error(errno, std::system_category(), "cannot make an epoll");
}

Pump::Epoll::~Epoll() {
  ::close(fd_);
}

bool Pump::Epoll::add(int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  return ::epoll_ctl(fd_, EPOLL_CTL_ADD, fd, &event) == 0;
}

Pump::Pump(unsigned index, const Options& options, Log& log, std::function<void(Sessions::Reply)> on_reply)
    : options_(options),
      log_(log),
      on_reply_(std::move(on_reply)),
      browser_port_(options,
                    static_cast<std::uint16_t>(options.ice_port == 0 ? 0 : options.ice_port + index)),
      context_{options_,
               log_,
               rng_,
               browser_port_,
               dtls_,
               counters_,
               [this](leg::Event event) { on_reply_(std::move(event)); }},
      table_(context_, *this) {
  watch_own(commands_.fd());
  for (const int fd : browser_port_.descriptors()) watch_own(fd);
  thread_ = std::thread([this] { run(); });
}

Pump::~Pump() {
  push(Stop{});
  thread_.join();
}

void Pump::watch_own(int fd) {
  if (!epoll_.add(fd)) throw std::system_error(errno, std::system_category(), "cannot watch a socket");
}

bool Pump::watch(int fd, PhoneLeg& leg, Use use) {
  if (!epoll_.add(fd)) return false;
  watched_[fd] = {&leg, use};
  return true;
}

// The kernel takes a descriptor out of the epoll when it is closed, which follows at once.
void Pump::unwatch(int fd) {
  watched_.erase(fd);
}

void Pump::run() {
  std::array<epoll_event, 64> events;
  while (!stopping_) {
    const int count = ::epoll_wait(epoll_.fd(), events.data(), static_cast<int>(events.size()),
                                   wait_milliseconds(Clock::now()));
    const auto now = Clock::now();
    for (int i = 0; i < count; ++i) on_readable(now, events[static_cast<std::size_t>(i)].data.fd);
    browser_port_.flush();
    arena_.reset();
    if (now < next_tick_) continue;
    next_tick_ = now + tick;
    table_.on_time(now);
  }
}

int Pump::wait_milliseconds(Time now) const {
  if (table_.empty()) return -1;
  if (now >= next_tick_) return 0;
  return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(next_tick_ - now).count());
}

void Pump::on_readable(Time now, int fd) {
  if (fd == commands_.fd()) {
    commands_.take(taken_);
    for (auto& command : taken_) carry_out(now, command);
    return;
  }
  // The descriptor of a leg closed earlier in this pass may by now be any other socket of the process: hands
  // off.
  if (const auto found = watched_.find(fd); found != watched_.end())
    read_phone(now, fd, found->second);
  else if (browser_port_.owns(fd))
    read_browsers(now, fd);
}

void Pump::read_browsers(Time now, int fd) {
  for (auto& received : browser_port_.receive(fd))
    table_.on_browser_datagram(now, received.path, received.packet);
  browser_port_.flush();  // from one browser to another: the buffers are used again at the next read
}

void Pump::read_phone(Time now, int fd, const Watched& watched) {
  if (!arena_.has_room_for(phone_batch)) {
    browser_port_.flush();
    arena_.reset();
  }
  const auto buffers = arena_.peek(phone_batch);
  std::array<iovec, phone_batch> octets;
  std::array<sockaddr_storage, phone_batch> sources;
  std::array<mmsghdr, phone_batch> headers{};
  for (unsigned i = 0; i < phone_batch; ++i) {
    octets[i] = {buffers[i].data(), buffers[i].size()};
    headers[i].msg_hdr.msg_name = &sources[i];
    headers[i].msg_hdr.msg_namelen = sizeof sources[i];
    headers[i].msg_hdr.msg_iov = &octets[i];
    headers[i].msg_hdr.msg_iovlen = 1;
  }
  const int count = ::recvmmsg(fd, headers.data(), phone_batch, MSG_DONTWAIT, nullptr);
  if (count <= 0) return;
  const auto received = static_cast<std::size_t>(count);
  arena_.use(received);
  for (std::size_t i = 0; i < received; ++i) {
    if ((headers[i].msg_hdr.msg_flags & MSG_TRUNC) != 0) continue;
    const auto source = Endpoint::from_sockaddr(reinterpret_cast<const sockaddr*>(&sources[i]));
    Packet packet{buffers[i], headers[i].msg_len};
    if (watched.use.rtcp)
      watched.leg->on_rtcp_datagram(now, watched.use.stream, source, packet.bytes());
    else
      watched.leg->on_rtp_datagram(now, watched.use.stream, source, packet);
  }
}

void Pump::carry_out(Time now, Command& command) {
  std::visit(Overloaded{
                 [&](const leg::OpenLeg& open) { on_reply_(table_.open(open)); },
                 [&](const leg::OpenVideo& open) { on_reply_(table_.open_video(open)); },
                 [&](const leg::LegPlan& plan) { table_.apply(now, plan); },
                 [&](const leg::SendDtmf& dtmf) { table_.send_dtmf(now, dtmf); },
                 [&](const leg::RequestKeyFrame& request) { table_.request_key_frame(now, request); },
                 [&](const leg::ReplaceLeg& replace) { table_.replace(now, replace); },
                 [&](const leg::DropLeg& drop) { table_.drop(drop); },
                 [&](const leg::CloseMedia& close) { table_.close(close.media); },
                 [&](const Stop&) { stopping_ = true; },
             },
             command);
}

}  // namespace w2s::media
