#pragma once
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>

#include "w2s/base/rng.hpp"
#include "w2s/base/time.hpp"
#include "w2s/sip/message.hpp"

// Provisional responses that are acknowledged by PRACK (RFC 3262).
namespace w2s::sip {

// RFC 3262 7.2: which response a PRACK acknowledges.
struct RAck {
  std::uint32_t rseq = 0;
  CSeq cseq;  // of the request that the response answers
  std::string to_string() const;
  bool operator==(const RAck&) const = default;
};
Result<RAck> parse_rack(std::string_view value);
// RFC 3262 7.1: the RSeq of a response that must be acknowledged (Require: 100rel); nullopt: it need not be.
std::optional<std::uint32_t> reliable_number(const Message& response);

// The reliable provisional responses of one INVITE, as the UAS sends them (RFC 3262 3): one at a time, each repeated
// until its PRACK comes. Pure state: it returns what the owner is to send.
class ReliableResponses {
 public:
  // Puts Require and RSeq into `response`. Returned when it may be sent now; otherwise it waits for the PRACK of the one
  // before and comes out of acknowledge().
  [[nodiscard]] std::optional<Message> send(Time now, Message response, Rng& rng);

  struct Acknowledged {
    bool known = false;               // false: no such response, answer the PRACK with 481
    std::optional<Message> next;      // may be sent now
  };
  [[nodiscard]] Acknowledged acknowledge(Time now, const RAck& rack);
  // A final response goes out: nothing is repeated any more, but a PRACK under way is still known.
  void stop();

  // A response with a description waits for its PRACK: no 2xx may be sent.
  bool description_unacknowledged() const;
  bool expired(Time now) const { return awaited_ && repeats_ && now >= deadline_; }  // no PRACK for 64*T1
  // The response to repeat; moves the timer on.
  [[nodiscard]] std::optional<Message> on_time(Time now);
  std::optional<Time> next_time() const;

 private:
  Message start(Time now, Message response);

  std::optional<std::uint32_t> last_rseq_;
  std::optional<Message> awaited_;  // sent, its PRACK has not come
  std::deque<Message> queue_;
  bool repeats_ = false;
  Duration interval_{};
  Time next_{}, deadline_{};
};

// The order in which a UAC takes the reliable responses of one early dialog (RFC 3262 4).
class ReliableOrder {
 public:
  // False: repeated or out of order; neither acknowledged nor processed.
  bool take(std::uint32_t rseq);

 private:
  std::optional<std::uint32_t> last_;
};

}  // namespace w2s::sip
