#pragma once
#include <map>
#include <string>
#include <vector>

#include "w2s/base/rng.hpp"
#include "w2s/net/dns.hpp"
#include "w2s/sip/transaction_user.hpp"

namespace w2s::app {

// A transport and address family that a listener of ours has.
struct Reach {
  sip::Transport transport = sip::Transport::udp;
  bool v4 = true;
  auto operator<=>(const Reach&) const = default;
};

// A place that a request may be sent to. `named`: the URI or the DNS named the transport, so size does not
// change it.
struct Location {
  sip::Transport transport = sip::Transport::udp;
  Endpoint remote;
  bool named = false;
  bool operator==(const Location&) const = default;
};

// Locating a SIP server (RFC 3263 4), sans-IO: it asks questions to the DNS and is told the answers. NAPTR is
// asked for names without port and transport, SRV for names without port, addresses last; each stage's
// questions at once.
class ServerLocation {
 public:
  // `reach`: what may be used at all. `known_host`: the hosts file names it; the DNS has no say then.
  ServerLocation(const sip::NextHop& hop, std::vector<Reach> reach, bool known_host, Rng& rng);

  using Questions = std::vector<net::DnsQuestion>;
  Questions start();
  // Each question is answered once; what has to be asked next is returned.
  Questions on_answer(const net::DnsQuestion& question, const Result<net::DnsAnswer>& answer);
  bool done() const { return open_ == 0; }
  // By preference; before done() those that are known so far.
  std::vector<Location> locations() const;
  // Why there is none.
  error_code error() const;

 private:
  struct Service {  // how one transport of the domain is reached
    sip::Transport transport;
    std::string name;  // of its SRV records; or a host, with the default port
    bool is_host = false;
    std::vector<net::SrvRecord> records{};
  };
  struct Host {
    sip::Transport transport;
    std::string name;
    std::uint16_t port;
    bool named;
  };

  bool reaches(sip::Transport transport) const;
  sip::Transport default_transport() const;
  Questions asked(Questions questions);
  Questions ask_services();
  Questions ask_hosts();
  Questions ask_addresses();
  Questions without_services();
  void read_naptr(const net::DnsAnswer& answer);
  void propose_services();
  void read_services();

  sip::NextHop hop_;
  std::vector<Reach> reach_;
  bool known_host_;
  Rng& rng_;
  std::size_t open_ = 0;           // questions without an answer
  bool declined_ = false;          // an SRV record says that there is no such service
  std::vector<Service> services_;  // by preference
  std::vector<Host> hosts_;        // by preference
  std::map<std::string, std::vector<IpAddress>> addresses_;
  error_code failure_;  // the worst that an answer told
};

// RFC 2782: by priority, within one by weighted chance. `records` of one name.
std::vector<net::SrvRecord> in_srv_order(std::vector<net::SrvRecord> records, Rng& rng);

}  // namespace w2s::app
