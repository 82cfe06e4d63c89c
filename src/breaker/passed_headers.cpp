#include "passed_headers.hpp"

#include <algorithm>
#include <array>

#include "w2s/base/encoding.hpp"

namespace w2s::breaker {

using sip::HeaderId;
using sip::Message;

namespace {

enum class Rule {
  always,
  to_network,         // a browser's hint to its SIP server
  asserted_identity,  // RFC 3325 sections 5 and 7: from a trusted peer, and not when its owner wants it hidden
  history,            // RFC 7044 section 10.1: not to the other user agent under Privacy: history
};

struct Row {
  std::string_view name;
  Rule rule;
};

constexpr std::array rows{
    Row{"Accept", Rule::always},
    Row{"Accept-Contact", Rule::always},
    Row{"Accept-Language", Rule::always},
    Row{"Alert-Info", Rule::always},
    Row{"Call-Info", Rule::always},
    Row{"Diversion", Rule::always},
    Row{"Error-Info", Rule::always},
    Row{"Event", Rule::always},
    Row{"Geolocation", Rule::always},
    Row{"Geolocation-Error", Rule::always},
    Row{"Geolocation-Routing", Rule::always},
    Row{"History-Info", Rule::history},
    Row{"Info-Package", Rule::always},
    Row{"Organization", Rule::always},
    Row{"P-Asserted-Identity", Rule::asserted_identity},
    Row{"P-Called-Party-ID", Rule::asserted_identity},
    Row{"P-Preferred-Identity", Rule::to_network},
    Row{"Priority", Rule::always},
    Row{"Privacy", Rule::always},
    Row{"Reason", Rule::always},
    Row{"Recv-Info", Rule::always},
    Row{"Refer-Sub", Rule::always},
    Row{"Refer-To", Rule::always},
    Row{"Referred-By", Rule::always},
    Row{"Reject-Contact", Rule::always},
    Row{"Remote-Party-ID", Rule::asserted_identity},  // what PAI was before it had an RFC; Asterisk still sends it
    Row{"Reply-To", Rule::always},
    Row{"Request-Disposition", Rule::always},
    Row{"Retry-After", Rule::always},
    Row{"Subject", Rule::always},
    Row{"Subscription-State", Rule::always},
    Row{"User-to-User", Rule::always},
    Row{"Warning", Rule::always},
};

std::string_view name_of(const sip::Field& field) {
  return field.id == HeaderId::other ? std::string_view(field.name) : sip::header_name(field.id);
}

// RFC 3323 4.2: Privacy is a list separated by semicolons.
bool wants_privacy(const Message& message, std::string_view kind) {
  for (const auto& field : message.fields()) {
    if (!iequals(name_of(field), "Privacy")) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      const auto end = std::min(rest.find_first_of(";,"), rest.size());
      if (iequals(trim(rest.substr(0, end)), kind)) return true;
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return false;
}

bool passes(Rule rule, const Message& message, const Crossing& crossing) {
  switch (rule) {
    case Rule::always: return true;
    case Rule::to_network: return !crossing.to_browser;
    case Rule::asserted_identity:
      return crossing.from_trusted && !crossing.from_browser && !(crossing.to_browser && wants_privacy(message, "id"));
    case Rule::history: return !(crossing.to_browser && wants_privacy(message, "history"));
  }
  return false;
}

}  // namespace

void copy_passed_headers(const Message& from, Message& to, const Crossing& crossing) {
  for (const auto& field : from.fields()) {
    const auto name = name_of(field);
    const auto row = std::find_if(rows.begin(), rows.end(), [&](const Row& r) { return iequals(r.name, name); });
    const bool extension = name.size() > 2 && iequals(name.substr(0, 2), "X-");
    if (extension || (row != rows.end() && passes(row->rule, from, crossing))) to.append(std::string(name), field.value);
  }
}

void copy_body(const Message& from, Message& to) {
  if (from.body().empty()) return;
  to.set_body(from.body(), from.get(HeaderId::content_type).value_or("application/octet-stream"));
  for (const auto* name : {"Content-Disposition", "Content-Encoding", "Content-Language"}) {
    for (const auto& field : from.fields()) {
      if (iequals(name_of(field), name)) to.append(std::string(name), field.value);
    }
  }
}

}  // namespace w2s::breaker
