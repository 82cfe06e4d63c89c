#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "w2s/base/rng.hpp"
#include "w2s/base/time.hpp"
#include "w2s/sip/message.hpp"
#include "w2s/sip/target.hpp"

namespace w2s::sip {

enum class ClientTransactionId : std::uint64_t { none = 0 };
enum class ServerTransactionId : std::uint64_t { none = 0 };

// RFC 3261 17.1.1.1 and table 4.
struct TransactionTimers {
  Duration t1 = 500ms;
  Duration t2 = 4s;
  Duration t4 = 5s;
  Duration timer_c = 181s;  // 16.6 step 11, "larger than 3 minutes": an INVITE client's limit after each 101-199
  Duration timer_d = 32s;
  // Beyond either new requests get 503 (threats.md T11).
  std::size_t max_transactions = 200'000;
  std::size_t max_octets = 256 << 20;  // of the messages that transactions remember
};

// ---- what the table asks of its owner, in order ----
struct Transmit { Message message; Target target; };
// A new request (not ACK, not a retransmission). INVITE and others; CANCEL has its own event.
struct RequestReceived { ServerTransactionId id; Message request; Target source; };
// An ACK that belongs to no server transaction: the ACK of a 2xx. It is passed on by dialog, statelessly.
struct AckReceived { Message request; Target source; };
// A CANCEL of a known INVITE; the table has already answered it 200. One without INVITE was answered 481 by the table.
struct CancelReceived { ServerTransactionId invite; Message cancel; };
// Each response to a request that was sent; retransmitted finals of INVITE (non-2xx) are absorbed and ACKed by the
// table. 2xx of INVITE are delivered every time (RFC 6026), so that the owner can ACK them or pass them on. When timer C
// fires the table sends the CANCEL itself (RFC 3261 16.8); the final response or a timeout follows.
struct ResponseReceived { ClientTransactionId id; Message response; Target source; };
enum class ClientFailure { timeout, transport };
struct ClientFailed { ClientTransactionId id; ClientFailure cause; };
// A server INVITE transaction ended without ACK (timer H), or its response could not be sent.
struct ServerFailed { ServerTransactionId id; };
// The id is gone after this. Other requests than INVITE end with their final response, though the table goes on absorbing
// its retransmissions.
struct ClientEnded { ClientTransactionId id; };
struct ServerEnded { ServerTransactionId id; };
// A response that matches no transaction: dropped by everyone (threats.md T8), here for counting and for extra 2xx.
struct StrayResponse { Message response; Target source; };

using TransactionOutput = std::variant<Transmit, RequestReceived, AckReceived, CancelReceived, ResponseReceived,
                                       ClientFailed, ServerFailed, ClientEnded, ServerEnded, StrayResponse>;
using TransactionOutputs = std::vector<TransactionOutput>;

// All transactions (RFC 3261 17, RFC 6026), sans-IO. Responses go to the request's source: the flow if there is one, else
// by Via and RFC 3581 (`received` and `rport` are put into the top Via of each received request). 100 to an INVITE is sent
// by the table: over UDP by on_time() right after RequestReceived, otherwise 200 ms later, unless it was answered before.
class TransactionTable {
 public:
  // `rng` is asked here only, for what keeps branches made to collide apart.
  explicit TransactionTable(Rng& rng, TransactionTimers timers = {});
  ~TransactionTable();

  [[nodiscard]] TransactionOutputs on_message(Time now, Message message, const Target& source);
  // `request` has its top Via with a branch of ours. ACK of a 2xx is no transaction: send it with Transmit directly.
  [[nodiscard]] TransactionOutputs send_request(Time now, Message request, const Target& target, ClientTransactionId& id);
  // Sends CANCEL for an INVITE: at once after a 1xx, else when the first 1xx comes (RFC 3261 9.1); nothing after a final.
  // `extra` headers (Reason) are added.
  [[nodiscard]] TransactionOutputs cancel(Time now, ClientTransactionId invite, std::vector<Field> extra = {});
  // The owner goes on elsewhere: the request is not sent again, an INVITE is CANCELled if a 1xx shows that it arrived.
  // What comes all the same is delivered until the transaction times out.
  [[nodiscard]] TransactionOutputs abandon(Time now, ClientTransactionId id);
  // A proxy sends 2xx of INVITE again and again through the same id (RFC 6026 8.7); a UAS retransmits by itself.
  // 408 to anything but INVITE is swallowed (RFC 4320): such a transaction ends in silence 64*T1 after the request.
  [[nodiscard]] TransactionOutputs respond(Time now, ServerTransactionId id, Message response);
  // Sends a final response once and forgets the transaction: how a stateless_response() leaves. Retransmissions come
  // as new requests, the ACK as AckReceived.
  [[nodiscard]] TransactionOutputs refuse(ServerTransactionId id, Message response);
  // A message to that target could not be sent or its connection died: the transactions using it fail at once.
  [[nodiscard]] TransactionOutputs on_transport_error(Time now, const Target& target);
  // A connection is gone: as above, but a response that is still to come over TCP or TLS takes another one (RFC 3261
  // 18.2.2). `way_back` is asked for the place that it may go to, given the one that the RFC names; nullopt: none.
  using WayBack = std::function<std::optional<Target>(const Target& place)>;
  [[nodiscard]] TransactionOutputs on_flow_closed(Time now, FlowId flow, const WayBack& way_back);
  [[nodiscard]] TransactionOutputs on_time(Time now);
  std::optional<Time> next_time() const;

  bool has(ServerTransactionId id) const;
  const Message* request_of(ServerTransactionId id) const;  // while it exists
  std::size_t size() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// A refusal that keeps no state (RFC 3261 8.2.7): refusals over UDP, so that timer G cannot amplify. The
// To tag is a keyed function of the request, so every retransmission gets the same one.
Message stateless_response(const Message& request, int status, std::string_view reason, std::string_view secret);

}  // namespace w2s::sip
