#include "redirection.hpp"

#include <algorithm>

#include "w2s/base/encoding.hpp"

namespace w2s::breaker {

namespace {

// RFC 3261 20.10: qvalue, 0 to 1 with up to three decimals; without one it counts as 1. In thousandths.
int q_of(const sip::NameAddr& contact) {
  const auto text = contact.params.get("q");
  if (!text || text->empty()) return 1000;
  if (text->front() != '0') return 1000;
  int q = 0;
  int unit = 100;
  for (const char c : text->substr(std::min<std::size_t>(2, text->size()))) {
    if (c < '0' || c > '9') break;
    q += (c - '0') * unit;
    unit /= 10;
  }
  return q;
}

}  // namespace

Redirection::Redirection(const std::string& request_uri) : trying_(request_uri) {
  const auto uri = sip::parse_uri(request_uri);
  if (!uri) return;
  known_.push_back(*uri);
  secure_ = uri->is_sips();
}

bool Redirection::is_new(const sip::Uri& uri) const {
  return std::none_of(known_.begin(), known_.end(), [&](const auto& other) { return sip::equivalent(uri, other); });
}

void Redirection::learn(const sip::Message& response) {
  auto contacts = response.contacts();
  if (!contacts) return;
  std::stable_sort(contacts->begin(), contacts->end(), [](const auto& a, const auto& b) { return q_of(a) > q_of(b); });
  std::vector<Target> found;
  for (auto& contact : *contacts) {
    auto uri = contact.uri;
    if (contact.star || !uri.is_sip() || (secure_ && !uri.is_sips())) continue;
    uri.headers.clear();  // RFC 3261 19.1.1: neither stands in a Request-URI
    uri.params.erase("method");
    if (!is_new(uri) || known_.size() > limit) continue;
    known_.push_back(uri);
    found.push_back({std::move(uri), trying_});
  }
  waiting_.insert(waiting_.begin(), found.begin(), found.end());
}

std::optional<Redirection::Target> Redirection::next() {
  if (waiting_.empty()) return std::nullopt;
  auto target = std::move(waiting_.front());
  waiting_.pop_front();
  trying_ = target.uri.to_string();
  return target;
}

}  // namespace w2s::breaker
