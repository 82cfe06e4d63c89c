#include "w2s/sip/dialog.hpp"

#include <gtest/gtest.h>

namespace w2s::sip {
namespace {

using Routes = std::vector<std::string>;

Message invite() {
  auto message = Message::request("INVITE", "sip:bob@example.com");
  message.append(HeaderId::via, "SIP/2.0/UDP pc.example.com;branch=z9hG4bK1");
  message.append(HeaderId::record_route, "<sip:p2.example.com;lr>, <sip:p1.example.com;lr>");
  message.append(HeaderId::from, "\"Alice\" <sip:alice@example.com>;tag=a1");
  message.append(HeaderId::to, "sip:bob@example.com");
  message.append(HeaderId::call_id, "c1");
  message.append(HeaderId::cseq, "7 INVITE");
  message.append(HeaderId::contact, "<sip:alice@pc.example.com;transport=tcp>");
  return message;
}

Message answer(int status, const std::string& tag = "b1",
               const std::string& contact = "<sip:bob@phone.example.com>") {
  auto response = make_response(invite(), status, tag);
  if (!contact.empty()) response.append(HeaderId::contact, contact);
  return response;
}

Message in_dialog(const std::string& method, int cseq, const std::string& contact = {}) {
  auto message = Message::request(method, "sip:bob@phone.example.com");
  message.append(HeaderId::cseq, std::to_string(cseq) + " " + method);
  if (!contact.empty()) message.append(HeaderId::contact, contact);
  return message;
}

std::vector<std::string_view> routes_of(const Message& message) {
  return message.values(HeaderId::route);
}

// RFC 3261 12.1.1.
TEST(Dialog, AUasTakesTheRequestAsItStands) {
  auto dialog = *Dialog::as_uas(invite(), "b1");
  EXPECT_EQ(dialog.id(), (DialogId{"c1", "b1", "a1"}));
  EXPECT_FALSE(dialog.confirmed());
  EXPECT_EQ(dialog.remote_target(), "sip:alice@pc.example.com;transport=tcp");
  EXPECT_EQ(dialog.route_set(), (Routes{"<sip:p2.example.com;lr>", "<sip:p1.example.com;lr>"}));

  const auto bye = dialog.make_request("BYE");
  EXPECT_EQ(bye.request_uri(), "sip:alice@pc.example.com;transport=tcp");
  EXPECT_EQ(routes_of(bye),
            (std::vector<std::string_view>{"<sip:p2.example.com;lr>", "<sip:p1.example.com;lr>"}));
  EXPECT_EQ(bye.get(HeaderId::from), "<sip:bob@example.com>;tag=b1");
  EXPECT_EQ(bye.get(HeaderId::to), "\"Alice\" <sip:alice@example.com>;tag=a1");
  EXPECT_EQ(bye.call_id(), "c1");
  EXPECT_EQ(bye.get(HeaderId::cseq), "1 BYE");
  EXPECT_EQ(bye.get(HeaderId::max_forwards), "70");
  EXPECT_EQ(dialog.make_request("INFO").get(HeaderId::cseq), "2 INFO");
}

// RFC 3261 12.1.2.
TEST(Dialog, AUacReversesTheRouteAndGoesOnCounting) {
  auto dialog = *Dialog::as_uac(invite(), answer(180));
  EXPECT_EQ(dialog.id(), (DialogId{"c1", "a1", "b1"}));
  EXPECT_FALSE(dialog.confirmed());
  EXPECT_EQ(dialog.remote_target(), "sip:bob@phone.example.com");
  EXPECT_EQ(dialog.route_set(), (Routes{"<sip:p1.example.com;lr>", "<sip:p2.example.com;lr>"}));
  const auto bye = dialog.make_request("BYE");
  EXPECT_EQ(bye.get(HeaderId::cseq), "8 BYE");
  EXPECT_EQ(bye.get(HeaderId::from), "\"Alice\" <sip:alice@example.com>;tag=a1");
  EXPECT_EQ(bye.get(HeaderId::to), "<sip:bob@example.com>;tag=b1");
  EXPECT_TRUE(Dialog::as_uac(invite(), answer(200))->confirmed());
}

TEST(Dialog, TheAckHasTheNumberOfItsInvite) {
  auto dialog = *Dialog::as_uac(invite(), answer(200));
  (void)dialog.make_request("UPDATE");
  const auto ack = dialog.make_ack(7);
  EXPECT_EQ(ack.method(), "ACK");
  EXPECT_EQ(ack.get(HeaderId::cseq), "7 ACK");
  EXPECT_EQ(ack.request_uri(), "sip:bob@phone.example.com");
  EXPECT_EQ(routes_of(ack).size(), 2U);
  EXPECT_EQ(dialog.local_cseq(), 8U);
}

// RFC 3261 12.2.1.1.
TEST(Dialog, AStrictRouterIsAddressedByTheRequestUri) {
  auto message = invite();
  message.set(HeaderId::record_route,
              "<sip:strict.example.com;method=INVITE?Subject=x>, <sip:p1.example.com;lr>");
  auto dialog = *Dialog::as_uas(message, "b1");
  const auto bye = dialog.make_request("BYE");
  EXPECT_EQ(bye.request_uri(), "sip:strict.example.com");
  EXPECT_EQ(routes_of(bye), (std::vector<std::string_view>{"<sip:p1.example.com;lr>",
                                                           "<sip:alice@pc.example.com;transport=tcp>"}));
}

TEST(Dialog, WithoutRecordRouteRequestsGoStraightToTheTarget) {
  auto message = invite();
  message.remove(HeaderId::record_route);
  auto dialog = *Dialog::as_uas(message, "b1");
  EXPECT_EQ(dialog.make_request("BYE").count(HeaderId::route), 0U);
}

// RFC 3261 12.2.2.
TEST(Dialog, RequestsMustCountUpwards) {
  auto dialog = *Dialog::as_uas(invite(), "b1");
  EXPECT_FALSE(dialog.accept_cseq(in_dialog("BYE", 6)));
  EXPECT_FALSE(dialog.accept_cseq(in_dialog("BYE", 7)));
  EXPECT_TRUE(dialog.accept_cseq(in_dialog("INFO", 9)));
  EXPECT_FALSE(dialog.accept_cseq(in_dialog("BYE", 8)));
  EXPECT_TRUE(dialog.accept_cseq(in_dialog("ACK", 7)));
  EXPECT_TRUE(dialog.accept_cseq(in_dialog("CANCEL", 7)));

  auto uac = *Dialog::as_uac(invite(), answer(200));
  EXPECT_TRUE(uac.accept_cseq(in_dialog("BYE", 1)));  // empty until the peer's first request
}

TEST(Dialog, OnlyTargetRefreshRequestsMoveTheTarget) {
  auto dialog = *Dialog::as_uas(invite(), "b1");
  dialog.refresh_target(in_dialog("UPDATE", 8, "<sip:alice@new.example.com>"));
  EXPECT_EQ(dialog.remote_target(), "sip:alice@new.example.com");
  dialog.refresh_target(in_dialog("INFO", 9, "<sip:mallory@example.net>"));
  dialog.refresh_target(in_dialog("INVITE", 10));
  dialog.refresh_target(in_dialog("INVITE", 10, "*"));
  dialog.refresh_target(answer(183, "b1", "<sip:early@example.com>"));
  EXPECT_EQ(dialog.remote_target(), "sip:alice@new.example.com");
  dialog.refresh_target(answer(200, "b1", "<sip:alice@third.example.com>"));
  EXPECT_EQ(dialog.remote_target(), "sip:alice@third.example.com");
}

// RFC 3261 13.2.2.4.
TEST(Dialog, The2xxReplacesTheEarlyRouteSet) {
  auto dialog = *Dialog::as_uac(invite(), answer(180));
  auto ok = answer(200);
  ok.set(HeaderId::record_route, "<sip:p9.example.com;lr>");
  dialog.confirm();
  dialog.recompute_route_set(ok);
  EXPECT_TRUE(dialog.confirmed());
  EXPECT_EQ(dialog.route_set(), Routes{"<sip:p9.example.com;lr>"});
}

TEST(Dialog, WhatCannotMakeADialogIsRefused) {
  auto no_contact = invite();
  no_contact.remove(HeaderId::contact);
  EXPECT_EQ(Dialog::as_uas(no_contact, "b1").error(), Errc::missing_header);
  auto star = invite();
  star.set(HeaderId::contact, "*");
  EXPECT_EQ(Dialog::as_uas(star, "b1").error(), Errc::bad_address);
  EXPECT_EQ(Dialog::as_uac(invite(), answer(180, "")).error(), Errc::bad_parameter);
}

TEST(Dialog, PeersOfRfc2543AndPhonesWithoutContactAreTakenIn) {
  auto old = invite();
  old.set(HeaderId::from, "sip:alice@example.com");
  auto dialog = *Dialog::as_uas(old, "b1");
  EXPECT_EQ(dialog.make_request("BYE").get(HeaderId::to), "<sip:alice@example.com>");
  EXPECT_EQ(Dialog::as_uac(invite(), answer(180, "b1", ""))->remote_target(), "sip:bob@example.com");
}

}  // namespace
}  // namespace w2s::sip
