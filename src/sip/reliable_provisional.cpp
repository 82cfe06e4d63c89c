#include "w2s/sip/reliable_provisional.hpp"

#include "w2s/base/encoding.hpp"

#include "grammar.hpp"
#include "scanner.hpp"

namespace w2s::sip {
namespace {

constexpr Duration t1 = 500ms;  // RFC 3262 3: repeated from T1 on, doubling, for 64*T1

// RFC 3262 3: the first number is between 1 and 2**31 - 1.
std::uint32_t first_rseq(Rng& rng) {
  return (rng.u32() & 0x3fffffff) + 1;
}

std::optional<std::uint32_t> response_number(std::string_view text) {
  const auto number = parse_number<std::uint32_t>(text);
  return number && *number > 0 ? number : std::nullopt;
}

std::optional<std::uint32_t> rseq_of(const Message& response) {
  return response_number(trim(response.get(HeaderId::rseq).value_or("")));
}

}  // namespace

std::string RAck::to_string() const {
  return std::to_string(rseq) + ' ' + cseq.to_string();
}

Result<RAck> parse_rack(std::string_view value) {
  Scanner in(trim_blanks(value));
  const auto rseq = response_number(in.take_while(chars::digit));
  if (!rseq || !in.skip_blanks()) return Errc::bad_cseq;
  auto cseq = parse_cseq(in.rest());
  if (!cseq) return cseq.error();
  return RAck{*rseq, std::move(*cseq)};
}

std::optional<std::uint32_t> reliable_number(const Message& response) {
  const bool provisional = response.status() > 100 && response.status() < 200;
  if (!provisional || !response.has_option(HeaderId::require, "100rel")) return std::nullopt;
  return rseq_of(response);
}

std::optional<Message> ReliableResponses::send(Time now, Message response, Rng& rng) {
  last_rseq_ = last_rseq_ ? *last_rseq_ + 1 : first_rseq(rng);
  response.append(HeaderId::require, "100rel");
  response.append(HeaderId::rseq, std::to_string(*last_rseq_));
  if (awaited_) {
    queue_.push_back(std::move(response));
    return std::nullopt;
  }
  return start(now, std::move(response));
}

Message ReliableResponses::start(Time now, Message response) {
  awaited_ = std::move(response);
  repeats_ = true;
  interval_ = t1;
  next_ = now + interval_;
  deadline_ = now + 64 * t1;
  return *awaited_;
}

ReliableResponses::Acknowledged ReliableResponses::acknowledge(Time now, const RAck& rack) {
  if (!awaited_ || rseq_of(*awaited_) != rack.rseq || *awaited_->cseq() != rack.cseq) return {};
  awaited_.reset();
  if (!repeats_ || queue_.empty()) return {true, {}};
  auto next = std::move(queue_.front());
  queue_.pop_front();
  return {true, start(now, std::move(next))};
}

void ReliableResponses::stop() {
  repeats_ = false;
  queue_.clear();
}

bool ReliableResponses::description_unacknowledged() const {
  if (!awaited_ || !repeats_) return false;
  if (!awaited_->body().empty()) return true;
  for (const auto& waiting : queue_) {
    if (!waiting.body().empty()) return true;
  }
  return false;
}

std::optional<Message> ReliableResponses::on_time(Time now) {
  if (!awaited_ || !repeats_ || now < next_ || now >= deadline_) return std::nullopt;
  interval_ *= 2;
  next_ = std::min(now + interval_, deadline_);
  return awaited_;
}

std::optional<Time> ReliableResponses::next_time() const {
  if (!awaited_ || !repeats_) return std::nullopt;
  return next_;
}

bool ReliableOrder::take(std::uint32_t rseq) {
  if (last_ && rseq != *last_ + 1) return false;
  last_ = rseq;
  return true;
}

}  // namespace w2s::sip
