#pragma once
#include <functional>
#include <optional>
#include <string>

#include "w2s/base/rng.hpp"
#include "w2s/sip/dialog.hpp"
#include "w2s/sip/transaction_table.hpp"
#include "w2s/sip/transaction_user.hpp"

namespace w2s::test {

// A simple but correct SIP user agent on virtual time: one call, as caller or called, with RFC 3261 transactions of its own.
class SipParty {
 public:
  SipParty(std::string name, sip::Target here, std::uint64_t seed) : name_(std::move(name)), here_(std::move(here)), rng_(seed) {}

  std::function<void(const sip::Message&)> wire;  // towards the gateway
  std::string contact;                            // its own
  std::string sdp;
  sip::Target gateway;

  // What happened.
  int answers = 0;              // distinct 2xx seen by the caller
  int final_failure = 0;        // status of a non-2xx final
  bool acked = false;           // as called party
  bool answered = false;        // as called party: sent its 200
  bool ended = false;           // a BYE passed, either way
  bool give_up_without_ack = false;

  void call(Time now, sip::Message invite) {
    invite_ = invite;
    sip::push_via(invite, via_target(), "z9hG4bK" + rng_.token(9));
    handle(now, table_.send_request(now, invite, gateway, invite_id_));
  }
  void cancel(Time now) { handle(now, table_.cancel(now, invite_id_)); }
  void answer(Time now) {
    if (!server_invite_ || answered || cancelled_) return;
    auto response = sip::make_response(*request_, 200, tag_);
    response.append(sip::HeaderId::contact, contact);
    response.set_body(sdp, "application/sdp");
    dialog_ = *sip::Dialog::as_uas(*request_, tag_);
    answered = true;
    repeat_ = response;
    interval_ = 500ms;
    next_repeat_ = now;
    give_up_at_ = now + 32s;
    on_time(now);
  }
  void ring(Time now) {
    if (!server_invite_ || answered || cancelled_) return;
    auto response = sip::make_response(*request_, 180, tag_);
    response.append(sip::HeaderId::contact, contact);
    handle(now, table_.respond(now, *server_invite_, response));
  }
  void hang_up(Time now) {
    if (!dialog_ || ended) return;
    ended = true;
    repeat_.reset();
    auto bye = dialog_->make_request("BYE");
    sip::push_via(bye, via_target(), "z9hG4bK" + rng_.token(9));
    auto id = sip::ClientTransactionId::none;
    handle(now, table_.send_request(now, bye, gateway, id));
  }
  bool in_call() const { return dialog_.has_value() && !ended; }
  bool rings() const { return server_invite_.has_value(); }

  void receive(Time now, sip::Message message) { handle(now, table_.on_message(now, std::move(message), gateway)); }
  void on_time(Time now) {
    handle(now, table_.on_time(now));
    if (!repeat_ || next_repeat_ > now) return;
    if (now >= give_up_at_) {
      give_up_without_ack = true;
      hang_up(now);
      return;
    }
    handle(now, table_.respond(now, *server_invite_, *repeat_));
    next_repeat_ = now + interval_;
    interval_ = std::min<Duration>(interval_ * 2, 4s);
  }
  std::optional<Time> next_time() const {
    return earlier(table_.next_time(), repeat_ ? std::optional(next_repeat_) : std::nullopt);
  }

 private:
  sip::Target via_target() const { return here_; }
  void handle(Time now, sip::TransactionOutputs outputs) {
    for (auto& output : outputs) {
      if (auto* t = std::get_if<sip::Transmit>(&output)) wire(t->message);
      if (auto* r = std::get_if<sip::RequestReceived>(&output)) on_request(now, *r);
      if (std::get_if<sip::AckReceived>(&output) != nullptr) {
        acked = true;
        repeat_.reset();
      }
      if (auto* c = std::get_if<sip::CancelReceived>(&output)) {
        if (!answered) {
          cancelled_ = true;
          handle(now, table_.respond(now, c->invite, sip::make_response(*request_, 487, tag_)));
        }
      }
      if (auto* r = std::get_if<sip::ResponseReceived>(&output)) on_response(*r);
      if (std::get_if<sip::ClientFailed>(&output) != nullptr && answers == 0 && final_failure == 0) final_failure = 408;
    }
  }
  void on_request(Time now, const sip::RequestReceived& received) {
    if (received.request.is("INVITE") && !server_invite_) {
      server_invite_ = received.id;
      request_ = received.request;
      tag_ = rng_.token(6);
    } else if (received.request.is("BYE")) {
      ended = true;
      repeat_.reset();
      handle(now, table_.respond(now, received.id, sip::make_response(received.request, 200, tag_)));
    } else {
      handle(now, table_.respond(now, received.id, sip::make_response(received.request, 481, rng_.token(6))));
    }
  }
  void on_response(const sip::ResponseReceived& received) {
    const auto& response = received.response;
    if (received.id != invite_id_ || response.status() < 200) return;
    if (response.status() >= 300) {
      final_failure = response.status();
      return;
    }
    if (!dialog_) {
      dialog_ = *sip::Dialog::as_uac(invite_, response);
      dialog_->confirm();
      ++answers;
    }
    auto ack = dialog_->make_ack(response.cseq()->number);
    sip::push_via(ack, via_target(), "z9hG4bK" + rng_.token(9));
    wire(ack);
  }

  std::string name_;
  sip::Target here_;
  SeededRng rng_;
  sip::TransactionTable table_{rng_};
  sip::Message invite_ = sip::Message::request("INVITE", "sip:x");
  sip::ClientTransactionId invite_id_{};
  std::optional<sip::ServerTransactionId> server_invite_;
  std::optional<sip::Message> request_;
  std::string tag_;
  std::optional<sip::Dialog> dialog_;
  bool cancelled_ = false;
  std::optional<sip::Message> repeat_;
  Duration interval_{};
  Time next_repeat_{}, give_up_at_{};
};

}  // namespace w2s::test
