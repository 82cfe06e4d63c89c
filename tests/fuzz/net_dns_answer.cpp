// Whatever a nameserver sends is an answer or an error; an answer has records of the type asked for and no
// huge names. The same bytes are read as a hosts file, too.
#include <cstdlib>

#include "w2s/net/dns.hpp"

#include "net/hosts_file.hpp"

using namespace w2s;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const net::DnsQuestion& question, const net::DnsRecord& record) {
  const auto name_fits = [](const std::string& name) { return name.size() <= 4 * 255; };
  if (const auto* ip = std::get_if<IpAddress>(&record)) {
    require(question.type == (ip->is_v4() ? net::RecordType::a : net::RecordType::aaaa));
  } else if (const auto* srv = std::get_if<net::SrvRecord>(&record)) {
    require(question.type == net::RecordType::srv && name_fits(srv->target));
  } else {
    require(question.type == net::RecordType::naptr &&
            name_fits(std::get<net::NaptrRecord>(record).replacement));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  for (const auto type :
       {net::RecordType::a, net::RecordType::aaaa, net::RecordType::srv, net::RecordType::naptr}) {
    const net::DnsQuestion question{"example.org", type};
    const auto answer = net::parse_dns_answer(bytes, question);
    if (!answer) continue;
    require(answer->records.size() <= 32);
    for (const auto& record : answer->records) check(question, record);
  }
  for (const auto& [name, addresses] : net::parse_hosts(as_text(bytes)))
    require(!name.empty() && !addresses.empty());
  return 0;
}
