#include "grammar.hpp"
#include "parser.hpp"
#include "scanner.hpp"

namespace w2s::sip {
namespace {

// A top Via with broken parameters keeps those in front of the break: the branch, if it came first.
std::optional<std::string> salvaged_via(std::string_view value) {
  const auto view = split_via_without_params(value);
  if (!view) return std::nullopt;
  Via via;
  via.transport = view->transport;
  via.host = view->host;
  via.port = view->port;
  via.params = ParamsParser::header_params(view->params);
  return via.to_string();
}

bool copy_vias(const Message& broken, Message& out) {
  const auto top = broken.first_value(HeaderId::via);
  if (!top) return false;
  const bool sound = split_via(*top).has_value();
  const auto salvaged = sound ? std::nullopt : salvaged_via(*top);
  if (!sound && !salvaged) return false;
  bool first = true;
  for (const auto& field : broken.fields()) {
    if (field.id != HeaderId::via) continue;
    out.append(HeaderId::via, first && salvaged ? *salvaged : field.value);
    first = false;
  }
  return true;
}

std::string_view method_of(const Message& broken, std::string_view cseq) {
  if (!broken.method().empty()) return broken.method();
  const auto blank = cseq.find_last_of(" \t");
  const auto method = blank == std::string_view::npos ? std::string_view() : cseq.substr(blank + 1);
  return is_token(method) ? method : std::string_view();
}

}  // namespace

std::optional<Message> answerable_part(const Message& broken) {
  if (broken.is_response()) return std::nullopt;
  const auto method = method_of(broken, broken.get(HeaderId::cseq).value_or(""));
  if (method.empty() || method == "ACK") return std::nullopt;  // RFC 3261 17: an ACK is never answered
  auto out = Message::request(std::string(method), broken.request_uri());
  if (!copy_vias(broken, out)) return std::nullopt;
  for (const auto id : {HeaderId::from, HeaderId::to, HeaderId::call_id, HeaderId::cseq}) {
    const auto value = broken.get(id);
    if (!value || value->empty()) return std::nullopt;
    out.append(id, std::string(*value));
  }
  return out;
}

}  // namespace w2s::sip
