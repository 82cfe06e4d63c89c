#include "end_cause.hpp"

#include <algorithm>
#include <array>

namespace w2s::breaker {

namespace {

struct Mapping {
  int status;
  int cause;
};

// RFC 3398 section 8.2.6.1. 200 is no failure: the call was answered elsewhere, which Q.850 calls 26, "non-selected user
// clearing". 487, 488 and 606 have no cause.
constexpr std::array mappings{
    Mapping{200, 26},  Mapping{400, 41},  Mapping{401, 21},  Mapping{402, 21},  Mapping{403, 21},  Mapping{404, 1},
    Mapping{405, 63},  Mapping{406, 79},  Mapping{407, 21},  Mapping{408, 102}, Mapping{410, 22},  Mapping{413, 127},
    Mapping{414, 127}, Mapping{415, 79},  Mapping{416, 127}, Mapping{420, 127}, Mapping{421, 127}, Mapping{423, 127},
    Mapping{480, 18},  Mapping{481, 41},  Mapping{482, 25},  Mapping{483, 25},  Mapping{484, 28},  Mapping{485, 1},
    Mapping{486, 17},  Mapping{500, 41},  Mapping{501, 79},  Mapping{502, 38},  Mapping{503, 41},  Mapping{504, 102},
    Mapping{505, 127}, Mapping{513, 127}, Mapping{600, 17},  Mapping{603, 21},  Mapping{604, 1},
};

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

sip::Field reason(std::string_view protocol, int cause, std::string_view text) {
  sip::Field field;
  field.id = sip::HeaderId::reason;
  field.name = "Reason";
  field.value = std::string(protocol) + ";cause=" + std::to_string(cause);
  if (!text.empty()) field.value += ";text=" + quoted(text);
  return field;
}

}  // namespace

std::optional<int> q850_cause(int status) {
  const auto found = std::find_if(mappings.begin(), mappings.end(), [&](const auto& m) { return m.status == status; });
  return found == mappings.end() ? std::nullopt : std::optional(found->cause);
}

EndCause EndCause::of(leg::Failure failure) {
  int status = 488;  // the two sides cannot have this session
  switch (failure) {
    case leg::Failure::ice_timeout:
    case leg::Failure::ice_consent_lost:
    case leg::Failure::media_timeout: status = 408; break;
    case leg::Failure::dtls_failed:
    case leg::Failure::dtls_fingerprint:
    case leg::Failure::srtp_no_profile: break;
  }
  return {leg::name(failure), status};
}

EndCause EndCause::received(std::string_view why, const sip::Message& message) {
  EndCause cause(why);
  cause.from_peer = reasons_of(message);
  return cause;
}

// RFC 3326 section 2: several Reasons are of different protocols.
std::vector<sip::Field> EndCause::reasons() const {
  if (from_peer) return *from_peer;
  if (status == 0) return {reason("Q.850", 16, text)};
  std::vector<sip::Field> fields{reason("SIP", status, text)};
  if (const auto cause = q850_cause(status)) fields.push_back(reason("Q.850", *cause, {}));
  return fields;
}

void EndCause::append_to(sip::Message& request) const {
  for (auto& field : reasons()) request.append(sip::HeaderId::reason, std::move(field.value));
}

std::vector<sip::Field> reasons_of(const sip::Message& message) {
  std::vector<sip::Field> fields;
  for (const auto& field : message.fields()) {
    if (field.id == sip::HeaderId::reason) fields.push_back(field);
  }
  return fields;
}

}  // namespace w2s::breaker
