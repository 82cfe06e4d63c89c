// The only file with Boost.Beast in it, for its HTTP parser.
#include "upgrade.hpp"

#include <algorithm>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/rfc7230.hpp>

#include "w2s/base/encoding.hpp"
#include "w2s/base/result.hpp"

namespace w2s::transport {
namespace http = boost::beast::http;
namespace {

using UpgradeRequest = http::request<http::empty_body>;

bool parse_head(std::string_view head, UpgradeRequest& request) {
  http::request_parser<http::empty_body> parser;
  parser.header_limit(upgrade_head_limit);
  error_code error;
  parser.put(boost::asio::buffer(head), error);
  if (error || !parser.is_header_done()) return false;
  request = std::move(parser.get());
  return true;
}

bool has_token(std::string_view list, std::string_view token) {
  const http::token_list tokens({list.data(), list.size()});
  return std::any_of(tokens.begin(), tokens.end(), [&](auto t) {
    return iequals({t.data(), t.size()}, token);
  });
}

std::string_view field(const UpgradeRequest& request, http::field name) {
  const auto value = request[name];
  return {value.data(), value.size()};
}

// Over all fields of that name: a list may come in pieces (RFC 7230 3.2.2, RFC 6455 11.3.4).
bool lists(const UpgradeRequest& request, http::field name, std::string_view token) {
  const auto range = request.equal_range(name);
  return std::any_of(range.first, range.second, [&](const auto& f) {
    return has_token({f.value().data(), f.value().size()}, token);
  });
}

// Of what may come once, the next server might believe another one than we do.
bool repeats_a_field(const UpgradeRequest& request) {
  constexpr http::field once[] = {http::field::host, http::field::origin, http::field::sec_websocket_key,
                                  http::field::sec_websocket_version};
  return std::any_of(std::begin(once), std::end(once), [&](auto name) { return request.count(name) > 1; });
}

// What follows the head would be frames to us, and a body to whoever believes these fields.
bool announces_body(const UpgradeRequest& request) {
  const auto range = request.equal_range(http::field::content_length);
  return request.count(http::field::transfer_encoding) > 0 ||
         std::any_of(range.first, range.second, [](const auto& f) { return f.value() != "0"; });
}

// RFC 6455 4.1: 16 bytes in base64.
bool is_key(std::string_view key) {
  if (key.size() != 24 || key.substr(22) != "==") return false;
  return std::all_of(key.begin(), key.begin() + 22, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
  });
}

UpgradeAnswer judge(const UpgradeRequest& request, const std::vector<std::string>& allow_origins) {
  if (request.method() != http::verb::get || request.version() < 11)
    return {400, "A WebSocket opens with GET and HTTP/1.1 (RFC 6455 4.1)."};
  if (announces_body(request)) return {400, "A request for a WebSocket has no body."};
  if (!lists(request, http::field::upgrade, "websocket") ||
      !lists(request, http::field::connection, "upgrade"))
    return {426,
            "This port speaks SIP over WebSocket (RFC 7118), so the request must ask for an upgrade to it."};
  if (repeats_a_field(request))
    return {400, "Host, Origin, Sec-WebSocket-Key and Sec-WebSocket-Version must not come twice."};
  if (field(request, http::field::sec_websocket_version) != "13")
    return {426, "Only version 13 of the WebSocket protocol is spoken here."};
  if (field(request, http::field::host).empty()) return {400, "The Host header is missing."};
  if (!is_key(field(request, http::field::sec_websocket_key)))
    return {400, "Sec-WebSocket-Key must be 16 bytes in base64."};
  if (!lists(request, http::field::sec_websocket_protocol, "sip"))
    return {400, "Sec-WebSocket-Protocol must offer the subprotocol sip (RFC 7118)."};
  const auto origin = field(request, http::field::origin);
  const auto allowed = [&](const std::string& o) { return iequals(o, origin); };
  if (!allow_origins.empty() && std::none_of(allow_origins.begin(), allow_origins.end(), allowed))
    return {403, "Pages of this origin may not connect (allow-origin)."};
  return {101, {}, std::string(field(request, http::field::sec_websocket_key))};
}

}  // namespace

UpgradeAnswer judge_upgrade(std::string_view head, const std::vector<std::string>& allow_origins) {
  UpgradeRequest request;
  if (!parse_head(head, request)) return {400, "This is not an HTTP request."};
  return judge(request, allow_origins);
}

}  // namespace w2s::transport
