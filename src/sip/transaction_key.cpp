#include "transaction_key.hpp"

#include "w2s/base/encoding.hpp"

namespace w2s::sip {

namespace {

constexpr std::string_view magic_cookie = "z9hG4bK";
constexpr char separator = '\n';  // stands in no header value

void add(std::string& key, std::string_view part) {
  key += separator;
  key += part;
}

// RFC 3261 17.2.3, second list. An INVITE's To tag is left out, because its ACK carries the response's;
// nothing else could make two INVITEs alike in all the rest.
std::string rfc2543_key(const Message& request, std::string_view method) {
  const auto cseq = request.cseq();
  const auto from = request.from();
  const auto to = request.to();
  std::string key(method);
  add(key, request.request_uri());
  add(key, from ? from->tag() : "");
  add(key, to && method != "INVITE" ? to->tag() : "");
  add(key, request.call_id());
  add(key, std::to_string(cseq ? cseq->number : 0));
  add(key, request.first_value(HeaderId::via).value_or(""));
  return key;
}

}  // namespace

std::string client_key(std::string_view branch, std::string_view method) {
  std::string key(branch);
  add(key, method);
  return key;
}

bool has_unique_branch(const Via& via) {
  const auto branch = via.params.get("branch").value_or("");
  return branch.size() > magic_cookie.size() && iequals(branch.substr(0, magic_cookie.size()), magic_cookie);
}

std::string server_key(const Message& request, const Via& via, std::string_view method) {
  if (!has_unique_branch(via)) return rfc2543_key(request, method);
  std::string key = via.branch();
  add(key, to_lower(via.host));
  add(key, via.port ? std::to_string(*via.port) : "");
  add(key, method);
  return key;
}

}  // namespace w2s::sip
