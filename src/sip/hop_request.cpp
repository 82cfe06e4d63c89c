#include "hop_request.hpp"

namespace w2s::sip {

Message hop_request(const Message& invite, std::string_view method) {
  auto request = Message::request(std::string(method), invite.request_uri());
  request.append(HeaderId::via, std::string(invite.first_value(HeaderId::via).value_or("")));
  for (const auto route : invite.values(HeaderId::route)) request.append(HeaderId::route, std::string(route));
  request.append(HeaderId::max_forwards, "70");
  for (const auto id : {HeaderId::from, HeaderId::to, HeaderId::call_id})
    request.append(id, std::string(invite.get(id).value_or("")));
  const auto cseq = invite.cseq();
  request.append(HeaderId::cseq, CSeq{cseq ? cseq->number : 0, std::string(method)}.to_string());
  return request;
}

}  // namespace w2s::sip
