#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "w2s/sip/message.hpp"
#include "w2s/sip/target.hpp"
#include "w2s/sip/transaction_table.hpp"

// What a transaction user (the proxy, the breaker) asks of its owner and hears from it.
namespace w2s::sip {

// One outgoing request of a transaction user, from the wish to send it to the end of its transaction.
enum class RequestId : std::uint64_t { none = 0 };

// Where a request is to go, before any look-up: a flow of ours, or a host to be resolved (RFC 3263).
struct NextHop {
  FlowId flow = FlowId::none;             // set: this flow, nothing else counts
  std::string host;                       // name, IPv4 or [IPv6]
  std::optional<std::uint16_t> port;
  std::optional<Transport> transport;     // nullopt: not named; UDP unless DNS says otherwise
  bool secure = false;                    // TLS is named by the scheme sips alone: DNS may say where (RFC 3263 4.1)
  bool operator==(const NextHop&) const = default;
};

// One place where it may go. `target.local` is our Via sent-by; `contact` is the address of ours that the network-side peer
// of this exchange is to use later (Contact, Record-Route), the same whatever transport carries this one message.
struct Egress {
  Target target;
  Endpoint contact;
  Transport contact_transport = Transport::udp;
  // RFC 3261 18.1.1: where a request over 1,300 bytes is tried first, TCP at the same place. Nothing named a transport.
  std::optional<Target> for_large;
  // Where the request is tried next when this place fails, in order (RFC 3263 4.3).
  std::vector<Egress> others;
};

// Why there is no Egress; how to answer the request that asked for it.
struct RouteFailure {
  int status = 503;
  std::string reason;
  std::string warning;  // text of a Warning: 399, empty: none
};

// Answered by on_route(), which comes again with the next place when one fails: the request is then made anew for it.
// Of equal servers, requests of one Call-ID get the same (a challenge is answered where it came from).
struct FindRoute { RequestId id; NextHop hop; Target source; std::string call_id; };
// `stateless`: an ACK of a 2xx, which has no transaction.
struct SendRequest { RequestId id; Message request; Egress egress; bool stateless = false; };
struct CancelRequest { RequestId id; std::vector<Field> extra; };
// `stateless`: a refusal that is sent once; a retransmitted request gets it again (RFC 3261 8.2.7).
struct Respond { ServerTransactionId id; Message response; bool stateless = false; };
// A flow that a binding or a dialog needs is not closed for idleness.
struct HoldFlow { FlowId flow; bool held; };

// What both users know about the place they stand in; the owner fills it.
struct Surroundings {
  std::function<bool(const Uri&)> is_own;                 // names a listener of ours
  std::function<bool(FlowId)> is_open;
  std::optional<NextHop> outbound_proxy;
  // What a browser is told of the address on which its WebSocket came in: the same, or its public-address.
  std::function<IpAddress(const IpAddress&)> advertised = [](const IpAddress& local) { return local; };
};

// The next hop of a request (design: top Route, else outbound-proxy, else Request-URI). Takes out of `request` every
// Route that was meant for us: those that name a listener of ours and sipML5's `sipml5-outbound`, which names the hop.
// `own_routes` receives the URIs of ours that were popped, in order.
Result<NextHop> take_next_hop(Message& request, const Surroundings& surroundings, std::vector<Uri>& own_routes);
NextHop hop_of(const Uri& uri);

// Puts our Via on top: "SIP/2.0/UDP host:port;branch=z9hG4bK…;rport".
void push_via(Message& request, const Target& target, std::string branch);
// Warning: 399, for the person who must fix the cause (RFC 3261 20.43).
void append_warning(Message& response, std::string_view text);
// Host, port and transport parameter of a URI of ours; the scheme becomes sip, or sips. RFC 3261 26.2.2: under sips the
// parameter names what carries TLS, and ws stands for wss (RFC 7118 5.4).
void set_address(Uri& uri, const Endpoint& address, Transport t, bool secure = false);

}  // namespace w2s::sip
