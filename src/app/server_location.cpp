#include "server_location.hpp"

#include <algorithm>

#include "w2s/base/encoding.hpp"
#include "w2s/net/error.hpp"

namespace w2s::app {

using net::DnsQuestion;
using net::RecordType;
using sip::Transport;

namespace {

constexpr Transport network_transports[] = {Transport::udp, Transport::tcp, Transport::tls};
constexpr std::size_t most_hosts = 8;  // looked up for one request

std::uint16_t default_port(Transport t) {
  return t == Transport::tls ? 5061 : 5060;
}  // RFC 3261 19.1.2

// RFC 3263 4.1: the service of each transport in NAPTR records, and the prefix of its SRV name.
std::string_view naptr_service(Transport t) {
  return t == Transport::udp ? "SIP+D2U" : t == Transport::tcp ? "SIP+D2T" : "SIPS+D2T";
}
std::string srv_name(Transport t, const std::string& domain) {
  const auto* prefix = t == Transport::udp   ? "_sip._udp."
                       : t == Transport::tcp ? "_sip._tcp."
                                             : "_sips._tcp.";
  return prefix + domain;
}

// RFC 6724 2.1: the precedence of a destination, as far as SIP peers differ in it.
int precedence(const IpAddress& address) {
  if (address.is_v4()) return 35;
  const bool unique_local = (address.bytes()[0] & 0xfe) == 0xfc;
  return unique_local ? 3 : 40;
}

// The nameserver's silence explains more than an absence beside it.
bool is_worse(const error_code& error, const error_code& than) {
  return !than || than == net::Errc::host_not_found || error == net::Errc::no_answer;
}

template <class Record>
std::vector<Record> records_of(const net::DnsAnswer& answer) {
  std::vector<Record> records;
  for (const auto& record : answer.records) {
    if (const auto* typed = std::get_if<Record>(&record)) records.push_back(*typed);
  }
  return records;
}

}  // namespace

std::vector<net::SrvRecord> in_srv_order(std::vector<net::SrvRecord> records, Rng& rng) {
  // Those of weight 0 first: they then have a very small chance, but one (RFC 2782, "Weight").
  std::stable_sort(records.begin(), records.end(), [](const auto& a, const auto& b) {
    return std::pair(a.priority, a.weight != 0) < std::pair(b.priority, b.weight != 0);
  });
  for (auto next = records.begin(); next != records.end(); ++next) {
    std::uint32_t sum = 0;
    const auto end =
        std::find_if(next, records.end(), [&](const auto& r) { return r.priority != next->priority; });
    for (auto r = next; r != end; ++r) sum += r->weight;
    const auto chosen_sum = rng.u32() % (sum + 1);
    auto chosen = next;
    for (std::uint32_t running = chosen->weight; running < chosen_sum; running += chosen->weight) ++chosen;
    std::rotate(next, chosen, chosen + 1);
  }
  return records;
}

ServerLocation::ServerLocation(const sip::NextHop& hop, std::vector<Reach> reach, bool known_host, Rng& rng)
    : hop_(hop), reach_(std::move(reach)), known_host_(known_host), rng_(rng) {
  hop_.host = to_lower(hop_.host);
  if (hop_.host.ends_with('.')) hop_.host.pop_back();
}

bool ServerLocation::reaches(Transport transport) const {
  return std::any_of(reach_.begin(), reach_.end(), [&](const Reach& r) { return r.transport == transport; });
}

// UDP unless something names another or there is no listener for it.
Transport ServerLocation::default_transport() const {
  if (hop_.transport) return *hop_.transport;
  for (const auto transport : network_transports) {
    if (reaches(transport)) return transport;
  }
  return Transport::udp;
}

ServerLocation::Questions ServerLocation::asked(Questions questions) {
  open_ += questions.size();
  return questions;
}

ServerLocation::Questions ServerLocation::start() {
  if (hop_.port || known_host_ || IpAddress::parse(hop_.host)) return without_services();
  if (!hop_.transport || hop_.secure) return asked({{hop_.host, RecordType::naptr}});
  propose_services();
  return ask_services();
}

ServerLocation::Questions ServerLocation::on_answer(const DnsQuestion& question,
                                                    const Result<net::DnsAnswer>& answer) {
  --open_;
  if (!answer && is_worse(answer.error(), failure_)) failure_ = answer.error();
  switch (question.type) {
    case RecordType::naptr:
      if (answer) read_naptr(*answer);
      if (services_.empty()) propose_services();
      return ask_services();
    case RecordType::srv:
      for (auto& service : services_) {
        if (answer && !service.is_host && service.name == question.name) {
          service.records = records_of<net::SrvRecord>(*answer);
        }
      }
      if (open_ > 0) return {};
      read_services();
      return ask_hosts();
    case RecordType::a:
    case RecordType::aaaa:
      if (!answer) return {};
      for (const auto& address : records_of<IpAddress>(*answer)) addresses_[question.name].push_back(address);
      return {};
  }
  return {};
}

void ServerLocation::read_naptr(const net::DnsAnswer& answer) {
  auto records = records_of<net::NaptrRecord>(answer);
  std::stable_sort(records.begin(), records.end(), [](const auto& a, const auto& b) {
    return std::pair(a.order, a.preference) < std::pair(b.order, b.preference);
  });
  for (const auto& record : records) {
    for (const auto transport : network_transports) {
      // A sips URI stays with TLS; a sip URI may use it, too (RFC 3263 4.1).
      if (!iequals(record.service, naptr_service(transport)) || !reaches(transport)) continue;
      if (hop_.secure && transport != Transport::tls) continue;
      const bool is_host = iequals(record.flags, "a");
      if ((!is_host && !iequals(record.flags, "s")) || record.replacement.empty()) continue;
      if (services_.size() < most_hosts) services_.push_back({transport, record.replacement, is_host});
    }
  }
}

// Without NAPTR: the SRV names of every transport that is allowed and that we have.
void ServerLocation::propose_services() {
  for (const auto transport : network_transports) {
    if (reaches(transport) && transport == hop_.transport.value_or(transport)) {
      services_.push_back({transport, srv_name(transport, hop_.host)});
    }
  }
}

ServerLocation::Questions ServerLocation::ask_services() {
  Questions questions;
  for (const auto& service : services_) {
    const DnsQuestion question{service.name, RecordType::srv};
    if (!service.is_host && std::find(questions.begin(), questions.end(), question) == questions.end()) {
      questions.push_back(question);
    }
  }
  if (!questions.empty()) return asked(std::move(questions));
  read_services();
  return ask_hosts();
}

void ServerLocation::read_services() {
  for (auto& service : services_) {
    if (service.is_host) {
      hosts_.push_back({service.transport, service.name, default_port(service.transport), true});
    }
    for (auto& record : in_srv_order(std::move(service.records), rng_)) {
      if (record.target.empty()) {  // RFC 2782: the service is decidedly not there
        failure_ = net::Errc::host_not_found;
        declined_ = true;
      } else {
        hosts_.push_back({service.transport, std::move(record.target), record.port, true});
      }
    }
  }
  if (hosts_.size() > most_hosts) hosts_.resize(most_hosts);
}

ServerLocation::Questions ServerLocation::ask_hosts() {
  if (!hosts_.empty()) return ask_addresses();
  return declined_ ? Questions{} : without_services();
}

// RFC 3263 4.2: the host itself.
ServerLocation::Questions ServerLocation::without_services() {
  const auto transport = default_transport();
  hosts_.push_back(
      {transport, hop_.host, hop_.port.value_or(default_port(transport)), hop_.transport.has_value()});
  return ask_addresses();
}

ServerLocation::Questions ServerLocation::ask_addresses() {
  Questions questions;
  for (const auto& host : hosts_) {
    if (const auto address = IpAddress::parse(host.name)) {
      addresses_[host.name] = {*address};
      continue;
    }
    for (const bool v4 : {true, false}) {
      const DnsQuestion question{host.name, v4 ? RecordType::a : RecordType::aaaa};
      const bool useful = std::find(reach_.begin(), reach_.end(), Reach{host.transport, v4}) != reach_.end();
      if (useful && std::find(questions.begin(), questions.end(), question) == questions.end()) {
        questions.push_back(question);
      }
    }
  }
  return asked(std::move(questions));
}

std::vector<Location> ServerLocation::locations() const {
  std::vector<Location> locations;
  for (const auto& host : hosts_) {
    const auto found = addresses_.find(host.name);
    if (found == addresses_.end()) continue;
    auto addresses = found->second;
    std::stable_sort(addresses.begin(), addresses.end(),
                     [](const auto& a, const auto& b) { return precedence(a) > precedence(b); });
    for (const auto& address : addresses) {
      const Location location{host.transport, {address, host.port}, host.named};
      if (std::find(locations.begin(), locations.end(), location) == locations.end())
        locations.push_back(location);
    }
  }
  return locations;
}

error_code ServerLocation::error() const {
  if (!done() && !failure_) return net::Errc::no_answer;
  return failure_ ? failure_ : error_code(net::Errc::host_not_found);
}

}  // namespace w2s::app
