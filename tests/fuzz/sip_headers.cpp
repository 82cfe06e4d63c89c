// The first byte chooses the header's parser; what it accepts is written so that it reads the same.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "w2s/sip/message.hpp"
#include "w2s/sip/replaces.hpp"
#include "w2s/sip/reliable_provisional.hpp"
#include "w2s/sip/session_timer.hpp"

using namespace w2s::sip;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

template <class Value>
void round_trip(w2s::Result<Value> (*parse_value)(std::string_view), std::string_view text) {
  const auto value = parse_value(text);
  if (!value) return;
  const auto again = parse_value(value->to_string());
  require(again.has_value() && *again == *value);
}

void params_of_address(std::string_view text) {
  auto address = parse_name_addr(text);
  if (!address) return;
  for (const auto& param : address->params.all()) (void)address->params.unquoted(param.name);
  address->params.set("tag", "x");
  require(address->tag() == "x");
  address->params.erase("tag");
  require(!address->params.has("tag"));
}

void list(HeaderId id, std::string_view text) {
  auto message = Message::request("OPTIONS", "sip:a.example");
  message.append(id, std::string(text));
  const auto values = message.values(id).size();
  if (values == 0) return;
  message.replace_value(id, values - 1, "x");
  require(message.values(id).size() == values && message.values(id).back() == "x");
  message.pop_value(id);
  require(message.values(id).size() == values - 1);
}

void replaces_in_uri(std::string_view text) {
  auto uri = parse_uri(text);
  if (!uri || !uri->is_sip()) return;
  (void)replaces_of(*uri);
  const Replaces replaces{"a@b", "1", "2", {}};
  set_replaces(*uri, replaces);
  require(replaces_of(*uri) == replaces);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 10) {
    case 0: round_trip(parse_via, text); break;
    case 1: round_trip(parse_name_addr, text); break;
    case 2: round_trip(parse_cseq, text); break;
    case 3: params_of_address(text); break;
    case 4: list(HeaderId::contact, text); break;
    case 5: (void)header_id(text); break;
    case 6: round_trip(parse_rack, text); break;
    case 7: round_trip(parse_session_expires, text); break;
    case 8: round_trip(parse_replaces, text); break;
    case 9: replaces_in_uri(text); break;
  }
  return 0;
}
