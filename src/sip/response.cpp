#include <algorithm>
#include <array>

#include "w2s/sip/message.hpp"

namespace w2s::sip {
namespace {

struct Phrase {
  int status;
  std::string_view reason;
};

// RFC 3261 21 and the extensions of IANA's registry, in order of status.
constexpr std::array<Phrase, 75> kPhrases{{
    {100, "Trying"},
    {180, "Ringing"},
    {181, "Call Is Being Forwarded"},
    {182, "Queued"},
    {183, "Session Progress"},
    {199, "Early Dialog Terminated"},
    {200, "OK"},
    {202, "Accepted"},
    {204, "No Notification"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Moved Temporarily"},
    {305, "Use Proxy"},
    {380, "Alternative Service"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {410, "Gone"},
    {412, "Conditional Request Failed"},
    {413, "Request Entity Too Large"},
    {414, "Request-URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Unsupported URI Scheme"},
    {417, "Unknown Resource-Priority"},
    {420, "Bad Extension"},
    {421, "Extension Required"},
    {422, "Session Interval Too Small"},
    {423, "Interval Too Brief"},
    {424, "Bad Location Information"},
    {425, "Bad Alert Message"},
    {428, "Use Identity Header"},
    {429, "Provide Referrer Identity"},
    {430, "Flow Failed"},
    {433, "Anonymity Disallowed"},
    {436, "Bad Identity Info"},
    {437, "Unsupported Credential"},
    {438, "Invalid Identity Header"},
    {439, "First Hop Lacks Outbound Support"},
    {440, "Max-Breadth Exceeded"},
    {469, "Bad Info Package"},
    {470, "Consent Needed"},
    {480, "Temporarily Unavailable"},
    {481, "Call/Transaction Does Not Exist"},
    {482, "Loop Detected"},
    {483, "Too Many Hops"},
    {484, "Address Incomplete"},
    {485, "Ambiguous"},
    {486, "Busy Here"},
    {487, "Request Terminated"},
    {488, "Not Acceptable Here"},
    {489, "Bad Event"},
    {491, "Request Pending"},
    {493, "Undecipherable"},
    {494, "Security Agreement Required"},
    {500, "Server Internal Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Server Time-out"},
    {505, "Version Not Supported"},
    {513, "Message Too Large"},
    {555, "Push Notification Service Not Supported"},
    {580, "Precondition Failure"},
    {600, "Busy Everywhere"},
    {603, "Decline"},
    {604, "Does Not Exist Anywhere"},
    {606, "Not Acceptable"},
    {607, "Unwanted"},
    {608, "Rejected"},
}};

// RFC 3261 8.1.1.5: an unknown status is treated as the x00 of its class.
std::string_view class_phrase(int status) {
  switch (status / 100) {
    case 1: return "Session Progress";
    case 2: return "OK";
    case 3: return "Redirect";
    case 4: return "Bad Request";
    case 5: return "Server Internal Error";
    default: return "Global Failure";
  }
}

bool is_copied(HeaderId id, int status) {
  switch (id) {
    case HeaderId::via:
    case HeaderId::from:
    case HeaderId::to:
    case HeaderId::call_id:
    case HeaderId::cseq: return true;
    case HeaderId::record_route: return status > 100 && status < 300;  // RFC 3261 12.1.1
    default: return false;
  }
}

// A To that cannot be parsed (we are refusing it) counts as one without a tag.
bool has_tag(const Message& request) {
  const auto to = request.to();
  return to && to->params.has("tag");
}

}  // namespace

std::string_view default_reason(int status) {
  const auto it = std::lower_bound(kPhrases.begin(), kPhrases.end(), status,
                                   [](const Phrase& phrase, int wanted) { return phrase.status < wanted; });
  return it != kPhrases.end() && it->status == status ? it->reason : class_phrase(status);
}

Message make_response(const Message& request, int status, std::string_view to_tag, std::string_view reason) {
  auto response = Message::response(status, std::string(reason.empty() ? default_reason(status) : reason));
  for (const auto& field : request.fields())
    if (is_copied(field.id, status)) response.append(field.name, field.value);
  // RFC 3261 8.2.6.1: a 100 carries the Timestamp of the request.
  if (status == 100) {
    if (const auto timestamp = request.get("Timestamp"))
      response.append("Timestamp", std::string(*timestamp));
  } else if (!to_tag.empty() && !has_tag(request)) {
    std::string to(response.get(HeaderId::to).value_or(""));
    to.append(";tag=").append(to_tag);
    response.set(HeaderId::to, std::move(to));
  }
  return response;
}

}  // namespace w2s::sip
