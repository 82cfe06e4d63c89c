#include "w2s/sip/dialog.hpp"

#include <algorithm>

namespace w2s::sip {

namespace {

std::string without_tag(NameAddr party) {
  party.params.erase("tag");
  return party.to_string();
}

std::string with_tag(const std::string& party, const std::string& tag) {
  return tag.empty() ? party : party + ";tag=" + tag;  // a peer of RFC 2543 has none
}

Result<std::string> contact_uri(const Message& message) {
  const auto contacts = message.contacts();
  if (!contacts) return contacts.error();
  if (contacts->empty()) return Errc::missing_header;
  if (contacts->front().star) return Errc::bad_address;
  return contacts->front().uri.to_string();
}

std::vector<std::string> record_route(const Message& message) {
  std::vector<std::string> route_set;
  for (const auto value : message.values(HeaderId::record_route)) route_set.emplace_back(value);
  return route_set;
}

// RFC 3261 12.1.2: a UAC takes Record-Route in reverse order.
std::vector<std::string> reversed_record_route(const Message& message) {
  auto route_set = record_route(message);
  std::reverse(route_set.begin(), route_set.end());
  return route_set;
}

// RFC 3261 12.2.1.1, 19.1.1: what may not stand in a Request-URI is stripped.
std::string as_request_uri(Uri uri) {
  uri.headers.clear();
  uri.params.erase("method");
  return uri.to_string();
}

bool refreshes_target(std::string_view method) {
  return method == "INVITE" || method == "UPDATE" || method == "SUBSCRIBE" || method == "NOTIFY";
}

}  // namespace

Result<Dialog> Dialog::as_uas(const Message& request, std::string local_tag) {
  const auto from = request.from();
  if (!from) return from.error();
  const auto to = request.to();
  if (!to) return to.error();
  const auto cseq = request.cseq();
  if (!cseq) return cseq.error();
  auto target = contact_uri(request);
  if (!target) return target.error();

  Dialog dialog;
  dialog.id_ = {request.call_id(), std::move(local_tag), from->tag()};
  dialog.local_uri_ = without_tag(*to);
  dialog.remote_uri_ = without_tag(*from);
  dialog.remote_target_ = std::move(*target);
  dialog.route_set_ = record_route(request);
  dialog.remote_cseq_ = cseq->number;
  return dialog;
}

Result<Dialog> Dialog::as_uac(const Message& request, const Message& response) {
  const auto from = request.from();
  if (!from) return from.error();
  const auto to = response.to();
  if (!to) return to.error();
  const auto cseq = request.cseq();
  if (!cseq) return cseq.error();
  // RFC 3261 12.1.2: a 2xx without To tag is that of a peer of RFC 2543; a 1xx without one makes no dialog.
  if (to->tag().empty() && response.status() < 200) return Errc::bad_parameter;

  Dialog dialog;
  dialog.id_ = {request.call_id(), from->tag(), to->tag()};
  dialog.confirmed_ = response.status() >= 200;
  dialog.local_uri_ = without_tag(*from);
  dialog.remote_uri_ = without_tag(*to);
  // Some phones leave Contact out of 180: the Request-URI serves until the 2xx brings one.
  dialog.remote_target_ = request.request_uri();
  if (auto target = contact_uri(response)) dialog.remote_target_ = std::move(*target);
  dialog.route_set_ = reversed_record_route(response);
  dialog.local_cseq_ = cseq->number;
  return dialog;
}

Message Dialog::make_request(std::string_view method) {
  return request_in_dialog(method, ++local_cseq_);
}

Message Dialog::make_ack(std::uint32_t invite_cseq) const {
  return request_in_dialog("ACK", invite_cseq);
}

Message Dialog::request_in_dialog(std::string_view method, std::uint32_t cseq) const {
  auto target = remote_target_;
  auto routes = route_set_;
  if (!routes.empty()) {
    const auto first = parse_name_addr(routes.front());
    if (first && !first->uri.params.has("lr")) {  // 12.2.1.1: a strict router is addressed by the Request-URI
      routes.erase(routes.begin());
      routes.push_back("<" + target + ">");
      target = as_request_uri(first->uri);
    }
  }
  auto request = Message::request(std::string(method), std::move(target));
  for (auto& route : routes) request.append(HeaderId::route, std::move(route));
  request.append(HeaderId::max_forwards, "70");
  request.append(HeaderId::from, with_tag(local_uri_, id_.local_tag));
  request.append(HeaderId::to, with_tag(remote_uri_, id_.remote_tag));
  request.append(HeaderId::call_id, id_.call_id);
  request.append(HeaderId::cseq, CSeq{cseq, std::string(method)}.to_string());
  return request;
}

bool Dialog::accept_cseq(const Message& request) {
  if (request.is("ACK") || request.is("CANCEL")) return true;  // they carry their INVITE's number
  const auto cseq = request.cseq();
  if (!cseq || (remote_cseq_ && cseq->number <= *remote_cseq_)) return false;
  remote_cseq_ = cseq->number;
  return true;
}

void Dialog::refresh_target(const Message& message) {
  if (message.is_response() && message.status() / 100 != 2) return;
  const auto cseq = message.cseq();
  if (!cseq || !refreshes_target(cseq->method)) return;
  if (auto target = contact_uri(message)) remote_target_ = std::move(*target);
}

void Dialog::recompute_route_set(const Message& response) {
  route_set_ = reversed_record_route(response);
}

}  // namespace w2s::sip
