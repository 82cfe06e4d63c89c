#pragma once
#include <optional>
#include <string>
#include <vector>

#include "w2s/sip/message.hpp"

namespace w2s::sip {

struct DialogId {
  std::string call_id, local_tag, remote_tag;
  auto operator<=>(const DialogId&) const = default;
};

// One dialog (RFC 3261 12), early or confirmed, as a UA keeps it. Pure state: no transactions, no timers.
class Dialog {
 public:
  // We answered `request` with a response that carries `local_tag`; the remote target is the request's Contact.
  static Result<Dialog> as_uas(const Message& request, std::string local_tag);
  // We sent `request` and got `response` (101-299 with a To tag); route set and target come from the response.
  static Result<Dialog> as_uac(const Message& request, const Message& response);

  const DialogId& id() const { return id_; }
  bool confirmed() const { return confirmed_; }
  void confirm() { confirmed_ = true; }
  const std::string& remote_uri() const { return remote_uri_; }  // name-addr without tag
  const std::string& remote_target() const { return remote_target_; }
  const std::vector<std::string>& route_set() const { return route_set_; }

  // A new request in this dialog: Request-URI and Route (strict routers too, 12.2.1.1), From, To, Call-ID, CSeq (next),
  // Max-Forwards 70. Via, Contact and body are the caller's.
  Message make_request(std::string_view method);
  // The ACK of a 2xx to the INVITE with that CSeq number (13.2.2.4). The INVITE's credentials are the caller's to add.
  Message make_ack(std::uint32_t invite_cseq) const;

  // 12.2.2: false when the CSeq is not higher than the last one seen (answer 500); ACK and CANCEL are not asked.
  bool accept_cseq(const Message& request);
  // Target refresh by INVITE, UPDATE, SUBSCRIBE requests and 2xx responses (RFC 3261 12.2, RFC 6665).
  void refresh_target(const Message& message);
  // The 2xx of a UAC replaces the route set that the 1xx gave (13.2.2.4).
  void recompute_route_set(const Message& response);

  std::uint32_t local_cseq() const { return local_cseq_; }

 private:
  Message request_in_dialog(std::string_view method, std::uint32_t cseq) const;

  DialogId id_;
  bool confirmed_ = false;
  std::string local_uri_, remote_uri_;  // From/To values with display name, without tag
  std::string remote_target_;
  std::vector<std::string> route_set_;  // "<sip:…;lr>" in the order to send
  std::uint32_t local_cseq_ = 0;
  std::optional<std::uint32_t> remote_cseq_;
};

}  // namespace w2s::sip
