#include "w2s/net/resolver.hpp"

#include <map>

#include <boost/asio/post.hpp>

#include "w2s/net/error.hpp"

#include "dns_cache.hpp"
#include "dns_channel.hpp"
#include "hosts_file.hpp"

namespace w2s::net {
namespace asio = boost::asio;

class Resolver::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::any_io_executor executor, ResolverOptions options)
      : executor_(executor),
        options_(std::move(options)),
        channel_(std::make_shared<DnsChannel>(
            executor, DnsChannel::Options{options_.try_timeout, options_.tries, options_.system_servers})),
        hosts_(options_.hosts_file),
        deadline_(std::move(executor), [this] { on_time(); }) {}

  void start(const std::vector<Endpoint>& nameservers) { channel_->start(nameservers); }
  void stop();
  std::optional<Outcome> known(const DnsQuestion& question);
  void ask(const DnsQuestion& question, Callback callback);
  bool is_in_hosts_file(const std::string& name) { return hosts_.find(name) != nullptr; }

 private:
  struct Pending {
    Time deadline;
    std::vector<Callback> waiting;
  };
  void on_answer(const DnsQuestion& question, Outcome outcome);
  void on_time();
  void answer(Pending pending, const Outcome& outcome);
  void post(Callback callback, Outcome outcome);

  asio::any_io_executor executor_;
  ResolverOptions options_;
  std::shared_ptr<DnsChannel> channel_;
  HostsFile hosts_;
  DnsCache cache_;
  Deadline deadline_;
  std::map<DnsQuestion, Pending> pending_;
  std::size_t waiting_ = 0;
  bool stopped_ = false;
};

void Resolver::Impl::stop() {
  stopped_ = true;
  pending_.clear();
  channel_->stop();
  deadline_.set(std::nullopt);
}

std::optional<Resolver::Outcome> Resolver::Impl::known(const DnsQuestion& question) {
  const bool wants_v4 = question.type == RecordType::a;
  if (wants_v4 || question.type == RecordType::aaaa) {
    if (const auto* addresses = hosts_.find(question.name)) {
      DnsAnswer answer;
      for (const auto& address : *addresses)
        if (address.is_v4() == wants_v4) answer.records.emplace_back(address);
      return answer;
    }
  }
  if (const auto* cached = cache_.find(Clock::now(), question)) return *cached;
  return std::nullopt;
}

void Resolver::Impl::ask(const DnsQuestion& question, Callback callback) {
  if (auto outcome = known(question)) return post(std::move(callback), std::move(*outcome));
  auto found = pending_.find(question);
  // A question that we gave up on counts as long as c-ares is busy with it.
  if (waiting_ >= options_.max_waiting ||
      (found == pending_.end() && channel_->under_way() >= options_.max_pending))
    return post(std::move(callback), error_code(Errc::too_many_lookups));
  ++waiting_;
  if (found != pending_.end()) return found->second.waiting.push_back(std::move(callback));
  auto& pending = pending_[question];
  pending.deadline = Clock::now() + options_.question_limit;
  pending.waiting.push_back(std::move(callback));
  if (!deadline_.due()) deadline_.set(pending.deadline);  // the others end before
  channel_->ask(question, [this, question](Outcome outcome) { on_answer(question, std::move(outcome)); });
}

void Resolver::Impl::on_answer(const DnsQuestion& question, Outcome outcome) {
  // A failure that nobody waits for says less than what is known by now.
  const auto found = pending_.find(question);
  if (outcome || found != pending_.end()) cache_.store(Clock::now(), question, outcome);
  if (found == pending_.end()) return;
  auto pending = std::move(found->second);
  pending_.erase(found);
  answer(std::move(pending), outcome);
}

void Resolver::Impl::on_time() {
  const auto now = Clock::now();
  for (auto i = pending_.begin(); i != pending_.end();) {
    if (i->second.deadline > now) {
      ++i;
      continue;
    }
    const Outcome failure = error_code(Errc::no_answer);
    cache_.store(now, i->first, failure);
    answer(std::move(i->second), failure);
    i = pending_.erase(i);
  }
  std::optional<Time> next;
  for (const auto& [question, pending] : pending_) next = earlier(next, pending.deadline);
  deadline_.set(next);
}

void Resolver::Impl::answer(Pending pending, const Outcome& outcome) {
  waiting_ -= pending.waiting.size();
  for (auto& callback : pending.waiting) post(std::move(callback), outcome);
}

void Resolver::Impl::post(Callback callback, Outcome outcome) {
  asio::post(executor_,
             [self = weak_from_this(), callback = std::move(callback), outcome = std::move(outcome)] {
               const auto alive = self.lock();
               if (alive && !alive->stopped_) callback(outcome);
             });
}

Resolver::Resolver(asio::any_io_executor executor, std::vector<Endpoint> nameservers, ResolverOptions options)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(options))) {
  impl_->start(nameservers);
}

Resolver::~Resolver() {
  impl_->stop();
}

std::optional<Resolver::Outcome> Resolver::known(const DnsQuestion& question) {
  return impl_->known(question);
}

void Resolver::ask(const DnsQuestion& question, Callback callback) {
  impl_->ask(question, std::move(callback));
}

bool Resolver::is_in_hosts_file(const std::string& name) {
  return impl_->is_in_hosts_file(name);
}

}  // namespace w2s::net
